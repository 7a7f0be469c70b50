// The C library's mathematics under one name on every platform, apart from methods of ours with the same names.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Free functions of this file see the C ones; inside `libm` the bare names would be its own members.
@inline(__always) private func c_exp(_ x: Double) -> Double { exp(x) }
@inline(__always) private func c_exp2(_ x: Double) -> Double { exp2(x) }
@inline(__always) private func c_expm1(_ x: Double) -> Double { expm1(x) }
@inline(__always) private func c_log(_ x: Double) -> Double { log(x) }
@inline(__always) private func c_log2(_ x: Double) -> Double { log2(x) }
@inline(__always) private func c_log10(_ x: Double) -> Double { log10(x) }
@inline(__always) private func c_log1p(_ x: Double) -> Double { log1p(x) }
@inline(__always) private func c_sin(_ x: Double) -> Double { sin(x) }
@inline(__always) private func c_cos(_ x: Double) -> Double { cos(x) }
@inline(__always) private func c_tan(_ x: Double) -> Double { tan(x) }
@inline(__always) private func c_asin(_ x: Double) -> Double { asin(x) }
@inline(__always) private func c_acos(_ x: Double) -> Double { acos(x) }
@inline(__always) private func c_atan(_ x: Double) -> Double { atan(x) }
@inline(__always) private func c_sinh(_ x: Double) -> Double { sinh(x) }
@inline(__always) private func c_cosh(_ x: Double) -> Double { cosh(x) }
@inline(__always) private func c_tanh(_ x: Double) -> Double { tanh(x) }
@inline(__always) private func c_asinh(_ x: Double) -> Double { asinh(x) }
@inline(__always) private func c_acosh(_ x: Double) -> Double { acosh(x) }
@inline(__always) private func c_atanh(_ x: Double) -> Double { atanh(x) }
@inline(__always) private func c_erf(_ x: Double) -> Double { erf(x) }
@inline(__always) private func c_erfc(_ x: Double) -> Double { erfc(x) }
@inline(__always) private func c_lgamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}
@inline(__always) private func c_fmod(_ x: Double, _ y: Double) -> Double { fmod(x, y) }
@inline(__always) private func c_pow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
@inline(__always) private func c_fmax(_ x: Double, _ y: Double) -> Double { fmax(x, y) }
@inline(__always) private func c_fmin(_ x: Double, _ y: Double) -> Double { fmin(x, y) }
@inline(__always) private func c_atan2(_ x: Double, _ y: Double) -> Double { atan2(x, y) }
@inline(__always) private func c_hypot(_ x: Double, _ y: Double) -> Double { hypot(x, y) }
@inline(__always) private func c_copysign(_ x: Double, _ y: Double) -> Double { copysign(x, y) }

enum libm {
  @inline(__always) static func exp(_ x: Double) -> Double { c_exp(x) }
  @inline(__always) static func exp2(_ x: Double) -> Double { c_exp2(x) }
  @inline(__always) static func expm1(_ x: Double) -> Double { c_expm1(x) }
  @inline(__always) static func log(_ x: Double) -> Double { c_log(x) }
  @inline(__always) static func log2(_ x: Double) -> Double { c_log2(x) }
  @inline(__always) static func log10(_ x: Double) -> Double { c_log10(x) }
  @inline(__always) static func log1p(_ x: Double) -> Double { c_log1p(x) }
  @inline(__always) static func sin(_ x: Double) -> Double { c_sin(x) }
  @inline(__always) static func cos(_ x: Double) -> Double { c_cos(x) }
  @inline(__always) static func tan(_ x: Double) -> Double { c_tan(x) }
  @inline(__always) static func asin(_ x: Double) -> Double { c_asin(x) }
  @inline(__always) static func acos(_ x: Double) -> Double { c_acos(x) }
  @inline(__always) static func atan(_ x: Double) -> Double { c_atan(x) }
  @inline(__always) static func sinh(_ x: Double) -> Double { c_sinh(x) }
  @inline(__always) static func cosh(_ x: Double) -> Double { c_cosh(x) }
  @inline(__always) static func tanh(_ x: Double) -> Double { c_tanh(x) }
  @inline(__always) static func asinh(_ x: Double) -> Double { c_asinh(x) }
  @inline(__always) static func acosh(_ x: Double) -> Double { c_acosh(x) }
  @inline(__always) static func atanh(_ x: Double) -> Double { c_atanh(x) }
  @inline(__always) static func erf(_ x: Double) -> Double { c_erf(x) }
  @inline(__always) static func erfc(_ x: Double) -> Double { c_erfc(x) }
  @inline(__always) static func lgamma(_ x: Double) -> Double { c_lgamma(x) }
  @inline(__always) static func fmod(_ x: Double, _ y: Double) -> Double { c_fmod(x, y) }
  @inline(__always) static func pow(_ x: Double, _ y: Double) -> Double { c_pow(x, y) }
  @inline(__always) static func fmax(_ x: Double, _ y: Double) -> Double { c_fmax(x, y) }
  @inline(__always) static func fmin(_ x: Double, _ y: Double) -> Double { c_fmin(x, y) }
  @inline(__always) static func atan2(_ x: Double, _ y: Double) -> Double { c_atan2(x, y) }
  @inline(__always) static func hypot(_ x: Double, _ y: Double) -> Double { c_hypot(x, y) }
  @inline(__always) static func copysign(_ x: Double, _ y: Double) -> Double { c_copysign(x, y) }
}
