import Testing
import Torch

/// The names `grad_fn` prints, as recorded from PyTorch 2.15.
@Suite struct NodeNameTests {
  let x = Tensor.full([2, 3], 0.5, dtype: .float64, requiresGrad: true)
  let y = Tensor.full([2, 3], 2.0, dtype: .float64, requiresGrad: true)
  let v = Tensor.ones([3], dtype: .float64, requiresGrad: true)
  let w = Tensor.ones([3, 4], dtype: .float64, requiresGrad: true)
  let batch = Tensor.ones([2, 3, 4], dtype: .float64, requiresGrad: true)
  let i = Tensor([0, 1])

  private func check(_ pairs: [(Tensor, String)], sourceLocation: SourceLocation = #_sourceLocation) {
    for (tensor, name) in pairs { #expect(tensor.gradFn?.name == name, sourceLocation: sourceLocation) }
  }

  @Test func arithmetic() {
    check([(x + y, "AddBackward0"), (x + 1, "AddBackward0"), (1 + x, "AddBackward0"), (x - y, "SubBackward0")])
    check([(1 - x, "RsubBackward1"), (x * 2, "MulBackward0"), (x / y, "DivBackward0"), (2 / x, "MulBackward0")])
    check([(x % y, "RemainderBackward1"), (x % 2, "RemainderBackward0"), (x.fmod(y), "FmodBackward1")])
    check([(x ** y, "PowBackward1"), (x ** 2, "PowBackward0"), (2 ** x, "PowBackward2"), (x.square(), "PowBackward0")])
    check([(x.floorDivide(y), "NotImplemented"), (x.div(y, roundingMode: .floor), "DivBackward2")])
    check([(-x, "NegBackward0"), (x.maximum(y), "MaximumBackward0"), (x.atan2(y), "Atan2Backward0")])
    check([(x.log1p(), "Log1PBackward0"), (x.expm1(), "Expm1Backward0"), (x.clamp(min: 0), "ClampBackward1")])
  }

  @Test func reductions() {
    check([(x.sum(), "SumBackward0"), (x.sum(dim: 0), "SumBackward1"), (x.mean(), "MeanBackward0")])
    check([(x.mean(dim: 0), "MeanBackward1"), (x.std(), "StdBackward0"), (x.var(dim: 0), "VarBackward0")])
    check([(x.prod(), "ProdBackward0"), (x.prod(dim: 0), "ProdBackward1"), (x.max(), "MaxBackward1")])
    check([(x.max(dim: 0).values, "MaxBackward0"), (x.amax(dim: 0), "AmaxBackward0")])
    check([(x.logsumexp(dim: 0), "LogsumexpBackward0"), (x.sort().values, "SortBackward0")])
  }

  @Test func products() {
    check([(x.mm(w), "MmBackward0"), (x.matmul(v), "MvBackward0"), (v.matmul(v), "DotBackward0")])
    check([(v.matmul(w), "SqueezeBackward4"), (batch.mT.matmul(w), "UnsafeViewBackward0")])
    check([(batch.matmul(batch.mT), "UnsafeViewBackward0"), (batch.bmm(batch.mT), "BmmBackward0")])
    check([(Tensor.ones([4], dtype: .float64).addmm(x, w), "AddmmBackward0"), (v.outer(v), "MulBackward0")])
  }

  @Test func views() {
    check([(x.view(6), "ViewBackward0"), (x.t().reshape(6), "UnsafeViewBackward0"), (x.t(), "TBackward0")])
    check([(x[0..., ..<2].reshape(2, 2, 1), "ReshapeAliasBackward0"), (x.T, "PermuteBackward0")])
    check([(x.mT, "TransposeBackward0"), (x.unsqueeze(0).squeeze(), "SqueezeBackward0")])
    check([(x.unsqueeze(0).squeeze(0), "SqueezeBackward1"), (x.unsqueeze(0).squeeze([0]), "SqueezeBackward2")])
    check([(x.repeat(2, 1), "RepeatBackward0"), (x[0], "SelectBackward0"), (x[0..<1], "SliceBackward0")])
    check([(x[0...], "SliceBackward0"), (x[...], "AliasBackward0"), (x[.newAxis], "UnsqueezeBackward0")])
    check([(x[i], "IndexBackward0"), (x[0..., i], "IndexBackward0"), (x[x .> 0], "IndexBackward0")])
    check([(x[Tensor(0)], "SelectBackward0"), (x[true], "IndexBackward0"), (x.flip(dims: [0]), "FlipBackward0")])
    check([(x.split(splitSize: 1)[0], "SplitBackward0"), (x.split(splitSize: [1, 1])[0], "SplitWithSizesBackward0")])
    check([(Tensor.stack([x, y]), "StackBackward0"), (x.indexSelect(dim: 0, index: i), "IndexSelectBackward0")])
  }

  @Test func writes() {
    func after(_ change: (Tensor) -> Void) -> Tensor {
      let z = x * 1
      change(z)
      return z
    }
    check([(after { $0.add_(1) }, "AddBackward0"), (after { $0.zero_() }, "ZeroBackward0")])
    check([(after { $0.fill_(1) }, "FillBackward2"), (after { $0.copy_(y) }, "CopyBackwards")])
    check([(after { z in z[i] = v }, "IndexPutBackward0"), (after { z in z[z .> 0] = 0 }, "MaskedFillBackward0")])
    check([(after { z in z[0] = v }, "CopySlices"), (after { z in z[0] = 1 }, "CopySlices")])
    check([(after { z in z[...] = 1 }, "FillBackward2"), (after { z in z[0...] = x }, "CopyBackwards")])
  }
}
