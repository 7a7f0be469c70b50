// Pointwise ops of one tensor: each row with its kernel, what it saves and its gradient, the methods right under it.

extension UnaryOp {
  static let neg = UnaryOp("neg", kernel: .neg, domain: .numbers, saves: .nothing) { g, _ in -g }
  static let abs = UnaryOp("abs", kernel: .abs, domain: .numbers, saves: .input) { g, x in g * x.sign() }
  static let sign = UnaryOp("sign", kernel: .sign, domain: .any, saves: .nothing) { g, _ in Tensor.zeros(like: g) }
  static let square = UnaryOp("square", node: "pow", kernel: .square, domain: .numbers, saves: .input) { g, x in
    g * (x * 2)
  }
  static let sqrt = UnaryOp("sqrt", kernel: .sqrt, saves: .output) { g, y in g / (y * 2) }
  static let rsqrt = UnaryOp("rsqrt", kernel: .rsqrt, saves: .output) { g, y in g * y.pow(3) * -0.5 }
  static let reciprocal = UnaryOp("reciprocal", kernel: .reciprocal, saves: .output) { g, y in -g * (y * y) }

  static let exp = UnaryOp("exp", kernel: .exp, saves: .output) { g, y in g * y }
  static let exp2 = UnaryOp("exp2", kernel: .exp2, saves: .output) { g, y in g * y * 0.693147180559945309 }
  static let expm1 = UnaryOp("expm1", kernel: .expm1, saves: .output) { g, y in g * (y + 1) }
  static let log = UnaryOp("log", kernel: .log, saves: .input) { g, x in g / x }
  static let log2 = UnaryOp("log2", kernel: .log2, saves: .input) { g, x in g / (x * 0.693147180559945309) }
  static let log10 = UnaryOp("log10", kernel: .log10, saves: .input) { g, x in g / (x * 2.302585092994045684) }
  static let log1p = UnaryOp("log1p", kernel: .log1p, saves: .input) { g, x in g / (x + 1) }

  static let sin = UnaryOp("sin", kernel: .sin, saves: .input) { g, x in g * x.cos() }
  static let cos = UnaryOp("cos", kernel: .cos, saves: .input) { g, x in g * -x.sin() }
  static let tan = UnaryOp("tan", kernel: .tan, saves: .output) { g, y in g * (y * y + 1) }
  static let asin = UnaryOp("asin", kernel: .asin, saves: .input) { g, x in g * (1 - x * x).rsqrt() }
  static let acos = UnaryOp("acos", kernel: .acos, saves: .input) { g, x in g * -(1 - x * x).rsqrt() }
  static let atan = UnaryOp("atan", kernel: .atan, saves: .input) { g, x in g / (x * x + 1) }
  static let sinh = UnaryOp("sinh", kernel: .sinh, saves: .input) { g, x in g * x.cosh() }
  static let cosh = UnaryOp("cosh", kernel: .cosh, saves: .input) { g, x in g * x.sinh() }
  static let tanh = UnaryOp("tanh", kernel: .tanh, saves: .output) { g, y in BinaryOp.tanhBackward(g, y) }
  static let asinh = UnaryOp("asinh", kernel: .asinh, saves: .input) { g, x in g * (x * x + 1).rsqrt() }
  static let acosh = UnaryOp("acosh", kernel: .acosh, saves: .input) { g, x in g * (x * x - 1).rsqrt() }
  static let atanh = UnaryOp("atanh", kernel: .atanh, saves: .input) { g, x in g / (1 - x * x) }

  static let erf = UnaryOp("erf", kernel: .erf, saves: .input) { g, x in g * (-(x * x)).exp() * 1.1283791670955126 }
  static let erfc = UnaryOp("erfc", kernel: .erfc, saves: .input) { g, x in g * (-(x * x)).exp() * -1.1283791670955126 }
  static let erfinv = UnaryOp("erfinv", kernel: .erfinv, saves: .output) { g, y in
    g * (y * y).exp() * 0.886226925452758
  }
  static let lgamma = UnaryOp("lgamma", kernel: .lgamma, saves: .input) { g, x in g * x.digamma() }

  static let floor = UnaryOp("floor", kernel: .floor, domain: .numbers, saves: .nothing) { g, _ in Tensor.zeros(like: g)
  }
  static let ceil = UnaryOp("ceil", kernel: .ceil, domain: .numbers, saves: .nothing) { g, _ in Tensor.zeros(like: g) }
  static let round = UnaryOp("round", kernel: .round, domain: .numbers, saves: .nothing) { g, _ in Tensor.zeros(like: g)
  }
  static let trunc = UnaryOp("trunc", kernel: .trunc, domain: .numbers, saves: .nothing) { g, _ in Tensor.zeros(like: g)
  }
  static let frac = UnaryOp("frac", kernel: .frac, domain: .onlyFloating, saves: .nothing) { g, _ in g }

  static let sigmoid = UnaryOp("sigmoid", kernel: .sigmoid, saves: .output) { g, y in BinaryOp.sigmoidBackward(g, y) }
  static let relu = UnaryOp("relu", kernel: .relu, domain: .numbers, saves: .output) { g, y in
    BinaryOp.reluBackward(g, y)
  }
  static let clamp = UnaryOp("clamp", node: "clamp.1", kernel: .clamp, domain: .numbers, saves: .input) { g, x, p in
    // As in PyTorch 2.15, an element on a bound counts as held; a missing bound holds nothing.
    let above = p.a == -.infinity ? x .== x : x .> p.a
    return g.where(p.b == .infinity ? above : above.logicalAnd(x .< p.b), 0)
  }
  static let powScalar = UnaryOp("pow", kernel: .powScalar, domain: .numbers, saves: .input) { g, x, p in
    p.a == 0 ? Tensor.zeros(like: g) : g * (x.pow(p.a - 1) * p.a)
  }
}

extension Tensor {
  /// The negative of every element, as `torch.neg`.
  public func neg() -> Tensor { UnaryOp.neg(self) }
  @discardableResult public func neg_() -> Tensor { UnaryOp.neg.inPlace(self) }
  /// The magnitude of every element, as `torch.abs`.
  public func abs() -> Tensor { UnaryOp.abs(self) }
  @discardableResult public func abs_() -> Tensor { UnaryOp.abs.inPlace(self) }
  /// -1, 0 or 1 by the sign of every element, as `torch.sign`.
  public func sign() -> Tensor { UnaryOp.sign(self) }
  @discardableResult public func sign_() -> Tensor { UnaryOp.sign.inPlace(self) }
  /// Every element times itself, as `torch.square`.
  public func square() -> Tensor { UnaryOp.square(dtype == .bool ? long() : self) }
  @discardableResult public func square_() -> Tensor { UnaryOp.square.inPlace(self) }
  /// The square root of every element; NaN below zero. As `torch.sqrt`.
  public func sqrt() -> Tensor { UnaryOp.sqrt(self) }
  @discardableResult public func sqrt_() -> Tensor { UnaryOp.sqrt.inPlace(self) }
  /// One over the square root of every element, as `torch.rsqrt`.
  public func rsqrt() -> Tensor { UnaryOp.rsqrt(self) }
  @discardableResult public func rsqrt_() -> Tensor { UnaryOp.rsqrt.inPlace(self) }
  /// One over every element, as `torch.reciprocal`.
  public func reciprocal() -> Tensor { UnaryOp.reciprocal(self) }
  @discardableResult public func reciprocal_() -> Tensor { UnaryOp.reciprocal.inPlace(self) }

  /// e to the power of every element, as `torch.exp`.
  public func exp() -> Tensor { UnaryOp.exp(self) }
  @discardableResult public func exp_() -> Tensor { UnaryOp.exp.inPlace(self) }
  /// 2 to the power of every element, as `torch.exp2`.
  public func exp2() -> Tensor { UnaryOp.exp2(self) }
  @discardableResult public func exp2_() -> Tensor { UnaryOp.exp2.inPlace(self) }
  /// exp(x) - 1, exact near zero, as `torch.expm1`.
  public func expm1() -> Tensor { UnaryOp.expm1(self) }
  @discardableResult public func expm1_() -> Tensor { UnaryOp.expm1.inPlace(self) }
  /// The natural logarithm, as `torch.log`.
  public func log() -> Tensor { UnaryOp.log(self) }
  @discardableResult public func log_() -> Tensor { UnaryOp.log.inPlace(self) }
  /// The logarithm to base 2, as `torch.log2`.
  public func log2() -> Tensor { UnaryOp.log2(self) }
  @discardableResult public func log2_() -> Tensor { UnaryOp.log2.inPlace(self) }
  /// The logarithm to base 10, as `torch.log10`.
  public func log10() -> Tensor { UnaryOp.log10(self) }
  @discardableResult public func log10_() -> Tensor { UnaryOp.log10.inPlace(self) }
  /// log(1 + x), exact near zero, as `torch.log1p`.
  public func log1p() -> Tensor { UnaryOp.log1p(self) }
  @discardableResult public func log1p_() -> Tensor { UnaryOp.log1p.inPlace(self) }

  /// The sine of angles in radians, as `torch.sin`.
  public func sin() -> Tensor { UnaryOp.sin(self) }
  @discardableResult public func sin_() -> Tensor { UnaryOp.sin.inPlace(self) }
  /// The cosine of angles in radians, as `torch.cos`.
  public func cos() -> Tensor { UnaryOp.cos(self) }
  @discardableResult public func cos_() -> Tensor { UnaryOp.cos.inPlace(self) }
  /// The tangent of angles in radians, as `torch.tan`.
  public func tan() -> Tensor { UnaryOp.tan(self) }
  @discardableResult public func tan_() -> Tensor { UnaryOp.tan.inPlace(self) }
  /// The angle in radians with this sine, as `torch.asin`.
  public func asin() -> Tensor { UnaryOp.asin(self) }
  @discardableResult public func asin_() -> Tensor { UnaryOp.asin.inPlace(self) }
  /// The angle in radians with this cosine, as `torch.acos`.
  public func acos() -> Tensor { UnaryOp.acos(self) }
  @discardableResult public func acos_() -> Tensor { UnaryOp.acos.inPlace(self) }
  /// The angle in radians with this tangent, as `torch.atan`.
  public func atan() -> Tensor { UnaryOp.atan(self) }
  @discardableResult public func atan_() -> Tensor { UnaryOp.atan.inPlace(self) }
  /// The hyperbolic sine, as `torch.sinh`.
  public func sinh() -> Tensor { UnaryOp.sinh(self) }
  @discardableResult public func sinh_() -> Tensor { UnaryOp.sinh.inPlace(self) }
  /// The hyperbolic cosine, as `torch.cosh`.
  public func cosh() -> Tensor { UnaryOp.cosh(self) }
  @discardableResult public func cosh_() -> Tensor { UnaryOp.cosh.inPlace(self) }
  /// The hyperbolic tangent, as `torch.tanh`.
  public func tanh() -> Tensor { UnaryOp.tanh(self) }
  @discardableResult public func tanh_() -> Tensor { UnaryOp.tanh.inPlace(self) }
  /// The inverse hyperbolic sine, as `torch.asinh`.
  public func asinh() -> Tensor { UnaryOp.asinh(self) }
  @discardableResult public func asinh_() -> Tensor { UnaryOp.asinh.inPlace(self) }
  /// The inverse hyperbolic cosine, as `torch.acosh`.
  public func acosh() -> Tensor { UnaryOp.acosh(self) }
  @discardableResult public func acosh_() -> Tensor { UnaryOp.acosh.inPlace(self) }
  /// The inverse hyperbolic tangent, as `torch.atanh`.
  public func atanh() -> Tensor { UnaryOp.atanh(self) }
  @discardableResult public func atanh_() -> Tensor { UnaryOp.atanh.inPlace(self) }

  /// The error function, as `torch.erf`.
  public func erf() -> Tensor { UnaryOp.erf(self) }
  @discardableResult public func erf_() -> Tensor { UnaryOp.erf.inPlace(self) }
  /// 1 - erf(x), as `torch.erfc`.
  public func erfc() -> Tensor { UnaryOp.erfc(self) }
  @discardableResult public func erfc_() -> Tensor { UnaryOp.erfc.inPlace(self) }
  /// The inverse of the error function, as `torch.erfinv`.
  public func erfinv() -> Tensor { UnaryOp.erfinv(self) }
  @discardableResult public func erfinv_() -> Tensor { UnaryOp.erfinv.inPlace(self) }
  /// The logarithm of the magnitude of the gamma function, as `torch.lgamma`.
  public func lgamma() -> Tensor { UnaryOp.lgamma(self) }
  @discardableResult public func lgamma_() -> Tensor { UnaryOp.lgamma.inPlace(self) }

  /// The largest whole number not above every element, as `torch.floor`.
  public func floor() -> Tensor { UnaryOp.floor(self) }
  @discardableResult public func floor_() -> Tensor { UnaryOp.floor.inPlace(self) }
  /// The smallest whole number not below every element, as `torch.ceil`.
  public func ceil() -> Tensor { UnaryOp.ceil(self) }
  @discardableResult public func ceil_() -> Tensor { UnaryOp.ceil.inPlace(self) }
  /// The nearest whole number, halves to even, as `torch.round`.
  public func round() -> Tensor { UnaryOp.round(self) }
  @discardableResult public func round_() -> Tensor { UnaryOp.round.inPlace(self) }
  /// The nearest number with so many decimals, halves to even, as `torch.round`.
  /// - Parameter decimals: negative ones round to tens, hundreds and so on.
  /// - Precondition: floating point.
  public func round(decimals: Int) -> Tensor {
    inOp("round") {
      guard dtype.isFloatingPoint || decimals == 0 else {
        fault("round", "decimals want floating point, not \(dtype.name)")
      }
      if decimals == 0 { return UnaryOp.round(self) }
      // Ten to a whole power, exact for what a Double can tell apart.
      let power = (0..<Swift.abs(decimals)).reduce(1.0) { product, _ in product * 10 }
      return decimals > 0 ? UnaryOp.round(self * power) / power : UnaryOp.round(self / power) * power
    }
  }
  @discardableResult
  public func round_(decimals: Int) -> Tensor { inOp("round_") { copy_(round(decimals: decimals)) } }
  /// Every element without its fraction, as `torch.trunc`.
  public func trunc() -> Tensor { UnaryOp.trunc(self) }
  @discardableResult public func trunc_() -> Tensor { UnaryOp.trunc.inPlace(self) }
  /// The fraction of every element, as `torch.frac`.
  public func frac() -> Tensor { UnaryOp.frac(self) }
  @discardableResult public func frac_() -> Tensor { UnaryOp.frac.inPlace(self) }

  /// 1 / (1 + exp(-x)), as `torch.sigmoid`.
  public func sigmoid() -> Tensor { UnaryOp.sigmoid(self) }
  @discardableResult public func sigmoid_() -> Tensor { UnaryOp.sigmoid.inPlace(self) }
  /// Every element, or 0 where it is negative, as `torch.relu`.
  public func relu() -> Tensor { UnaryOp.relu(self) }
  @discardableResult public func relu_() -> Tensor { UnaryOp.relu.inPlace(self) }

  /// Every element held within bounds, as `torch.clamp`.
  /// - Precondition: at least one bound is given.
  public func clamp(min: (any TensorScalar)? = nil, max: (any TensorScalar)? = nil) -> Tensor {
    let bounds = clampBounds(min, max)
    return UnaryOp.clamp(clampOperand(min, max), a: bounds.0, b: bounds.1)
  }
  @discardableResult
  public func clamp_(min: (any TensorScalar)? = nil, max: (any TensorScalar)? = nil) -> Tensor {
    let bounds = clampBounds(min, max)
    return UnaryOp.clamp.inPlace(self, a: bounds.0, b: bounds.1)
  }

  /// Every element held within bounds of its own, as `torch.clamp`; where the bounds cross, the upper one counts.
  /// - Precondition: at least one bound is given.
  public func clamp(min: Tensor?, max: Tensor? = nil) -> Tensor {
    guard min != nil || max != nil else { fault("clamp", "wants min, max or both") }
    return ClampWithin(hasMin: min != nil, hasMax: max != nil).apply([self] + [min, max].compactMap { $0 })[0]
  }
  public func clamp(max: Tensor) -> Tensor { clamp(min: nil, max: max) }
  @discardableResult
  public func clamp_(min: Tensor?, max: Tensor? = nil) -> Tensor {
    inOp("clamp_") { copyInPlace(clamp(min: min, max: max), "clamp") }
  }
  @discardableResult
  public func clamp_(max: Tensor) -> Tensor { clamp_(min: nil, max: max) }

  private func clampBounds(_ min: (any TensorScalar)?, _ max: (any TensorScalar)?) -> (Double, Double) {
    guard min != nil || max != nil else { fault("clamp", "wants min, max or both") }
    return (min?.scalar.double ?? -.infinity, max?.scalar.double ?? .infinity)
  }

  /// A fractional bound makes whole numbers float32, as any other arithmetic with it would.
  private func clampOperand(_ min: (any TensorScalar)?, _ max: (any TensorScalar)?) -> Tensor {
    var dtype = dtype
    for bound in [min, max] { if let bound { dtype = promotedType(Tensor.empty([1], dtype: dtype), bound.scalar) } }
    return to(dtype)
  }

  /// The derivative of ``lgamma()``, as `torch.digamma`.
  public func digamma() -> Tensor { UnaryOp.digamma(self) }
  @discardableResult public func digamma_() -> Tensor { UnaryOp.digamma.inPlace(self) }
}

extension UnaryOp {
  static let gelu = UnaryOp("gelu", kernel: .gelu, domain: .onlyFloating, saves: .input) { g, x in
    BinaryOp.geluBackward(g, x)
  }
  static let geluTanh = UnaryOp("gelu", kernel: .geluTanh, domain: .onlyFloating, saves: .input) { g, x in
    let (k, c) = (0.797884560802865355, 0.044715)
    // PyTorch's kernel computes half types in float32; the engine rounds the result.
    let x = x.widened, g = g.widened
    let t = ((x + x.pow(3) * c) * k).tanh()
    return g * ((t + 1) * 0.5 + x * 0.5 * (1 - t * t) * (x * x * (3 * c) + 1) * k)
  }
  static let silu = UnaryOp("silu", kernel: .silu, domain: .onlyFloating, saves: .input) { g, x in
    BinaryOp.siluBackward(g, x)
  }
}

/// The curve that `F.gelu` computes, as the `approximate` argument of torch.
public enum GELUApproximation: String, Sendable {
  /// Exact, by the error function.
  case none
  /// By a hyperbolic tangent.
  case tanh
}

extension Tensor {
  /// `x` times the normal distribution's cumulative function at `x`, as `torch.nn.functional.gelu`.
  ///
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
  /// - Precondition: the dtype is floating point.
  package func gelu(approximate: GELUApproximation) -> Tensor {
    approximate == .none ? UnaryOp.gelu(self) : UnaryOp.geluTanh(self)
  }

  /// `x * sigmoid(x)`, as `torch.nn.functional.silu`.
  /// - Precondition: the dtype is floating point.
  package func silu() -> Tensor { UnaryOp.silu(self) }
  package func silu_() -> Tensor { UnaryOp.silu.inPlace(self) }
}

extension UnaryOp {
  static let digamma = UnaryOp("digamma", kernel: .digamma, saves: .input) { g, x in g * UnaryOp.trigamma(x) }
  static let trigamma = UnaryOp("polygamma", kernel: .trigamma, saves: .input) { g, x in
    g * UnaryOp.polygamma(x, a: 2)
  }
}
