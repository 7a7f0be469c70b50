/// The arithmetic of the plain kernels: all integers compute as Int64, all floats as Double. Slow and obviously right;
/// the oracle of the fast kernels and what runs where there is none.
package protocol MathValue: Comparable, Sendable {
  init(_ value: Double)
  init(_ value: Int64)
  var double: Double { get }
  var int64: Int64 { get }
  var isNotANumber: Bool { get }
  var isTrue: Bool { get }
  static var zero: Self { get }
  static var one: Self { get }
  static var lowest: Self { get }
  static var highest: Self { get }
  static func plus(_ x: Self, _ y: Self) -> Self
  static func times(_ x: Self, _ y: Self) -> Self
  static func unary(_ kernel: UnaryKernel, _ x: Self, a: Double, b: Double) -> Self
  static func binary(_ kernel: BinaryKernel, _ x: Self, _ y: Self, alpha: Double) -> Self
}

extension MathValue {
  /// The larger one; NaN wins.
  @inline(__always)
  static func larger(_ x: Self, _ y: Self) -> Self { x.isNotANumber || x > y ? x : y }

  /// The smaller one; NaN wins.
  @inline(__always)
  static func smaller(_ x: Self, _ y: Self) -> Self { x.isNotANumber || x < y ? x : y }

  static func compare(_ kernel: CompareKernel, _ x: Self, _ y: Self) -> Bool {
    switch kernel {
    case .eq: x == y
    case .ne: x != y
    case .lt: x < y
    case .le: x <= y
    case .gt: x > y
    case .ge: x >= y
    case .logicalAnd: x.isTrue && y.isTrue
    case .logicalOr: x.isTrue || y.isTrue
    case .logicalXor: x.isTrue != y.isTrue
    }
  }

  static func test(_ kernel: TestKernel, _ x: Self) -> Bool {
    switch kernel {
    case .isnan: x.isNotANumber
    case .isinf: x.double.isInfinite
    case .isfinite: x.double.isFinite
    case .signbit: x.double.sign == .minus
    case .logicalNot: !x.isTrue
    }
  }
}

extension Int64: MathValue {
  package init(_ value: Int64) { self = value }
  package var double: Double { Double(self) }
  package var int64: Int64 { self }
  package var isNotANumber: Bool { false }
  package var isTrue: Bool { self != 0 }
  package static var one: Int64 { 1 }
  package static var lowest: Int64 { .min }
  package static var highest: Int64 { .max }
  package static func plus(_ x: Int64, _ y: Int64) -> Int64 { x &+ y }
  package static func times(_ x: Int64, _ y: Int64) -> Int64 { x &* y }

  package static func unary(_ kernel: UnaryKernel, _ x: Int64, a: Double, b: Double) -> Int64 {
    switch kernel {
    case .neg: 0 &- x
    case .abs: x == .min ? x : Swift.abs(x)
    case .sign: x.signum()
    case .square: x &* x
    case .relu: Swift.max(x, 0)
    case .leakyRelu: x > 0 ? x : Int64(saturating: Double(x) * a)
    case .clamp: Swift.min(Swift.max(x, Int64(saturating: a)), Int64(saturating: b))
    case .threshold: Double(x) <= a ? Int64(saturating: b) : x
    case .powScalar: power(x, Int64(saturating: a))
    case .addScalar: x &+ Int64(saturating: a)
    case .mulScalar: x &* Int64(saturating: a)
    case .bitwiseNot: ~x
    case .floor, .ceil, .round, .trunc: x
    case .frac: 0
    default: fault("unary", "\(kernel) has no integer form")
    }
  }

  package static func binary(_ kernel: BinaryKernel, _ x: Int64, _ y: Int64, alpha: Double) -> Int64 {
    switch kernel {
    case .add: return x &+ y &* Int64(saturating: alpha)
    case .sub: return x &- y &* Int64(saturating: alpha)
    case .mul: return x &* y
    case .floorDivide:
      let (quotient, rest) = divided(x, y)
      return rest != 0 && (rest < 0) != (y < 0) ? quotient &- 1 : quotient
    case .div, .truncDivide: return divided(x, y).quotient
    case .remainder:
      let rest = divided(x, y).rest
      return rest != 0 && (rest < 0) != (y < 0) ? rest &+ y : rest
    case .fmod: return divided(x, y).rest
    case .pow: return power(x, y)
    case .maximum, .fmax: return Swift.max(x, y)
    case .minimum, .fmin: return Swift.min(x, y)
    case .bitwiseAnd: return x & y
    case .bitwiseOr: return x | y
    case .bitwiseXor: return x ^ y
    case .leftShift: return y < 0 || y >= 64 ? 0 : x << y
    case .rightShift: return y < 0 || y >= 64 ? (x < 0 ? -1 : 0) : x >> y
    case .heaviside: return x == 0 ? y : (x > 0 ? 1 : 0)
    case .gcd: return gcd(x, y)
    case .lcm: return lcm(x, y)
    default: fault("binary", "\(kernel) has no integer form")
    }
  }

  private static func divided(_ x: Int64, _ y: Int64) -> (quotient: Int64, rest: Int64) {
    if y == 0 { faultForDivisionByZero() }
    if y == -1 { return (0 &- x, 0) }
    return (x / y, x % y)
  }

  /// Negative exponents give 0 but for bases 1 and -1, as PyTorch.
  private static func power(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 {
      if base == 1 { return 1 }
      if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
      return 0
    }
    var result: Int64 = 1, factor = base, rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  /// Truncates; out of range saturates, NaN is 0.
  package init(saturating value: Double) {
    self = value.isNaN ? 0 : (Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max))
  }
}

extension Double: MathValue {
  package init(_ value: Double) { self = value }
  package var double: Double { self }
  /// As the x86 conversion that PyTorch uses: out of range and NaN give the lowest value.
  package var int64: Int64 { Int64(exactly: rounded(.towardZero)) ?? .min }
  package var isNotANumber: Bool { self != self }
  package var isTrue: Bool { self != 0 }
  package static var one: Double { 1 }
  package static var lowest: Double { -.infinity }
  package static var highest: Double { .infinity }
  package static func plus(_ x: Double, _ y: Double) -> Double { x + y }
  package static func times(_ x: Double, _ y: Double) -> Double { x * y }

  package static func unary(_ kernel: UnaryKernel, _ x: Double, a: Double, b: Double) -> Double {
    switch kernel {
    case .neg: -x
    case .abs: Swift.abs(x)
    case .sign: x > 0 ? 1 : (x < 0 ? -1 : 0)
    case .square: x * x
    case .sqrt: x.squareRoot()
    case .rsqrt: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .exp: libm.exp(x)
    case .exp2: libm.exp2(x)
    case .expm1: libm.expm1(x)
    case .log: libm.log(x)
    case .log2: libm.log2(x)
    case .log10: libm.log10(x)
    case .log1p: libm.log1p(x)
    case .sin: libm.sin(x)
    case .cos: libm.cos(x)
    case .tan: libm.tan(x)
    case .asin: libm.asin(x)
    case .acos: libm.acos(x)
    case .atan: libm.atan(x)
    case .sinh: libm.sinh(x)
    case .cosh: libm.cosh(x)
    case .tanh: libm.tanh(x)
    case .asinh: libm.asinh(x)
    case .acosh: libm.acosh(x)
    case .atanh: libm.atanh(x)
    case .erf: libm.erf(x)
    case .erfc: libm.erfc(x)
    case .erfinv: inverseErf(x)
    case .lgamma: libm.lgamma(x)
    case .digamma: Special.digamma(x)
    case .trigamma: Special.trigamma(x)
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .trunc: x.rounded(.towardZero)
    case .frac: x - x.rounded(.towardZero)
    case .sigmoid: 1 / (1 + libm.exp(-x))
    case .logSigmoid: Swift.min(x, 0) - libm.log1p(libm.exp(-Swift.abs(x)))
    case .relu: x <= 0 ? 0 : x
    case .leakyRelu: x > 0 ? x : x * a
    case .elu: x > 0 ? x : libm.expm1(x) * a
    case .gelu: x * 0.5 * (1 + libm.erf(x * 0.5.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + libm.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x / (1 + libm.exp(-x))
    case .softplus: x * a > b ? x : libm.log1p(libm.exp(x * a)) / a
    case .mish: x * libm.tanh(x > 20 ? x : libm.log1p(libm.exp(x)))
    case .clamp: x != x ? x : Swift.min(Swift.max(x, a), b)
    case .hardswish: x * Swift.min(Swift.max(x + 3, 0), 6) / 6
    case .hardsigmoid: x != x ? x : Swift.min(Swift.max(x + 3, 0), 6) / 6
    case .softsign: x / (1 + Swift.abs(x))
    case .threshold: x <= a ? b : x
    case .powScalar: libm.pow(x, a)
    case .addScalar: x + a
    case .mulScalar: x * a
    case .bitwiseNot: fault("bitwise_not", "takes integers and bool, not floating point")
    case .logit: Special.logit(x, eps: a)
    case .sinc: Special.sinc(x)
    case .i0: Special.scaledBessel(0, x) * libm.exp(Swift.abs(x))
    case .i0e: Special.scaledBessel(0, x)
    case .i1: Special.scaledBessel(1, x) * libm.exp(Swift.abs(x))
    case .i1e: Special.scaledBessel(1, x)
    case .erfcx: Special.erfcx(x)
    case .logNdtr: Special.logNdtr(x)
    case .ndtri: Special.ndtri(x)
    case .entr: Special.entr(x)
    case .polygamma: Special.polygamma(a, x)
    case .mantissa: x.isFinite && x != 0 ? libm.copysign(x.significand / 2, x) : x
    case .binaryExponent: Special.binaryExponent(x)
    }
  }

  package static func binary(_ kernel: BinaryKernel, _ x: Double, _ y: Double, alpha: Double) -> Double {
    switch kernel {
    case .add: return x + alpha * y
    case .sub: return x - alpha * y
    case .mul: return x * y
    case .div: return x / y
    case .floorDivide: return floorDivided(x, y)
    case .truncDivide: return (x / y).rounded(.towardZero)
    case .remainder:
      if y == 0 { return .nan }
      let rest = libm.fmod(x, y)
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    case .fmod: return libm.fmod(x, y)
    case .pow: return libm.pow(x, y)
    case .maximum: return larger(x, y)
    case .minimum: return smaller(x, y)
    case .fmax: return libm.fmax(x, y)
    case .fmin: return libm.fmin(x, y)
    case .atan2: return libm.atan2(x, y)
    case .hypot: return libm.hypot(x, y)
    case .copysign: return libm.copysign(x, y)
    case .logaddexp:
      if x.isInfinite && x == y { return x }
      return larger(x, y) + libm.log1p(libm.exp(-Swift.abs(x - y)))
    case .logaddexp2:
      if x.isInfinite && x == y { return x }
      return larger(x, y) + libm.log2(1 + libm.exp2(-Swift.abs(x - y)))
    case .nextafter: fault("nextafter", "depends on the width of the number; see Element.next(after:toward:)")
    case .xlogy: return y != y ? y : (x == 0 ? 0 : x * libm.log(y))
    case .tanhBackward: return x * (1 - y * y)
    case .sigmoidBackward: return x * (1 - y) * y
    case .reluBackward: return y <= 0 ? 0 : x
    case .geluBackward:
      let cdf = 0.5 * (1 + libm.erf(y * 0.5.squareRoot()))
      return x * (cdf + y * libm.exp(-0.5 * y * y) / (2 * Double.pi).squareRoot())
    case .siluBackward:
      let s = 1 / (1 + libm.exp(-y))
      return x * s * (1 + y * (1 - s))
    case .xlog1py: return y != y ? y : (x == 0 ? 0 : x * libm.log1p(y))
    case .zeta: return Special.zeta(x, y)
    case .ldexp: return Special.ldexp(x, y)
    case .heaviside: return x == 0 ? y : (x > 0 ? 1 : 0)
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift, .rightShift, .gcd, .lcm:
      fault("bitwise", "\(kernel) takes integers and bool, not floating point")
    }
  }

  /// Python's floor division, exact where the plain quotient would round up to the next whole number.
  private static func floorDivided(_ x: Double, _ y: Double) -> Double {
    if y == 0 { return x / y }
    let rest = libm.fmod(x, y)
    var quotient = (x - rest) / y
    if rest != 0 && (rest < 0) != (y < 0) { quotient -= 1 }
    if quotient == 0 { return libm.copysign(0, x / y) }
    let floor = quotient.rounded(.down)
    return quotient - floor > 0.5 ? floor + 1 : floor
  }

  /// The inverse of erf: a rational start value, then Newton steps that reach double precision.
  private static func inverseErf(_ y: Double) -> Double {
    if y.isNaN || Swift.abs(y) > 1 { return .nan }
    if Swift.abs(y) == 1 { return y * .infinity }
    let w = -libm.log((1 - y) * (1 + y))
    let t = 2 / (Double.pi * 0.147) - w / 2
    var x = libm.copysign((((t * t + w / 0.147).squareRoot()) - t).squareRoot(), y)
    let sign: Double = y < 0 ? -1 : 1
    for _ in 0..<4 {
      // erfc keeps its precision where erf is close to one.
      let error = sign * y < 0.5 ? libm.erf(x) - y : sign * ((1 - sign * y) - libm.erfc(sign * x))
      let slope = 2 / Double.pi.squareRoot() * libm.exp(-x * x)
      if slope == 0 { break }
      let step = error / slope
      x -= step / (1 + x * step)
    }
    return x
  }
}

/// Special functions that libm lacks.
enum Special {
  /// The derivative of lgamma: recurrence up to 6, then the asymptotic series.
  static func digamma(_ x: Double) -> Double {
    if x == 0 { return libm.copysign(.infinity, -x) }
    if x < 0 {
      if x == x.rounded(.towardZero) { return .nan }
      let fraction = x - x.rounded(.towardZero)
      return digamma(1 - x) - .pi / libm.tan(.pi * fraction)
    }
    var x = x, sum = 0.0
    while x < 10 {
      sum -= 1 / x
      x += 1
    }
    let z = 1 / (x * x)
    let series =
      z
      * (1 / 12.0 - z * (1 / 120.0 - z * (1 / 252.0 - z * (1 / 240.0 - z * (1 / 132.0 - z * (691 / 32760.0 - z / 12))))))
    return sum + libm.log(x) - 0.5 / x - series
  }

  /// The second derivative of lgamma: reflection below a half, recurrence up to 10, then the asymptotic series.
  static func trigamma(_ x: Double) -> Double {
    if x == .infinity { return 0 }
    if x == -.infinity { return .nan }
    if x <= 0, x == x.rounded(.down) { return .infinity }
    if x < 0.5 {
      let sine = libm.sin(.pi * x)
      return .pi * .pi / (sine * sine) - trigamma(1 - x)
    }
    var x = x, sum = 0.0
    while x < 10 {
      sum += 1 / (x * x)
      x += 1
    }
    let z = 1 / (x * x)
    let series = z * (1 / 6.0 - z * (1 / 30.0 - z * (1 / 42.0 - z * (1 / 30.0 - z * (5 / 66.0 - z * (691 / 2730.0))))))
    return sum + (1 + 0.5 / x + series) / x
  }
}
