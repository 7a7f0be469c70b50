import Testing
import Torch

/// Gradients and second gradients of the mathematical ops against central differences.
@Suite struct MathGradTests {
  static let reductions: [GradCheckTests.Case] = [
    ("nansum", -1, 1, { $0.nansum(dim: 1) }), ("nanmean", -1, 1, { $0.nanmean(dim: 0, keepdim: true) }),
    ("median", -1, 1, { $0.median(dim: 1).values }), ("medianAll", -1, 1, { $0.median() * 2 }),
    ("nanmedian", -1, 1, { $0.nanmedian(dim: 0, keepdim: true).values }), ("nanmedianAll", -1, 1, { $0.nanmedian() }),
    ("mode", -1, 1, { $0.mode(dim: 1).values }), ("kthvalue", -1, 1, { $0.kthvalue(k: 2, dim: 0).values }),
    ("quantile", -1, 1, { $0.quantile(q: Tensor([0.3, 0.8], dtype: .float64), dim: 1) }),
    ("quantileAll", -1, 1, { $0.quantile(q: 0.35, interpolation: .midpoint) }),
    ("quantileShare", 0.1, 0.9, { Tensor([3.0, 1, 7], dtype: .float64).quantile(q: $0[0]) }),
    ("nanquantile", -1, 1, { $0.nanquantile(q: 0.4, dim: 0, keepdim: true) }),
    ("aminmax", -1, 1, { $0.aminmax(dim: 1).max - $0.aminmax(dim: 1).min }), ("msort", -1, 1, { $0.msort() }),
    ("dist", 0.5, 1, { $0.dist(Tensor.full([3, 4], 0.1, dtype: .float64), p: 3) }),
    ("diff", -1, 1, { $0.diff(n: 2, prepend: $0) }),
    ("gradient", -1, 1, { Tensor.cat($0.gradient(spacing: 0.5, edgeOrder: 2)) }),
    (
      "gradientAt", 0.5, 1,
      { $0.gradient(spacing: [($0.select(dim: 0, index: 0) + 1).cumsum(dim: 0)], dim: 1, edgeOrder: 2)[0] }
    ),
    ("trapezoid", -1, 1, { $0.trapezoid(dx: 0.3, dim: 0) }), ("trapezoidAt", -1, 1, { $0.trapezoid($0 * $0) }),
    ("cumulativeTrapezoid", -1, 1, { $0.cumulativeTrapezoid(dim: 0) + $0.cumulativeTrapezoid($0, dim: 0) }),
    ("trace", -1, 1, { $0.trace() }), ("logcumsumexp", -1, 1, { $0.logcumsumexp(dim: 1) }),
    ("cov", -1, 1, { $0.cov(correction: 0, aweights: $0.select(dim: 0, index: 1).exp()) }),
    ("corrcoef", -1, 1, { $0.corrcoef()[0, 1] }),
    ("renorm", 0.5, 1, { $0.renorm(p: 2, dim: 0, maxnorm: 0.9) }), ("normFro", 0.5, 1, { $0.norm(p: .fro, dim: 1) }),
  ]

  static let products: [GradCheckTests.Case] = [
    ("addmv", -1, 1, { $0.select(dim: 1, index: 0).addmv($0, $0.select(dim: 0, index: 1), beta: 0.5, alpha: 2) }),
    ("addr", -1, 1, { $0.addr($0.select(dim: 1, index: 0), $0.select(dim: 0, index: 0), beta: 0.5, alpha: 2) }),
    (
      "addbmm", -1, 1,
      { $0.addbmm($0.unsqueeze(0).repeat(2, 1, 1), square($0), beta: 0.5, alpha: 2) }
    ),
    ("baddbmm", -1, 1, { $0.baddbmm($0.unsqueeze(0).repeat(2, 1, 1), square($0), beta: 0.5, alpha: 2) }),
    ("vdot", -1, 1, { $0[0].vdot($0[1]) }), ("kron", -1, 1, { $0.kron($0[0]) }),
    ("tensordot", -1, 1, { $0.tensordot($0, dims: [[1], [1]]) + $0.tensordot($0.t(), dims: 1) }),
    ("cross", -1, 1, { $0.cross($0.flip(dims: [1]), dim: 0) }),
    ("vecdot", -1, 1, { Linalg.vecdot($0, $0[1]) }), ("vectorNorm", 0.5, 1, { Linalg.vectorNorm($0, ord: 3, dim: 1) }),
    ("multiDot", -1, 1, { Linalg.multiDot([$0, $0.t(), $0, $0[1]]) }), ("vander", -1, 1, { Linalg.vander($0) }),
    ("linalgDiagonal", -1, 1, { Linalg.diagonal($0) * 2 }), ("linalgMatmul", -1, 1, { Linalg.matmul($0, $0.t()) }),
  ]

  static let special: [GradCheckTests.Case] = [
    ("logit", 0.1, 0.9, { $0.logit() }), ("logitEps", 0.11, 0.9, { $0.logit(eps: 0.2) }),
    ("sinc", 0.2, 2, { $0.sinc() }), ("i0", -2, 2, { $0.i0() }), ("i0e", 0.5, 2, { Special.i0e($0) }),
    ("i1", 0.5, 2, { Special.i1($0) }), ("i1e", -2, -0.5, { Special.i1e($0) }),
    ("erfcx", -1, 2, { Special.erfcx($0) }), ("entr", 0.2, 2, { Special.entr($0) }),
    ("ndtr", -2, 2, { Special.ndtr($0) }), ("logNdtr", -3, 2, { Special.logNdtr($0) }),
    ("ndtri", 0.1, 0.9, { Special.ndtri($0) }), ("digamma", 0.5, 2, { $0.digamma() }),
    ("polygamma1", 0.5, 2, { $0.polygamma(n: 1) }), ("polygamma3", 1, 3, { Tensor.polygamma(3, $0) }),
    ("xlog1py", 0.2, 2, { Special.xlog1py($0, $0 + 1) }), ("zeta", 0.5, 2, { Special.zeta(2.5, $0) }),
    ("frexp", 0.55, 0.9, { $0.frexp().mantissa }), ("nanToNum", -1, 1, { $0.nanToNum() }),
    ("ldexp", 0.5, 2, { $0.ldexp($0) }), ("floatPower", 0.5, 2, { $0.floatPower($0) + $0.floatPower(2.5) }),
  ]

  @Test(arguments: products.indices) func productsAgainstDifferences(_ i: Int) { Self.check(Self.products[i]) }
  @Test(arguments: special.indices) func specialAgainstDifferences(_ i: Int) { Self.check(Self.special[i]) }

  @Test(arguments: reductions.indices) func reductionsAgainstDifferences(_ i: Int) { Self.check(Self.reductions[i]) }

  /// Two square matrices of a matrix with four columns.
  private static func square(_ x: Tensor) -> Tensor { x.t().matmul(x).unsqueeze(0) * Tensor([[[1.0]], [[-0.5]]]) }

  static func check(_ test: GradCheckTests.Case) {
    let generator = Generator(seed: 4)
    let x = (Tensor.rand(3, 4, generator: generator, dtype: .float64) * (test.high - test.low) + test.low).detach()
      .requiresGrad_()
    do {
      try gradcheck({ test.f($0[0]) }, [x])
      try gradgradcheck({ test.f($0[0]) }, [x], atol: 1e-4)
    } catch { Issue.record("\(test.name): \(error)") }
  }
}
