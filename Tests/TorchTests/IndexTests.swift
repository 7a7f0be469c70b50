import Testing
import Torch

/// Index expressions and writes through them; printed by PyTorch 2.
@Suite struct IndexTests {
  @Test func positionsAndSlices() {
    let x = Tensor.arange(60).reshape(3, 4, 5)
    same(x[1, 2, 3], "tensor(33)")
    same(x[-1, -1], "tensor([55, 56, 57, 58, 59])")
    same(x[0..., 1], "tensor([[ 5, 6, 7, 8, 9], [25, 26, 27, 28, 29], [45, 46, 47, 48, 49]])")
    same(x[..., 1], "tensor([[ 1, 6, 11, 16], [21, 26, 31, 36], [41, 46, 51, 56]])")
    same(x[1..., 2..<4, 0], "tensor([[30, 35], [50, 55]])")
    same(x[-2..<(-1), 0], "tensor([[20, 21, 22, 23, 24]])")
    same(x[0, (-3)..., (-2)...], "tensor([[ 8, 9], [13, 14], [18, 19]])")
    same(x[0, ..<(-2)], "tensor([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]])")
    same(x[0, 1, .slice(nil, nil, step: 2)], "tensor([5, 7, 9])")
    same(x[0, 1, .slice(step: 2)], "tensor([5, 7, 9])")
    same(x[0, 1, .slice(1, step: 3)], "tensor([6, 9])")
    same(x[0, 1, .slice(1, -1, step: 3)], "tensor([6])")
    same(x[0, .newAxis, 1], "tensor([[5, 6, 7, 8, 9]])")
    same(x[0, ..., .newAxis, 1], "tensor([[ 1], [ 6], [11], [16]])")
    same(x[2, ..., 0], "tensor([40, 45, 50, 55])")
    same(x[0, 5..<9], "tensor([], size=(0, 5), dtype=torch.int64)")
    same(x[0, 1...2, 0], "tensor([ 5, 10])")
    same(x[0, 0, -2...(-1)], "tensor([3, 4])")
    same(x[0, 0, ...2], "tensor([0, 1, 2])")
    same(x[.all, 0, 0], "tensor([ 0, 20, 40])")
    same(x[true, 0, 0, 0], "tensor([0])")
    same(x[false, 0, 0, 0], "tensor([], dtype=torch.int64)")
  }

  @Test func tensors() {
    let x = Tensor.arange(60).reshape(3, 4, 5)
    let i = Tensor([0, 2]), j = Tensor([1, 3])
    let m = Tensor([true, false, true])
    same(x[i, j], "tensor([[ 5, 6, 7, 8, 9], [55, 56, 57, 58, 59]])")
    same(x[i, j, i], "tensor([ 5, 57])")
    same(x[i, 0..., j], "tensor([[ 1, 6, 11, 16], [43, 48, 53, 58]])")
    same(x[0..., i, j], "tensor([[ 1, 13], [21, 33], [41, 53]])")
    same(x[0, 0..., i], "tensor([[ 0, 2], [ 5, 7], [10, 12], [15, 17]])")
    same(x[0..., i, 0], "tensor([[ 0, 10], [20, 30], [40, 50]])")
    same(x[1..., i, ..<2], "tensor([[[20, 21], [30, 31]], [[40, 41], [50, 51]]])")
    same(x[m, 0, 0], "tensor([ 0, 40])")
    same(x[m, j], "tensor([[ 5, 6, 7, 8, 9], [55, 56, 57, 58, 59]])")
    same(x[x .> 55], "tensor([56, 57, 58, 59])")
    same(x[0][x[0] % 7 .== 0], "tensor([ 0, 7, 14])")
    same(x[0, Tensor([[0, 1], [2, -1]]), 2], "tensor([[ 2, 7], [12, 17]])")
    same(x[Tensor([[0], [1]]), j, 0], "tensor([[ 5, 15], [25, 35]])")
    same(x[0, [3, 0, 0], 1], "tensor([16, 1, 1])")
    same(x[..., i][0, 0], "tensor([0, 2])")
    same(x[i, ..., 0], "tensor([[ 0, 5, 10, 15], [40, 45, 50, 55]])")
    same(x[Tensor.zeros(0, dtype: .int64)], "tensor([], size=(0, 4, 5), dtype=torch.int64)")
    same(x[i, .newAxis, 0, j], "tensor([[ 1], [43]])")
    same(x[Tensor(1), 0, 0], "tensor(20)")
    same(x[Tensor([false, false, false])], "tensor([], size=(0, 4, 5), dtype=torch.int64)")
  }

  /// `x` is always [[1, 2, 3], [4, 5, 6]].
  @Test func assignment() {
    func after(_ change: (Tensor) -> Void) -> Tensor {
      let x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
      change(x)
      return x
    }
    same(after { x in x[0] = 1.0 }, "tensor([[1., 1., 1.], [4., 5., 6.]])")
    same(after { x in x[0..., 1] = Tensor([7.0, 8.0]) }, "tensor([[1., 7., 3.], [4., 8., 6.]])")
    same(after { x in x[1, (-2)...] = Tensor([5.0]) }, "tensor([[1., 2., 3.], [4., 5., 5.]])")
    same(
      after { x in x[Tensor([1, 0]), Tensor([0, 2])] = Tensor([4.0, 6.0]) }, "tensor([[1., 2., 6.], [4., 5., 6.]])")
    same(after { x in x[x .> 3] = -1 }, "tensor([[ 1., 2., 3.], [-1., -1., -1.]])")
    same(
      after { x in x[0..., Tensor([0, 2])] = Tensor([[1.0, 2.0], [3.0, 4.0]]) }, "tensor([[1., 2., 2.], [3., 5., 4.]])")
    same(after { x in x[x .> 4] = Tensor([10.0, 20.0]) }, "tensor([[ 1., 2., 3.], [ 4., 10., 20.]])")
    same(after { x in x[...] = 2.5 }, "tensor([[2.5000, 2.5000, 2.5000], [2.5000, 2.5000, 2.5000]])")
    same(after { x in x[0] += 1 }, "tensor([[2., 3., 4.], [4., 5., 6.]])")
    same(after { x in x[0..., 0] *= Tensor([2.0, 3.0]) }, "tensor([[ 2., 2., 3.], [12., 5., 6.]])")
    same(after { x in x[Tensor([0, 0])] += 1 }, "tensor([[2., 3., 4.], [4., 5., 6.]])")
    same(after { x in x[x .> 3] *= 10 }, "tensor([[ 1., 2., 3.], [40., 50., 60.]])")
    same(after { x in x[0..., [0, 2]] -= Tensor([1.0, 2.0]) }, "tensor([[0., 2., 1.], [3., 5., 4.]])")
    same(after { x in x[1] **= 2 }, "tensor([[ 1., 2., 3.], [16., 25., 36.]])")
    same(after { x in x[..., -1] %= 2 }, "tensor([[1., 2., 1.], [4., 5., 0.]])")
    same(after { x in x[0][x[0] .< 3] /= 2 }, "tensor([[0.5000, 1.0000, 3.0000], [4.0000, 5.0000, 6.0000]])")
    same(after { x in x[0][1] = 9 }, "tensor([[1., 9., 3.], [4., 5., 6.]])")
    same(after { x in x[1] = x[0] }, "tensor([[1., 2., 3.], [1., 2., 3.]])")
    same(after { x in x[Tensor([true, false])] = Tensor([[1.0, 1.0, 1.0]]) }, "tensor([[1., 1., 1.], [4., 5., 6.]])")
    same(after { x in x[0, .newAxis] = Tensor([3.0, 2.0, 1.0]) }, "tensor([[3., 2., 1.], [4., 5., 6.]])")
    same(after { x in x[0..., 1...] = x[0..., ..<2].clone() }, "tensor([[1., 1., 2.], [4., 4., 5.]])")
    same(
      after { x in x.indexPut_([Tensor([0, 0]), Tensor([1, 1])], Tensor([1.0, 5.0]), accumulate: true) },
      "tensor([[1., 8., 3.], [4., 5., 6.]])")
    same(after { x in x.maskedFill_(x .== 2, value: 0) }, "tensor([[1., 0., 3.], [4., 5., 6.]])")
    same(
      after { x in x.scatter_(dim: 1, index: Tensor([[2], [0]]), value: 9) }, "tensor([[1., 2., 9.], [9., 5., 6.]])")
    same(
      after { x in x.scatterAdd_(dim: 0, index: Tensor([[0, 0, 1]]), src: Tensor([[1.0, 2.0, 3.0]])) },
      "tensor([[2., 4., 3.], [4., 5., 9.]])")
  }
}

/// Where elements lie after views and copies; strides recorded from PyTorch 2.
@Suite struct LayoutTests {
  @Test func viewsOfPermutedTensors() {
    let x = Tensor.arange(24).reshape(2, 3, 4)
    let p = x.permute(2, 0, 1)
    #expect(p.stride() == [1, 12, 4] && !p.isContiguous())
    let joined = p.reshape(4, 6)
    #expect(joined.stride() == [1, 4] && joined.storage === x.storage)
    let copied = p.reshape(8, 3)
    #expect(copied.stride() == [3, 1] && copied.storage !== x.storage)
    #expect(x.permute(1, 0, 2).reshape(6, 4).storage !== x.storage)
    #expect(x.permute(1, 0, 2).reshape(6, 4)[1].array(Int.self) == [12, 13, 14, 15])
    #expect(x.transpose(0, 1).view(3, 2, 2, 2).stride() == [4, 12, 2, 1])
    #expect(x.transpose(0, 1).contiguous().stride() == [8, 4, 1])
    #expect(x[0..., 1].view(8 / 4, 4).stride() == [12, 1])
    #expect(x.view(6, 4).storage === x.storage)
  }

  @Test func writesThroughReshape() {
    let x = Tensor.zeros(2, 2)
    x.view(4)[3] = 1
    x.t().reshape(4)[1] = 5
    same(x, "tensor([[0., 0.], [0., 1.]])")
    x.t()[1, 0] = 7
    same(x, "tensor([[0., 7.], [0., 1.]])")
  }

  @Test func channelsLast() {
    let x = Tensor.randn(2, 3, 4, 5).contiguous(memoryFormat: .channelsLast)
    #expect(x.stride() == [60, 1, 15, 3])
    #expect(x.isContiguous(memoryFormat: .channelsLast) && !x.isContiguous())
    #expect(x.clone().stride() == [60, 1, 15, 3])
    #expect((x + 1).stride() == [60, 1, 15, 3])
    #expect((x + Tensor.ones(3, 1, 1)).stride() == [60, 1, 15, 3])
    #expect(x.exp().stride() == [60, 1, 15, 3])
    #expect(Tensor.zeros(like: x).stride() == [60, 1, 15, 3])
    #expect(x.double().stride() == [60, 1, 15, 3])
    #expect(x.contiguous().stride() == [60, 20, 5, 1])
    #expect(x.contiguous().equal(x))
  }

  @Test func clonesOfViews() {
    #expect(Tensor.ones(2, 3).t().clone().stride() == [1, 3])
    #expect(Tensor.ones(1, 3).expand(2, 3).clone().stride() == [3, 1])
    #expect(Tensor.ones(4, 6)[0..., .slice(nil, nil, step: 2)].clone().stride() == [3, 1])
    #expect(Tensor.ones(2, 3).unsqueeze(1).stride() == [3, 3, 1])
    #expect(Tensor.ones(3).expand(2, 3).stride() == [0, 1])
    #expect(Tensor.ones(3, 3).diagonal().stride() == [4])
    #expect(Tensor.ones(5).unfold(dimension: 0, size: 3, step: 1).stride() == [1, 1])
  }

  /// Where no gradient is recorded scatter writes into the tensor itself; what it reads may be the tensor's own memory.
  @Test func scatterWritesInPlace() {
    let index = Tensor([[1, 0], [0, 1]])
    for isRecorded in [false, true] {
      let x = Tensor.arange(4, dtype: .float32).reshape(2, 2)
      if isRecorded { x.requiresGrad_() }
      let y = isRecorded ? x * 1 : x, storage = y.storage
      y.scatter_(dim: 0, index: index, src: y.detach().t())
      same(y.detach(), "tensor([[1., 2.], [0., 3.]])")
      y.scatterAdd_(dim: 0, index: index, src: Tensor.ones(2, 2))
      y.scatter_(dim: 1, index: index, src: Tensor.full([2, 2], 10.0), reduce: .multiply)
      same(y.detach(), "tensor([[20., 30.], [10., 40.]])")
      #expect(y.version == 3 && y.storage === storage)
      if !isRecorded {
        let turned = Tensor.zeros(2, 2).t()
        turned.scatter_(dim: 0, index: index, src: Tensor([[1.0, 2], [3, 4]], dtype: .float32))
        same(turned, "tensor([[3., 2.], [1., 4.]])")
      }
    }
  }
}
