import Testing
import Torch

/// Writes by position: what PyTorch's database does not hold, and that nothing outside is touched.
@Suite struct IndexWriteTests {
  @Test func indexOutOfBounds() async {
    let add = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3, 2).indexAdd(dim: 0, index: Tensor([0, 3]), source: Tensor.ones(2, 2))
    }
    says(add, "index_add: index 3 is out of bounds for dim 0 with size 3")
    let reduce = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3).scatterReduce(dim: 0, index: Tensor([-1]), src: Tensor.ones(1), reduce: .amax)
    }
    says(reduce, "scatter_reduce: index -1 is out of bounds for dim 0 with size 3")
    let put = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3, 2).put(Tensor([6]), Tensor.ones(1))
    }
    says(put, "put: index 6 is out of bounds for dim 0 with size 6")
  }

  /// A source of other rank than the index would be read beyond its end.
  @Test func sourceOfOtherRank() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(2, 2).scatter(dim: 0, index: Tensor([[0, 1], [1, 0]]), src: Tensor.ones(1, 1, 5))
    }
    says(end, "scatter: the index needs as many dimensions as the source; got [2, 2] and [1, 1, 5]")
    let short = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3, 2).maskedScatter(Tensor.ones(3, 2, dtype: .bool), Tensor.ones(5))
    }
    says(short, "masked_scatter: the mask holds at 6 places, source has 5 elements; got source [5]")
  }

  @Test func sorterOutOfBounds() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.searchsorted(Tensor([5, 1, 3]), Tensor([2]), sorter: Tensor([1, 2, 3]))
    }
    says(end, "searchsorted: the sorter names 3, the rows have 3 elements")
  }

  /// In place the product's gradient needs what was there before.
  @Test func inPlaceProductKeepsItsGradient() {
    let x = Tensor([2.0, 3, 4], requiresGrad: true), source = Tensor([2.0, 2, 5], requiresGrad: true)
    let y = x * 1
    y.scatterReduce_(dim: 0, index: Tensor([0, 0, 1]), src: source, reduce: .prod)
    (y * Tensor([1.0, 2, 3])).sum().backward()
    #expect(x.grad!.equal(Tensor([4.0, 10, 3])) && source.grad!.equal(Tensor([4.0, 4, 6])))
  }

  @Test func writesThroughViews() {
    let x = Tensor.zeros(3, 4)
    x.t().indexAdd_(dim: 0, index: Tensor([1, 1]), source: Tensor.ones(2, 3))
    x.select(dim: 0, index: 2).indexFill_(dim: 0, index: Tensor([-1]), value: 7)
    x.select(dim: 1, index: 0).put_(Tensor([0]), Tensor([5.0]))
    #expect(x.equal(Tensor([[5.0, 2, 0, 0], [0, 2, 0, 0], [0, 2, 0, 7]])))
    let number = Tensor(1.0)
    number.indexAdd_(dim: 0, index: Tensor([0]), source: Tensor(2.0))
    #expect(number.item() as Double == 3)
    let both = Tensor([1.0, 2, 3])
    both.indexCopy_(dim: 0, index: Tensor([2, 1, 0]), source: both)
    #expect(both.equal(Tensor([3.0, 2, 1])))
  }
}
