import Testing
import Torch

/// Medians, quantiles and differences where they are delicate; PyTorch 2.15 gave the numbers.
@Suite struct OrderStatisticTests {
  let nan = Double.nan

  @Test func mediansAndNaN() {
    let x = Tensor([1, nan, 3, nan])
    #expect(x.median().item().isNaN && x.median(dim: 0).indices.item() as Int == 1)
    let (value, index) = Tensor([nan, 1, nan, 3, 2, nan]).nanmedian(dim: 0)
    #expect(value.item() == 2 && index.item() as Int == 4)
    #expect(Tensor([nan, nan]).nanmedian(dim: 0).indices.item() as Int == 0)
    #expect(Tensor.zeros(0).median().item().isNaN)
    #expect(Tensor.zeros([0], dtype: .int64).median().item() as Int == .min)
    #expect(Tensor.zeros(0, 3).median(dim: 1).values.shape == [0])
    #expect(Tensor([3, 1, 2, 5], dtype: .uint8).median(dim: 0).values.item() as Int == 2)
  }

  @Test func modes() {
    let (values, indices) = Tensor([[2, 1, 2, 1, 3], [4, 4, 0, 0, 0]]).mode()
    #expect(values.equal(Tensor([1, 0])) && indices.equal(Tensor([3, 4])))
    #expect(Tensor(3).mode().values.item() as Int == 3)
  }

  @Test func quantiles() {
    let x = Tensor([1.0, 2, 3, 4])
    #expect(x.quantile(q: Tensor([0.2, 0.4]), interpolation: .nearest).equal(Tensor([2.0, 2])))
    #expect(x.quantile(q: 0.5, interpolation: .lower).item() == 2)
    #expect(Tensor([1, nan]).quantile(q: 0).item().isNaN && Tensor([1, nan, 3]).nanquantile(q: 0.5).item() == 2)
    #expect(Tensor.zeros(2, 3).quantile(q: Tensor([0.5]), dim: 1, keepdim: true).shape == [1, 2, 1])
    #expect(Tensor.zeros(2, 3).quantile(q: Tensor([0.5]), keepdim: true).shape == [1, 1, 1])
  }

  @Test func differences() {
    #expect(Tensor([1, 3, 6]).diff(n: 5).numel() == 0)
    #expect(Tensor([true, false, false]).diff().equal(Tensor([true, false])))
    #expect(Tensor([1, 3]).diff(prepend: Tensor([0.5])).equal(Tensor([0.5, 2])))
    #expect(Tensor([1, 2, 3]).trapezoid(dx: 2).item() == 8 && Tensor.zeros(2, 0).trapezoid().equal(Tensor([0.0, 0])))
    #expect(Tensor([1, 2, 4, 8]).gradient()[0].equal(Tensor([1, 1.5, 3, 4])))
  }

  @Test func logarithmsOfSums() {
    let x = Tensor([-Double.infinity, -.infinity, 1, .infinity, nan])
    let y: [Double] = x.logcumsumexp(dim: 0).to(.float64).array()
    #expect(y[1] == -.infinity && y[2] == 1 && y[3] == .infinity && y[4].isNaN)
    let large = Tensor([1000.0, 1000], requiresGrad: true)
    large.logcumsumexp(dim: 0).sum().backward()
    #expect(large.grad!.allclose(Tensor([1.5, 0.5]), rtol: 1e-4))
  }

  @Test func wrongRanks() async {
    let k = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).kthvalue(k: 4)
    }
    says(k, "kthvalue: k 4 is out of range for dim 1 with size 3; got input [2, 3]")
    let q = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).quantile(q: 1.5)
    }
    says(q, "quantile: q must lie from 0 to 1, got tensor(1.5000)")
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(0, 3).mode(dim: 0)
    }
    says(empty, "mode: dim 0 is empty and has no element to take; got input [0, 3]")
    let slope = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2).gradient(edgeOrder: 2)
    }
    says(slope, "gradient: wants more than 2 elements along dim 0; got input [2]")
  }
}
