// Pointwise special functions: rows of the table, methods and functions of `Special` under them. Gradients that subtract what
// is almost equal compute half types in float32.

extension UnaryOp {
  static let logit: UnaryOp = UnaryOp("logit", kernel: .logit, saves: .input) { g, x, p in
    let slope = g / (x * (1 - x))
    return p.a < 0
      ? slope.where((x .>= 0).logicalAnd(x .<= 1), Double.nan) : slope.where((x .>= p.a).logicalAnd(x .<= 1 - p.a), 0)
  }
  static let sinc: UnaryOp = UnaryOp("sinc", kernel: .sinc, saves: .input) { g, x in
    let angle = x * Double.pi
    return g * ((angle * angle.cos() - angle.sin()) / (x * angle)).where(x .!= 0, 0)
  }
  static let i0: UnaryOp = UnaryOp("i0", kernel: .i0, saves: .input) { g, x in g * UnaryOp.i1(x) }
  static let i0e: UnaryOp = UnaryOp("special_i0e", kernel: .i0e, saves: .input) { g, x in
    let x = x.widened
    return g.widened * (UnaryOp.i1e(x) - x.sign() * UnaryOp.i0e(x))
  }
  static let i1: UnaryOp = UnaryOp("special_i1", kernel: .i1, saves: .input) { g, x in
    let x = x.widened
    return g.widened * (UnaryOp.i0(x) - UnaryOp.i1(x) / x).where(x .!= 0, 0.5)
  }
  static let i1e: UnaryOp = UnaryOp("special_i1e", kernel: .i1e, saves: .input) { g, x in
    let x = x.widened
    return g.widened * (UnaryOp.i0e(x) - UnaryOp.i1e(x) * (x.sign() + x.reciprocal())).where(x .!= 0, 0.5)
  }
  static let erfcx: UnaryOp = UnaryOp("special_erfcx", kernel: .erfcx, saves: .input) { g, x in
    g * (x * UnaryOp.erfcx(x) * 2 - 1.1283791670955126)
  }
  static let logNdtr: UnaryOp = UnaryOp("special_log_ndtr", kernel: .logNdtr, saves: .input) { g, x in
    // At negative infinity PyTorch has no number.
    (g / UnaryOp.erfcx(x * -0.7071067811865476) * 0.7978845608028654).where(x .!= -Double.infinity, Double.nan)
  }
  static let ndtri: UnaryOp = UnaryOp("special_ndtri", kernel: .ndtri, saves: .output) { g, y in
    g * (y * y / 2).exp() * 2.5066282746310002
  }
  static let entr: UnaryOp = UnaryOp("special_entr", kernel: .entr, saves: .input) { g, x in
    g * (-1 - x.log()).where((x .< 0).logicalNot(), Double.nan)
  }
  static let polygamma: UnaryOp = UnaryOp("polygamma", kernel: .polygamma, saves: .input) { g, x, p in
    g * UnaryOp.polygamma(x, a: p.a + 1)
  }
}

extension BinaryOp {
  static let xlog1py: BinaryOp = BinaryOp(
    "special_xlog1py", numberNode: "special_xlog1py.2", numberFirstNode: "special_xlog1py.1", kernel: .xlog1py,
    result: .floating,
    x: Gradient([.x, .y]) { g, s in
      let y = s.y
      return BinaryOp.xlog1py(g, y).where((s.x .== 0).logicalAnd(y .<= -1).logicalNot(), 0)
    }, y: Gradient([.x, .y]) { g, s in g * s.x / (s.y + 1) })
  // PyTorch has no derivative by the exponent.
  static let zeta: BinaryOp = BinaryOp(
    "special_zeta", numberNode: "special_zeta.2", numberFirstNode: "special_zeta.1", kernel: .zeta, result: .floating,
    x: nil, y: Gradient([.x, .y]) { g, s in g * -s.x * BinaryOp.zeta(s.x + 1, s.y) })
}

extension Tensor {
  /// The logarithm of x / (1 - x), as `torch.logit`; whole numbers give float32.
  /// - Parameter eps: elements are held within `eps` and `1 - eps` first; nil for those outside 0 and 1 to give NaN.
  public func logit(eps: Double? = nil) -> Tensor { UnaryOp.logit(self, a: eps ?? -1) }
  @discardableResult public func logit_(eps: Double? = nil) -> Tensor { UnaryOp.logit.inPlace(self, a: eps ?? -1) }

  /// sin(pi x) / (pi x), 1 at 0, as `torch.sinc`; whole numbers give float32.
  public func sinc() -> Tensor { UnaryOp.sinc(self) }
  @discardableResult public func sinc_() -> Tensor { UnaryOp.sinc.inPlace(self) }

  /// The modified Bessel function of the first kind, order 0, as `torch.i0`; whole numbers give float32.
  public func i0() -> Tensor { UnaryOp.i0(self) }
  @discardableResult public func i0_() -> Tensor { UnaryOp.i0.inPlace(self) }

  /// The n-th derivative of ``digamma()``, as `torch.polygamma`; whole numbers give float32.
  /// - Precondition: `n` is not negative.
  public static func polygamma(_ n: Int, _ input: Tensor) -> Tensor { input.polygamma(n: n) }
  /// As ``polygamma(_:_:)``.
  public func polygamma(n: Int) -> Tensor {
    guard n >= 0 else { fault("polygamma", "n cannot be negative, got \(n)") }
    return n == 0 ? inOp("polygamma") { digamma() } : UnaryOp.polygamma(self, a: Double(n))
  }
}

/// Special functions, as `torch.special`. Whole numbers give float32.
public enum Special {
  /// exp(-|x|) times the modified Bessel function of the first kind, order 0, as `torch.special.i0e`.
  public static func i0e(_ input: Tensor) -> Tensor { UnaryOp.i0e(input) }
  /// The modified Bessel function of the first kind, order 1, as `torch.special.i1`.
  public static func i1(_ input: Tensor) -> Tensor { UnaryOp.i1(input) }
  /// exp(-|x|) times the modified Bessel function of the first kind, order 1, as `torch.special.i1e`.
  public static func i1e(_ input: Tensor) -> Tensor { UnaryOp.i1e(input) }
  /// exp(x * x) * erfc(x), as `torch.special.erfcx`.
  public static func erfcx(_ input: Tensor) -> Tensor { UnaryOp.erfcx(input) }
  /// The entropy -x log(x), 0 at 0 and negative infinity below, as `torch.special.entr`.
  public static func entr(_ input: Tensor) -> Tensor { UnaryOp.entr(input) }

  /// The share of the normal distribution below each element, as `torch.special.ndtr`; exact in the lower tail.
  public static func ndtr(_ input: Tensor) -> Tensor {
    inOp("special_ndtr") {
      // Half types are rounded once, at the end.
      let x = input.dtype.isFloatingPoint ? input.widened : input.float()
      return ((x * -0.7071067811865476).erfc() * 0.5).to(input.dtype.isHalf ? input.dtype : x.dtype)
    }
  }
  /// The logarithm of ``ndtr(_:)``, exact in both tails, as `torch.special.log_ndtr`.
  public static func logNdtr(_ input: Tensor) -> Tensor { UnaryOp.logNdtr(input) }
  /// The inverse of ``ndtr(_:)``, as `torch.special.ndtri`.
  public static func ndtri(_ input: Tensor) -> Tensor { UnaryOp.ndtri(input) }

  /// `input * log1p(other)`, 0 where the input is 0, as `torch.special.xlog1py`. Broadcasts.
  public static func xlog1py(_ input: Tensor, _ other: Tensor) -> Tensor { BinaryOp.xlog1py(input, other) }
  public static func xlog1py(_ input: Tensor, _ other: some TensorScalar) -> Tensor {
    BinaryOp.xlog1py(input, other.scalar)
  }
  public static func xlog1py(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    BinaryOp.xlog1py(other, input.scalar, numberFirst: true)
  }

  /// The Hurwitz zeta function, the sum of `(k + other) ** -input` over k = 0, 1 and so on, as `torch.special.zeta`.
  /// Broadcasts. There is a gradient for `other` alone.
  public static func zeta(_ input: Tensor, _ other: Tensor) -> Tensor { BinaryOp.zeta(input, other) }
  public static func zeta(_ input: Tensor, _ other: some TensorScalar) -> Tensor { BinaryOp.zeta(input, other.scalar) }
  public static func zeta(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    BinaryOp.zeta(other, input.scalar, numberFirst: true)
  }

  // What tensors have as methods.

  /// As ``Tensor/expm1()``.
  public static func expm1(_ input: Tensor) -> Tensor { input.expm1() }
  /// As ``Tensor/exp2()``.
  public static func exp2(_ input: Tensor) -> Tensor { input.exp2() }
  /// As ``Tensor/log1p()``.
  public static func log1p(_ input: Tensor) -> Tensor { input.log1p() }
  /// As ``Tensor/erf()``.
  public static func erf(_ input: Tensor) -> Tensor { input.erf() }
  /// As ``Tensor/erfc()``.
  public static func erfc(_ input: Tensor) -> Tensor { input.erfc() }
  /// As ``Tensor/erfinv()``.
  public static func erfinv(_ input: Tensor) -> Tensor { input.erfinv() }
  /// As ``Tensor/digamma()``.
  public static func digamma(_ input: Tensor) -> Tensor { input.digamma() }
  /// As ``Tensor/digamma()``.
  public static func psi(_ input: Tensor) -> Tensor { input.digamma() }
  /// As ``Tensor/lgamma()``.
  public static func gammaln(_ input: Tensor) -> Tensor { input.lgamma() }
  /// As ``Tensor/sigmoid()``.
  public static func expit(_ input: Tensor) -> Tensor { input.sigmoid() }
  /// As ``Tensor/logit(eps:)``.
  public static func logit(_ input: Tensor, eps: Double? = nil) -> Tensor { input.logit(eps: eps) }
  /// As ``Tensor/sinc()``.
  public static func sinc(_ input: Tensor) -> Tensor { input.sinc() }
  /// As ``Tensor/i0()``.
  public static func i0(_ input: Tensor) -> Tensor { input.i0() }
  /// As ``Tensor/polygamma(_:_:)``.
  public static func polygamma(_ n: Int, _ input: Tensor) -> Tensor { input.polygamma(n: n) }
  /// As ``Tensor/xlogy(_:)-(Tensor)``.
  public static func xlogy(_ input: Tensor, _ other: Tensor) -> Tensor { input.xlogy(other) }
  /// As ``Tensor/softmax(dim:dtype:)``.
  public static func softmax(_ input: Tensor, dim: Int, dtype: DType? = nil) -> Tensor {
    input.softmax(dim: dim, dtype: dtype)
  }
  /// As ``Tensor/logSoftmax(dim:dtype:)``.
  public static func logSoftmax(_ input: Tensor, dim: Int, dtype: DType? = nil) -> Tensor {
    input.logSoftmax(dim: dim, dtype: dtype)
  }
}
