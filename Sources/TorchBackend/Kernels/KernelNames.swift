// What a backend can compute, one enum per family. The raw order is that of the C kernels; a test compares the names.

/// One operand, same dtype out. `a` and `b` in the comments are the kernel's parameters.
package enum UnaryKernel: Int32, CaseIterable, Sendable {
  case neg, abs, sign, square, sqrt, rsqrt, reciprocal
  case exp, exp2, expm1, log, log2, log10, log1p
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, erfc, erfinv, lgamma, digamma, trigamma
  case floor, ceil, round, trunc, frac
  case sigmoid, logSigmoid, relu
  case leakyRelu  // a: slope
  case elu  // a: alpha
  case gelu, geluTanh, silu
  case softplus  // a: beta, b: threshold
  case mish
  case clamp  // a: lower bound, b: upper bound; infinite where absent
  case hardswish, hardsigmoid, softsign
  case threshold  // a: threshold, b: value below it
  case powScalar  // a: exponent
  case addScalar, mulScalar  // a: the number
  case bitwiseNot
  case logit  // a: eps, negative for none
  case sinc, i0, i0e, i1, i1e, erfcx, logNdtr, ndtri, entr
  case polygamma  // a: order
  case mantissa, binaryExponent
}

/// One operand, bool out.
package enum TestKernel: Int32, CaseIterable, Sendable {
  case isnan, isinf, isfinite, signbit, logicalNot
}

/// Two operands of one dtype, the same dtype out.
package enum BinaryKernel: Int32, CaseIterable, Sendable {
  case add, sub  // alpha scales the second operand
  case mul, div, floorDivide, truncDivide, remainder, fmod, pow
  case maximum, minimum, fmax, fmin, atan2, hypot, copysign
  case bitwiseAnd, bitwiseOr, bitwiseXor, leftShift, rightShift
  case logaddexp, logaddexp2, nextafter, xlogy
  // Gradients in one pass: (gradient, what was saved).
  case tanhBackward, sigmoidBackward, reluBackward, geluBackward, siluBackward
  case xlog1py, zeta, ldexp, heaviside, gcd, lcm
}

/// Two operands of one dtype, bool out.
package enum CompareKernel: Int32, CaseIterable, Sendable {
  case eq, ne, lt, le, gt, ge, logicalAnd, logicalOr, logicalXor
}

/// Many elements to one.
package enum ReduceKernel: Int32, CaseIterable, Sendable {
  case sum, prod, max, min, any, all
}

/// Running results along one dimension.
package enum ScanKernel: Int32, CaseIterable, Sendable {
  case sum, prod, max, min
  case logaddexp  // floating point
}

/// How a scatter or an indexed write joins a value with what is there.
package enum ScatterMode: Sendable {
  case assign, add, multiply, amax, amin
}
