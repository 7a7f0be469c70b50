import Testing
import Torch

/// Quotients and rests; printed by PyTorch 2.
@Suite struct DivisionTests {
  @Test func wholeNumbers() {
    let a = Tensor([7, -7, 7, -7, 0]), b = Tensor([2, 2, -2, -2, 5])
    same(a / b, "tensor([ 3.5000, -3.5000, -3.5000, 3.5000, 0.0000])")
    same(a.floorDivide(b), "tensor([ 3, -4, -4, 3, 0])")
    same(a.div(b, roundingMode: .trunc), "tensor([ 3, -3, -3, 3, 0])")
    same(a % b, "tensor([ 1, 1, -1, -1, 0])")
    same(a.fmod(b), "tensor([ 1, -1, 1, -1, 0])")
    same(a.remainder(-3), "tensor([-2, -1, -2, -1, 0])")
    same(a.floorDivide(2), "tensor([ 3, -4, 3, -4, 0])")
    same(a / 2, "tensor([ 3.5000, -3.5000, 3.5000, -3.5000, 0.0000])")
    same(1 / b, "tensor([ 0.5000, 0.5000, -0.5000, -0.5000, 0.2000])")
    same(a.to(.int8) % 4, "tensor([3, 1, 3, 1, 0], dtype=torch.int8)")
    same(a % 2.5, "tensor([2.0000, 0.5000, 2.0000, 0.5000, 0.0000])")
    same(a ** 2, "tensor([49, 49, 49, 49, 0])")
    same(a ** 0.5, "tensor([2.6458, nan, 2.6458, nan, 0.0000])")
    same(2 ** b.abs(), "tensor([ 4, 4, 4, 4, 32])")
  }

  @Test func realNumbers() {
    let a = Tensor([5.5, -5.5, 5.5, -5.5, 1.0]), b = Tensor([2.0, 2.0, -2.0, -2.0, 0.0])
    same(a / b, "tensor([ 2.7500, -2.7500, -2.7500, 2.7500, inf])")
    same(a.floorDivide(b), "tensor([ 2., -3., -3., 2., inf])")
    same(a.div(b, roundingMode: .trunc), "tensor([ 2., -2., -2., 2., inf])")
    same(a % b, "tensor([ 1.5000, 0.5000, -0.5000, -1.5000, nan])")
    same(a.fmod(b), "tensor([ 1.5000, -1.5000, 1.5000, -1.5000, nan])")
    same((-a).floorDivide(b), "tensor([-3., 2., 2., -3., -inf])")
    same(a % -3, "tensor([-0.5000, -2.5000, -0.5000, -2.5000, -2.0000])")
    same(a.trunc(), "tensor([ 5., -5., 5., -5., 1.])")
    same(a.round(), "tensor([ 6., -6., 6., -6., 1.])")
    same(a.floor(), "tensor([ 5., -6., 5., -6., 1.])")
    same(a.ceil(), "tensor([ 6., -5., 6., -5., 1.])")
    same(a.frac(), "tensor([ 0.5000, -0.5000, 0.5000, -0.5000, 0.0000])")
    same(a.sign(), "tensor([ 1., -1., 1., -1., 1.])")
  }
}

/// Many to few, in order, and along; printed by PyTorch 2.
@Suite struct ReductionTests {
  @Test func deviations() {
    let x = Tensor([[1.0, 2.0, 4.0], [7.0, 11.0, 16.0]])
    same(x.std(), "tensor(5.7764)")
    same(x.var(), "tensor(33.3667)")
    same(x.std(dim: 0), "tensor([4.2426, 6.3640, 8.4853])")
    same(x.var(dim: 1, keepdim: true), "tensor([[ 2.3333], [20.3333]])")
    same(x.var(unbiased: false), "tensor(27.8056)")
    same(x.std(dim: 1, correction: 0), "tensor([1.2472, 3.6818])")
    same(x.mean(dim: 0), "tensor([ 4.0000, 6.5000, 10.0000])")
    same(x.mean(dim: [0, 1]), "tensor(6.8333)")
    same(x.sum(dim: -1), "tensor([ 7., 34.])")
    same(x.prod(dim: 0), "tensor([ 7., 22., 64.])")
    same(Tensor([1.0]).std(), "tensor(nan)")
    same(Tensor([true, true, false]).sum(), "tensor(2)")
    same(Tensor([1, 2], dtype: .int32).sum(), "tensor(3)")
    same(Tensor([200, 100], dtype: .uint8).sum(), "tensor(300)")
    same(x.logsumexp(dim: 1), "tensor([ 4.1698, 16.0068])")
    same(x.any(), "tensor(True)")
    same((x .> 3).all(dim: 1), "tensor([False, True])")
  }

  @Test func extremesWithTiesAndNaN() {
    let x = Tensor([[1.0, 3.0, 3.0], [2.0, .nan, 5.0]])
    let y = Tensor([[4, 9, 9], [0, 0, 3]])
    same(x.max(), "tensor(nan)")
    same(x.min(), "tensor(nan)")
    same(x.max(dim: 1).values, "tensor([3., nan])")
    same(x.max(dim: 1).indices, "tensor([1, 1])")
    same(x.min(dim: 0).values, "tensor([1., nan, 3.])")
    same(x.min(dim: 0).indices, "tensor([0, 1, 0])")
    same(x.argmax(), "tensor(4)")
    same(x.argmax(dim: 1), "tensor([1, 1])")
    same(x.argmin(dim: 1), "tensor([0, 1])")
    same(x.argmax(dim: 0, keepdim: true), "tensor([[1, 1, 1]])")
    same(y.max(), "tensor(9)")
    same(y.argmax(dim: 1), "tensor([1, 2])")
    same(y.argmin(dim: 1), "tensor([0, 0])")
    same(y.argmax(), "tensor(1)")
    same(y.max(dim: 0, keepdim: true).values, "tensor([[4, 9, 9]])")
    same(y.amax(dim: [0, 1]), "tensor(9)")
    same(x.amin(dim: 1), "tensor([1., nan])")
    same(x.maximum(Tensor(2.5)), "tensor([[2.5000, 3.0000, 3.0000], [2.5000, nan, 5.0000]])")
    same(y.minimum(Tensor([1, 2, 3])), "tensor([[1, 2, 3], [0, 0, 3]])")
  }

  @Test func sortsAndScans() {
    let x = Tensor([3.0, .nan, 1.0, 2.0, 1.0])
    let y = Tensor([[5, 2, 9], [1, 8, 1]])
    same(x.sort().values, "tensor([1., 1., 2., 3., nan])")
    same(x.sort().indices, "tensor([2, 4, 3, 0, 1])")
    same(x.sort(descending: true).values, "tensor([nan, 3., 2., 1., 1.])")
    same(x.argsort(descending: true), "tensor([1, 0, 3, 2, 4])")
    same(y.sort(dim: 0).values, "tensor([[1, 2, 1], [5, 8, 9]])")
    same(y.argsort(dim: 1), "tensor([[1, 0, 2], [0, 2, 1]])")
    same(y.topk(k: 2).values, "tensor([[9, 5], [8, 1]])")
    same(y.topk(k: 1).indices, "tensor([[2], [1]])")
    same(y.topk(k: 1, dim: 0, largest: false).values, "tensor([[1, 2, 1]])")
    same(y.topk(k: 2, largest: false).values, "tensor([[2, 5], [1, 1]])")
    same(x.topk(k: 2).values, "tensor([nan, 3.])")
    same(x.topk(k: 2).indices, "tensor([1, 0])")
    same(y.cumsum(dim: 1), "tensor([[ 5, 7, 16], [ 1, 9, 10]])")
    same(y.cumprod(dim: 0), "tensor([[ 5, 2, 9], [ 5, 16, 9]])")
    same(x.cumsum(dim: 0), "tensor([3., nan, nan, nan, nan])")
    same(Tensor([true, true]).cumsum(dim: 0), "tensor([1, 2])")
    same(y.flip(dims: [1]), "tensor([[9, 2, 5], [1, 8, 1]])")
    same(y.repeat(1, 2), "tensor([[5, 2, 9, 5, 2, 9], [1, 8, 1, 1, 8, 1]])")
    same(x.isnan(), "tensor([False, True, False, False, False])")
    same(y.nonzero(), "tensor([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]])")
  }
}

/// No elements, or no dimensions; printed by PyTorch 2.
@Suite struct SmallTensorTests {
  @Test func withoutElements() {
    let e = Tensor.zeros(0, 3)
    same(e, "tensor([], size=(0, 3))")
    same(e.sum(), "tensor(0.)")
    same(e.sum(dim: 0), "tensor([0., 0., 0.])")
    same(e.sum(dim: 1), "tensor([])")
    same(e.mean(), "tensor(nan)")
    same(e.prod(), "tensor(1.)")
    same(e + 1, "tensor([], size=(0, 3))")
    same(e.t(), "tensor([], size=(3, 0))")
    same(e.reshape(3, 0), "tensor([], size=(3, 0))")
    same(e.matmul(Tensor.ones(3, 2)), "tensor([], size=(0, 2))")
    same(Tensor.ones(2, 0).matmul(Tensor.ones(0, 2)), "tensor([[0., 0.], [0., 0.]])")
    same(Tensor.cat([e, Tensor.ones(1, 3)]), "tensor([[1., 1., 1.]])")
    same(e.all(), "tensor(True)")
    same(e.any(), "tensor(False)")
    same(e.nonzero(), "tensor([], size=(0, 2), dtype=torch.int64)")
    same(e.cumsum(dim: 0), "tensor([], size=(0, 3))")
    same(e.softmax(dim: 1), "tensor([], size=(0, 3))")
    same(e.max(dim: 1).values, "tensor([])")
    same(e.sort(dim: 0).values, "tensor([], size=(0, 3))")
    same(Tensor([Double]()), "tensor([])")
  }

  @Test func withoutDimensions() {
    let s = Tensor(2.5), n = Tensor(3)
    same(s, "tensor(2.5000)")
    same(n, "tensor(3)")
    same(s + n, "tensor(5.5000)")
    same(s.sum(dim: 0), "tensor(2.5000)")
    same(s.max(), "tensor(2.5000)")
    same(s.max(dim: 0).indices, "tensor(0)")
    same(s.unsqueeze(0), "tensor([2.5000])")
    same(s.reshape(1, 1), "tensor([[2.5000]])")
    same(s.expand(2, 2), "tensor([[2.5000, 2.5000], [2.5000, 2.5000]])")
    same(s[.newAxis], "tensor([2.5000])")
    same(s.flatten(), "tensor([2.5000])")
    same(n.argmax(), "tensor(0)")
    same(s.sort().values, "tensor(2.5000)")
    same(s.softmax(dim: 0), "tensor(1.)")
    same(s.cumsum(dim: 0), "tensor(2.5000)")
    same(Tensor.stack([s, s]), "tensor([2.5000, 2.5000])")
    same(s.T, "tensor(2.5000)")
    same(Tensor.ones(2) * n, "tensor([3., 3.])")
    same(Tensor([1, 2]) * s, "tensor([2.5000, 5.0000])")
    same(Tensor([1, 2], dtype: .int8) + n, "tensor([4, 5], dtype=torch.int8)")
    same(s.std(), "tensor(nan)")
  }
}

/// What factories make of their arguments; printed by PyTorch 2.
@Suite struct FactoryTests {
  @Test func dtypesAndValues() {
    same(Tensor.arange(5), "tensor([0, 1, 2, 3, 4])")
    same(Tensor.arange(5.0), "tensor([0., 1., 2., 3., 4.])")
    same(Tensor.arange(1, 10, 3), "tensor([1, 4, 7])")
    same(Tensor.arange(5, 0, -2), "tensor([5, 3, 1])")
    same(Tensor.arange(0.0, 1.0, 0.25), "tensor([0.0000, 0.2500, 0.5000, 0.7500])")
    same(Tensor.arange(1, 2.5, 0.5), "tensor([1.0000, 1.5000, 2.0000])")
    same(Tensor.arange(3, dtype: .float64), "tensor([0., 1., 2.], dtype=torch.float64)")
    same(Tensor.linspace(0, 1, 5), "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])")
    same(Tensor.linspace(-1, 1, 4, dtype: .float64), "tensor([-1.0000, -0.3333, 0.3333, 1.0000], dtype=torch.float64)")
    same(Tensor.linspace(3, 3, 1), "tensor([3.])")
    same(Tensor.linspace(0, 10, 5, dtype: .int64), "tensor([ 0, 2, 5, 7, 10])")
    same(Tensor.eye(2), "tensor([[1., 0.], [0., 1.]])")
    same(Tensor.eye(2, 3, dtype: .int64), "tensor([[1, 0, 0], [0, 1, 0]])")
    same(Tensor.full([2], 3), "tensor([3, 3])")
    same(Tensor.full([2], 3.5), "tensor([3.5000, 3.5000])")
    same(Tensor.full([2], true), "tensor([True, True])")
    same(Tensor.full([2], 3, dtype: .float32), "tensor([3., 3.])")
    same(Tensor.zeros(2, dtype: .bool), "tensor([False, False])")
    same(Tensor([1, 2]), "tensor([1, 2])")
    same(Tensor([1.0, 2.0]), "tensor([1., 2.])")
    same(Tensor([true]), "tensor([True])")
    same(Tensor([[1.5], [2.5]], dtype: .int64), "tensor([[1], [2]])")
    same(Tensor.zeros(like: Tensor([1, 2])), "tensor([0, 0])")
    same(Tensor.ones(like: Tensor([1.0]), dtype: .int32), "tensor([1], dtype=torch.int32)")
    same(Tensor.full(like: Tensor([1, 2]), 7), "tensor([7, 7])")
  }
}

/// Conversions between dtypes; printed by PyTorch 2.
@Suite struct CastTests {
  @Test func halves() {
    let x = Tensor([1.0001, 65519, 65520, 1e-8, 3.14159, -2049, .infinity])
    same(
      x.half().double(),
      "tensor([ 1.0000e+00, 6.5504e+04, inf, 0.0000e+00, 3.1406e+00, -2.0480e+03, inf], dtype=torch.float64)")
    same(
      x.bfloat16().double(),
      "tensor([ 1.0000e+00, 6.5536e+04, 6.5536e+04, 1.0012e-08, 3.1406e+00, -2.0480e+03, inf], dtype=torch.float64)")
    same((x.half() + x.half()).float(), "tensor([ 2.0000e+00, inf, inf, 0.0000e+00, 6.2812e+00, -4.0960e+03, inf])")
    same((x.half() * x.bfloat16()).sum(dim: 0), "tensor(inf)")
    same(
      x.half() + 1,
      "tensor([ 2.0000e+00, 6.5504e+04, inf, 1.0000e+00, 4.1406e+00, -2.0470e+03, inf], dtype=torch.float16)")
    same(x.bfloat16()[..<2] + Tensor(1.0), "tensor([2.0000e+00, 6.5536e+04], dtype=torch.bfloat16)")
    same(x[..<2].half().sum(), "tensor(65504., dtype=torch.float16)")
    same(Tensor([2.9, -2.9, 0.5]).long(), "tensor([ 2, -2, 0])")
    same(Tensor([300, -1, 255]).to(.uint8), "tensor([ 44, 255, 255], dtype=torch.uint8)")
    same(Tensor([300, -129]).to(.int8), "tensor([ 44, 127], dtype=torch.int8)")
    same(Tensor([0.0, 0.1, .nan]).bool(), "tensor([False, True, True])")
    same(Tensor([true, false]).float(), "tensor([1., 0.])")
    same(Tensor([16777217]).float().long(), "tensor([16777216])")
    same(Tensor.ones(2, dtype: .float16).matmul(Tensor.ones(2, dtype: .float16)), "tensor(2., dtype=torch.float16)")
    same(Tensor([0.5, 1.5, 2.5, -0.5]).round(), "tensor([0., 2., 2., -0.])")
  }
}

/// The result dtypes of mixed operands, one letter each, in the order of `dtypes`; recorded from PyTorch 2.
@Suite struct PromotionTests {
  private let dtypes: [DType] = [
    .bool, .uint8, .int8, .int16, .int32, .int64, .float16, .bfloat16, .float32, .float64,
  ]

  private func letter(_ x: Tensor) -> Character {
    switch x.dtype {
    case .bool: "?"
    case .uint8: "B"
    case .int8: "b"
    case .int16: "s"
    case .int32: "i"
    case .int64: "l"
    case .float16: "h"
    case .bfloat16: "g"
    case .float32: "f"
    case .float64: "d"
    }
  }

  private func table(_ left: [Int], _ right: [Int]) -> [String] {
    dtypes.map { a in
      String(dtypes.map { b in letter(Tensor.ones(left, dtype: a) + Tensor.ones(right, dtype: b)) })
    }
  }

  private func row(_ sizes: [Int], _ op: (Tensor) -> Tensor) -> String {
    String(dtypes.map { letter(op(Tensor.ones(sizes, dtype: $0))) })
  }

  @Test func tensors() {
    let want = [
      "?Bbsilhgfd",
      "BBssilhgfd",
      "bsbsilhgfd",
      "ssssilhgfd",
      "iiiiilhgfd",
      "llllllhgfd",
      "hhhhhhhffd",
      "ggggggfgfd",
      "fffffffffd",
      "dddddddddd",
    ]
    #expect(table([1], [1]) == want)
    #expect(table([], []) == want)
  }

  @Test func besideZeroDimTensors() {
    #expect(
      table([1], []) == [
        "?Bbsilhgfd",
        "BBBBBBhgfd",
        "bbbbbbhgfd",
        "sssssshgfd",
        "iiiiiihgfd",
        "llllllhgfd",
        "hhhhhhhhhh",
        "gggggggggg",
        "ffffffffff",
        "dddddddddd",
      ])
  }

  @Test func besideNumbers() {
    #expect(row([1]) { $0 + true } == "?Bbsilhgfd")
    #expect(row([1]) { $0 + 1 } == "lBbsilhgfd")
    #expect(row([1]) { $0 + 1.5 } == "ffffffhgfd")
    #expect(row([]) { $0 + true } == "?Bbsilhgfd")
    #expect(row([]) { $0 + 1 } == "lBbsilhgfd")
    #expect(row([]) { $0 + 1.5 } == "ffffffhgfd")
    #expect(row([1]) { $0 / $0 } == "ffffffhgfd")
  }

  @Test func oddMixtures() {
    #expect((Tensor.ones(1, dtype: .float16) + Tensor.ones([], dtype: .float64)).dtype == .float16)
    #expect(Tensor.where(Tensor([true]), Tensor.ones(1, dtype: .int32), 1.5).dtype == .float32)
    #expect(Tensor.cat([Tensor([1]), Tensor([1.5])]).dtype == .float32)
    #expect(Tensor.stack([Tensor(1), Tensor(1.5)]).dtype == .float32)
    #expect((Tensor([1]) .< 1.5).dtype == .bool)
    #expect(Tensor([1]).exp().dtype == .float32)
    #expect(Tensor([true]).sum().dtype == .int64)
  }
}
