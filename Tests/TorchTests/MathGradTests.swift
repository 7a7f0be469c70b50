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
    ("dist", 0.5, 1, { $0.dist($0.detach() * 0.1, p: 3) }), ("diff", -1, 1, { $0.diff(n: 2, prepend: $0) }),
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

  @Test(arguments: reductions.indices) func reductions(_ i: Int) { Self.check(Self.reductions[i]) }

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
