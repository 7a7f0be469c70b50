// More special functions in double precision: series where they converge at once, asymptotic series far out.

extension Special {
  /// The Hurwitz zeta function, the sum of (k + q)^-x over k = 0, 1, ...: the first terms, then Euler and Maclaurin's formula.
  static func zeta(_ x: Double, _ q: Double) -> Double {
    if x == 1 { return .infinity }
    if x < 1 { return .nan }
    if q <= 0 {
      if q == q.rounded(.down) { return .infinity }
      // A negative number has a power of either sign only where the exponent is whole.
      if x != x.rounded(.down) { return .nan }
      // The terms below zero mirrored: those up to q are all of them less those beyond. In this order, since near a half the
      // first two are all but equal where their signs differ.
      let floor = q.rounded(.down), sign: Double = x.remainder(dividingBy: 2) == 0 ? 1 : -1
      return zeta(x, q - floor) + sign * zeta(x, floor + 1 - q) - sign * zeta(x, 1 - q)
    }
    var sum = libm.pow(q, -x), a = q, term = sum
    if sum == 0 { return x.isInfinite || q.isInfinite ? .nan : 0 }
    while a < 10 + x {
      a += 1
      term = libm.pow(a, -x)
      sum += term
      if term <= 1e-17 * sum { return sum }
    }
    // The last term was counted whole and stands at the end of the interval.
    sum += term * (a / (x - 1) - 0.5)
    // Bernoulli's numbers B2, B4 and so on.
    let bernoulli: [(Double, Double)] = [
      (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798), (-174611, 330),
    ]
    var factor = term * x / (2 * a)
    var j = 2.0
    for (numerator, denominator) in bernoulli {
      let part = factor * numerator / denominator
      sum += part
      if Swift.abs(part) <= 1e-18 * sum { break }
      factor *= (x + j - 1) * (x + j)
      factor /= (j + 1) * (j + 2) * a * a
      j += 2
    }
    return sum
  }

  /// The n-th derivative of digamma.
  static func polygamma(_ n: Double, _ x: Double) -> Double {
    if n == 0 { return digamma(x) }
    if n == 1 { return trigamma(x) }
    let size = libm.exp(libm.lgamma(n + 1)) * zeta(n + 1, x)
    return n.remainder(dividingBy: 2) == 0 ? -size : size
  }

  /// exp(-|x|) times the modified Bessel function of the first kind, of order 0 or 1.
  static func scaledBessel(_ order: Int, _ x: Double) -> Double {
    let size = Swift.abs(x), v = Double(order)
    var term = 1.0, sum = 1.0, k = 0.0
    if size <= 30 {
      let quarter = size * size / 4
      while term > 1e-18 * sum {
        k += 1
        term *= quarter / (k * (k + v))
        sum += term
      }
      sum *= libm.exp(-size) * (order == 0 ? 1 : size / 2)
    } else {
      // The terms shrink until k is about twice the size.
      while Swift.abs(term) > 1e-18 && k < 60 {
        k += 1
        let odd = 2 * k - 1
        term *= (odd * odd - 4 * v * v) / (8 * k * size)
        sum += term
      }
      sum /= (2 * Double.pi * size).squareRoot()
    }
    return order == 1 && x < 0 ? -sum : sum
  }

  /// exp(x * x) * erfc(x), without overflow where x is large.
  static func erfcx(_ x: Double) -> Double {
    if x.isNaN { return x }
    // The square with what rounding it lost.
    let square = x * x, lost = (-square).addingProduct(x, x)
    if x < 0 {
      let growth = libm.exp(square)
      return growth == .infinity ? growth : growth * (1 + lost) * libm.erfc(x)
    }
    if x < 6 { return libm.exp(square) * (1 + lost) * libm.erfc(x) }
    var term = 1.0, sum = 1.0, k = 0.0
    while Swift.abs(term) > 1e-18 && k < 30 {
      term *= -(2 * k + 1) / (2 * square)
      sum += term
      k += 1
    }
    return sum / (x * Double.pi.squareRoot())
  }

  /// The logarithm of the normal distribution's cumulative function.
  static func logNdtr(_ x: Double) -> Double {
    x < -1
      ? libm.log(erfcx(-x * 0.5.squareRoot()) / 2) - x * x / 2 : libm.log1p(-libm.erfc(x * 0.5.squareRoot()) / 2)
  }

  /// The inverse of the normal distribution's cumulative function: a rational start value, then Halley's steps.
  static func ndtri(_ p: Double) -> Double {
    if !(p >= 0 && p <= 1) { return .nan }
    if p == 0 { return -.infinity }
    if p == 0.5 { return 0 }
    if p > 0.5 { return -ndtri(1 - p) }
    let t = (-2 * libm.log(p)).squareRoot()
    let top: Double = 2.515517 + t * (0.802853 + t * 0.010328)
    let bottom: Double = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    var x = top / bottom - t
    for _ in 0..<3 {
      let error = libm.erfc(-x * 0.5.squareRoot()) / 2 - p
      let step = error * (2 * Double.pi).squareRoot() * libm.exp(x * x / 2)
      if !step.isFinite { break }
      x -= step / (1 + x * step / 2)
    }
    return x
  }

  static func entr(_ x: Double) -> Double {
    if x.isNaN { return x }
    return x > 0 ? -x * libm.log(x) : (x == 0 ? 0 : -.infinity)
  }

  static func sinc(_ x: Double) -> Double { x == 0 ? 1 : libm.sin(.pi * x) / (.pi * x) }

  /// The logarithm of x / (1 - x), x held within eps and 1 - eps; a negative eps holds nothing.
  static func logit(_ x: Double, eps: Double) -> Double {
    let held = eps < 0 ? x : (x < eps ? eps : (x > 1 - eps ? 1 - eps : x))
    return libm.log(held / (1 - held))
  }

  /// x * 2^y, also where the power alone leaves the range.
  static func ldexp(_ x: Double, _ y: Double) -> Double {
    let half = (y / 2).rounded(.down)
    return half.isFinite ? x * libm.exp2(half) * libm.exp2(y - half) : x * libm.exp2(y)
  }

  /// The exponent of a number whose mantissa lies from 0.5 to 1; 0 where there is none.
  static func binaryExponent(_ x: Double) -> Double { x.isFinite && x != 0 ? Double(x.exponent) + 1 : 0 }
}

extension Int64 {
  /// The greatest common divisor, not negative; wraps where it does not fit.
  static func gcd(_ x: Int64, _ y: Int64) -> Int64 {
    var (a, b) = (x.magnitude, y.magnitude)
    while b != 0 { (a, b) = (b, a % b) }
    return Int64(truncatingIfNeeded: a)
  }

  /// The least common multiple, not negative; wraps where it does not fit.
  static func lcm(_ x: Int64, _ y: Int64) -> Int64 {
    let divisor = gcd(x, y).magnitude
    if divisor == 0 { return 0 }
    let product = Int64(truncatingIfNeeded: (x.magnitude / divisor) &* y.magnitude)
    return product < 0 ? 0 &- product : product
  }
}
