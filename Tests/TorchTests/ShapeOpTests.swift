import Testing
import Torch

/// Ops of shape, search and counting, where PyTorch's database is silent.
@Suite struct ShapeOpTests {
  @Test func combinationsAreInOrder() {
    let x = Tensor([10, 20, 30])
    #expect(x.combinations().equal(Tensor([[10, 20], [10, 30], [20, 30]])))
    #expect(x.combinations(r: 2, withReplacement: true).shape == [6, 2])
    #expect(x.combinations(r: 4).shape == [0, 4] && x.combinations(r: 0).shape == [0])
    #expect(Tensor.zeros(0).combinations(r: 2, withReplacement: true).shape == [0, 2])
  }

  @Test func repeatsOfPositions() {
    #expect(Tensor.repeatInterleave(Tensor([0, 2, 0, 1, 0])).equal(Tensor([1, 1, 3])))
    #expect(Tensor.repeatInterleave(Tensor([0, 0])).shape == [0])
  }

  @Test func resizingKeepsTheMemoryInOrder() {
    let x = Tensor([[0.0, 1, 2], [3, 4, 5]])
    let view = x.t()
    view.resize_(size: 2, 2)
    #expect(view.equal(Tensor([[0.0, 1], [2, 3]])) && x.shape == [2, 3])
    let own = Tensor([1.0, 2]).clone()
    own.resize_(size: 300, 2)
    #expect(own.shape == [300, 2] && own[0].equal(Tensor([1.0, 2])))
    #expect(Tensor.zeros(0).resize_(size: 3).fill_(2).equal(Tensor([2.0, 2, 2])))
  }

  @Test func sharedMemoryDoesNotGrow() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.zeros(4)
      let view = x.view(2, 2)
      x.resize_(size: 5)
      _ = view
    }
    says(end, "resize_: the memory is shared with other tensors and cannot grow from [4] float32 to [5]")
  }

  @Test func faults() async {
    let split = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(4, 6).hsplit(indicesOrSections: 4)
    }
    says(split, "hsplit: dim 1 of size 6 does not fall into 4 equal parts; see tensorSplit")
    let repeats = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(2).repeatInterleave(repeats: Tensor([1, -1]), dim: 0)
    }
    says(repeats, "repeat_interleave: repeats cannot be negative")
    let part = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3, 3).selectScatter(Tensor.ones(1), dim: 0, index: 0)
    }
    says(part, "select_scatter: the source must have the shape of the part; got source [1], part [3]")
    let strides = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.emptyStrided([3, 3], [.max, 1])
    }
    says(strides, "empty_strided: sizes [3, 3] with strides", "reach further than any memory")
    let bins = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, .max]).bincount()
    }
    says(bins, "bincount: a count for each number to 9.223372036854776e+18 is larger than any memory")
  }

  /// A range that float32 does not resolve.
  @Test func histogramOfEqualLargeNumbers() {
    #expect(Tensor([1e10, 1e10]).histc(bins: 3).sum().item() as Double == 2)
    #expect(Tensor([0.0, 3, 1]).histc(bins: 3).equal(Tensor([1.0, 1, 1])))
  }

  /// A value that is no number is nowhere, and belongs at the end of what is sorted.
  @Test func searchesOfNaN() {
    let x = Tensor([Double.nan, 1])
    #expect(x.isin(x).equal(Tensor([false, true])))
    #expect(Tensor.searchsorted(Tensor([1.0, 3]), x).equal(Tensor([2, 0])))
  }
}
