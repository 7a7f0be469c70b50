import Testing
import Torch

/// Different elements and slices: the parts fit together, by what they mean.
@Suite struct UniqueTests {
  @Test func elements() {
    manualSeed(8)
    for dtype in [DType.int64, .float32, .uint8, .bool, .bfloat16] {
      let x = Tensor.randint(0, 7, [5, 9]).to(dtype)
      let (output, inverse, counts) = x.uniqueWithInverseAndCounts()
      #expect(output.indexSelect(dim: 0, index: inverse.flatten()).view(5, 9).equal(x))
      #expect(counts.sum().item() as Int == 45)
      #expect(output.dtype == dtype && inverse.shape == x.shape)
      let numbers: [Double] = output.to(.float64).array()
      #expect(numbers == Array(Set(numbers)).sorted())
      #expect(x.unique().equal(output) && x.uniqueWithCounts().counts.equal(counts))
    }
  }

  @Test func slices() {
    let x = Tensor([[3, 1], [0, 2], [3, 1], [0, 1]])
    let (output, inverse, counts) = x.uniqueWithInverseAndCounts(dim: 0)
    #expect(output.equal(Tensor([[0, 1], [0, 2], [3, 1]])))
    #expect(inverse.equal(Tensor([2, 1, 2, 0])))
    #expect(counts.equal(Tensor([1, 1, 2])))
    #expect(x.t().unique(dim: -1).equal(output.t()))
  }

  @Test func edges() {
    #expect(Tensor([Double.nan, 1, .nan]).unique().numel() == 3)
    let (output, inverse, counts) = Tensor.zeros(0, 3).uniqueWithInverseAndCounts()
    #expect(output.shape == [0] && inverse.shape == [0, 3] && counts.shape == [0])
    #expect(Tensor(5).unique().equal(Tensor([5])))
  }

  @Test func numbersAlone() {
    #expect(Tensor.add(2.5, 1).dtype == .float32 && Tensor.add(2, 1).dtype == .int64)
    #expect(Tensor.div(7, 2).item() as Double == 3.5)
    #expect(Tensor.floorDivide(-7, 2).item() as Int == -4)
    #expect(Tensor.mul(true, true).dtype == .bool)
    // Later it counts as a tensor.
    #expect((Tensor.add(2.5, 1) + Tensor(1.0, dtype: .float64)).dtype == .float64)
  }
}
