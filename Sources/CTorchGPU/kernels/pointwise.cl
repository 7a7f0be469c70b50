// One element for each element. A program is made for one op and dtype: RESULT is one of the macros below, X the dtype of the
// operands, O that of the result, OPERANDS how many there are, and CHECKS_DIVISOR whether zero is looked for. The host gives the macro's
// whole name, since compilers have macros of their own named like functions.

typedef PARAMETER(X) P;

#if !IS_FLOAT(X)

/// As the processor's: cut off towards zero; what is out of range becomes the nearest, NaN 0.
DEVICE i64 whole(W x) {
  if (x != x) return 0;
  if (x >= 9223372036854775808.0f) return 9223372036854775807L;
  if (x <= -9223372036854775808.0f) return -9223372036854775807L - 1;
  return (i64)x;
}
DEVICE i64 whole_quotient(i64 x, i64 y) { return y == 0 ? 0 : y == -1 ? (i64)(0 - (u64)x) : x / y; }
DEVICE i64 whole_rest(i64 x, i64 y) { return y == 0 || y == -1 ? 0 : x % y; }
DEVICE i64 whole_floor_divide(i64 x, i64 y) {
  i64 quotient = whole_quotient(x, y), rest = whole_rest(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? quotient - 1 : quotient;
}
DEVICE i64 whole_remainder(i64 x, i64 y) {
  i64 rest = whole_rest(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
/// Negative exponents give 0 but for the bases 1 and -1.
DEVICE i64 whole_power(i64 base, i64 exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  u64 result = 1, factor = (u64)base;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= factor;
    factor *= factor;
  }
  return (i64)result;
}
DEVICE i64 whole_gcd(i64 x, i64 y) {
  u64 a = x < 0 ? 0 - (u64)x : (u64)x, b = y < 0 ? 0 - (u64)y : (u64)y;
  while (b != 0) {
    u64 rest = a % b;
    a = b;
    b = rest;
  }
  return (i64)a;
}
DEVICE i64 whole_lcm(i64 x, i64 y) {
  i64 common = whole_gcd(x, y);
  if (common == 0) return 0;
  i64 product = (i64)((u64)(x / common) * (u64)y);
  return product < 0 ? (i64)(0 - (u64)product) : product;
}

#define UNARY_neg (i64)(0 - (u64)x)
#define UNARY_abs (x < 0 ? (i64)(0 - (u64)x) : x)
#define UNARY_sign ((x > 0) - (x < 0))
#define UNARY_square (i64)((u64)x * (u64)x)
#define UNARY_relu (x < 0 ? 0 : x)
#define UNARY_leakyRelu (x > 0 ? x : whole((W)x * a))
#define UNARY_clamp (x < whole(a) ? (whole(a) > whole(b) ? whole(b) : whole(a)) : x > whole(b) ? whole(b) : x)
#define UNARY_threshold ((W)x <= a ? whole(b) : x)
#define UNARY_powScalar whole_power(x, whole(a))
#define UNARY_addScalar (i64)((u64)x + (u64)whole(a))
#define UNARY_mulScalar (i64)((u64)x * (u64)whole(a))
#if IS_BOOL(X)
#define UNARY_bitwiseNot (x == 0)
#else
#define UNARY_bitwiseNot (~x)
#endif
#define UNARY_floor x
#define UNARY_ceil x
#define UNARY_round x
#define UNARY_trunc x
#define UNARY_frac 0

#define TEST_isnan 0
#define TEST_isinf 0
#define TEST_isfinite 1
#define TEST_signbit (x < 0)
#define TEST_logicalNot (x == 0)

#define BINARY_add (i64)((u64)x + (u64)y * (u64)whole(alpha))
#define BINARY_sub (i64)((u64)x - (u64)y * (u64)whole(alpha))
#define BINARY_mul (i64)((u64)x * (u64)y)
#define BINARY_div whole_quotient(x, y)
#define BINARY_floorDivide whole_floor_divide(x, y)
#define BINARY_truncDivide whole_quotient(x, y)
#define BINARY_remainder whole_remainder(x, y)
#define BINARY_fmod whole_rest(x, y)
#define BINARY_pow whole_power(x, y)
#define BINARY_maximum (x > y ? x : y)
#define BINARY_minimum (x < y ? x : y)
#define BINARY_fmax (x > y ? x : y)
#define BINARY_fmin (x < y ? x : y)
#define BINARY_bitwiseAnd (x & y)
#define BINARY_bitwiseOr (x | y)
#define BINARY_bitwiseXor (x ^ y)
#define BINARY_leftShift (y < 0 || y >= 64 ? 0 : (i64)((u64)x << y))
#define BINARY_rightShift (y < 0 || y >= 64 ? (x < 0 ? -1 : 0) : x >> y)
#define BINARY_heaviside (x == 0 ? y : (x > 0 ? 1 : 0))
#define BINARY_gcd whole_gcd(x, y)
#define BINARY_lcm whole_lcm(x, y)

#else

#define HALF ((T)0.5f)
#define ONE ((T)1)
#if IS_DOUBLE(X)
#define PI_T 3.14159265358979323846
#define ROOT_HALF 0.70710678118654752440
#define ROOT_2_BY_PI 0.79788456080286535588
#define ROOT_1_BY_2PI 0.39894228040143267794
#else
#define PI_T 3.14159265358979323846f
#define ROOT_HALF 0.70710678118654752440f
#define ROOT_2_BY_PI 0.79788456080286535588f
#define ROOT_1_BY_2PI 0.39894228040143267794f
#endif

DEVICE T larger(T x, T y) { return x != x || x > y ? x : y; }
DEVICE T smaller(T x, T y) { return x != x || x < y ? x : y; }
DEVICE T magnitude(T x) { return fabs(x); }
/// Exactly 1 where it is nearer to 1 than a number can say, which not every compiler's own is.
DEVICE T hyperbolic_tangent(T x) { return magnitude(x) > (T)20 ? copysign(ONE, x) : tanh(x); }
DEVICE T logistic(T x) { return ONE / (ONE + exp(-x)); }
DEVICE T log_add_exp(T x, T y) {
  if (x == y && magnitude(x) == INFINITY_T) return x;
  return larger(x, y) + log1p(exp(-magnitude(x - y)));
}
DEVICE T log_add_exp2(T x, T y) {
  if (x == y && magnitude(x) == INFINITY_T) return x;
  return larger(x, y) + log2(ONE + exp2(-magnitude(x - y)));
}
DEVICE T float_remainder(T x, T y) {
  if (y == 0) return NAN_T;
  T rest = fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
/// Floor division, exact where the plain quotient would round up to the next whole number.
DEVICE T float_floor_divide(T x, T y) {
  if (y == 0) return x / y;
  T rest = fmod(x, y), quotient = (x - rest) / y;
  if (rest != 0 && (rest < 0) != (y < 0)) quotient -= ONE;
  if (quotient == 0) return copysign((T)0, x / y);
  T below = floor(quotient);
  return quotient - below > HALF ? below + ONE : below;
}
DEVICE T to_unit(T x) {
  T y = x + (T)3;
  y = y < 0 ? (T)0 : y > (T)6 ? (T)6 : y;
  return y / (T)6;
}

#define UNARY_neg (-x)
#define UNARY_abs fabs(x)
#define UNARY_sign ((T)((x > 0) - (x < 0)))
#define UNARY_square (x * x)
#define UNARY_sqrt sqrt(x)
#define UNARY_rsqrt (ONE / sqrt(x))
#define UNARY_reciprocal (ONE / x)
#define UNARY_exp exp(x)
#define UNARY_exp2 exp2(x)
#define UNARY_expm1 expm1(x)
#define UNARY_log log(x)
#define UNARY_log2 log2(x)
#define UNARY_log10 log10(x)
#define UNARY_log1p log1p(x)
#define UNARY_sin sin(x)
#define UNARY_cos cos(x)
#define UNARY_tan tan(x)
#define UNARY_asin asin(x)
#define UNARY_acos acos(x)
#define UNARY_atan atan(x)
#define UNARY_sinh sinh(x)
#define UNARY_cosh cosh(x)
#define UNARY_tanh hyperbolic_tangent(x)
#define UNARY_asinh asinh(x)
#define UNARY_acosh acosh(x)
#define UNARY_atanh atanh(x)
#define UNARY_erf erf(x)
#define UNARY_erfc erfc(x)
#define UNARY_lgamma (magnitude(x) == INFINITY_T ? INFINITY_T : lgamma(x))
#define UNARY_floor floor(x)
#define UNARY_ceil ceil(x)
#define UNARY_round rint(x)
#define UNARY_trunc trunc(x)
#define UNARY_frac (x - trunc(x))
#define UNARY_sigmoid logistic(x)
#define UNARY_logSigmoid ((x < 0 ? x : x != x ? x : (T)0) - log1p(exp(-magnitude(x))))
#define UNARY_relu (x <= 0 ? (T)0 : x)
#define UNARY_leakyRelu (x > 0 ? x : x * (T)a)
#define UNARY_elu (x > 0 ? x : expm1(x) * (T)a)
#define UNARY_gelu (x * HALF * (ONE + erf(x * ROOT_HALF)))
#define UNARY_geluTanh (HALF * x * (ONE + hyperbolic_tangent(ROOT_2_BY_PI * (x + (T)0.044715 * x * x * x))))
#define UNARY_silu (x / (ONE + exp(-x)))
#define UNARY_softplus (x * (T)a > (T)b ? x : log1p(exp(x * (T)a)) / (T)a)
#define UNARY_mish (x * hyperbolic_tangent(x > (T)20 ? x : log1p(exp(x))))
#define UNARY_clamp (x != x ? x : x < (T)a ? ((T)a > (T)b ? (T)b : (T)a) : x > (T)b ? (T)b : x)
#define UNARY_hardswish (x * to_unit(x))
#define UNARY_hardsigmoid (x != x ? x : to_unit(x))
#define UNARY_softsign (x / (ONE + magnitude(x)))
#define UNARY_threshold (x <= (T)a ? (T)b : x)
#define UNARY_powScalar pow(x, (T)a)
#define UNARY_addScalar (x + (T)a)
#define UNARY_mulScalar (x * (T)a)

#define TEST_isnan (x != x)
#define TEST_isinf (magnitude(x) == INFINITY_T)
#define TEST_isfinite (magnitude(x) < INFINITY_T)
#if IS_DOUBLE(X)
#define TEST_signbit (AS_LONG(x) < 0)
#else
#define TEST_signbit ((i32)AS_UINT(x) < 0)
#endif
#define TEST_logicalNot (x == 0)

#define BINARY_add (x + (T)alpha * y)
#define BINARY_sub (x - (T)alpha * y)
#define BINARY_mul (x * y)
#define BINARY_div (x / y)
#define BINARY_floorDivide float_floor_divide(x, y)
#define BINARY_truncDivide trunc(x / y)
#define BINARY_remainder float_remainder(x, y)
#define BINARY_fmod fmod(x, y)
#define BINARY_pow pow(x, y)
#define BINARY_maximum larger(x, y)
#define BINARY_minimum smaller(x, y)
#define BINARY_fmax fmax(x, y)
#define BINARY_fmin fmin(x, y)
#define BINARY_atan2 atan2(x, y)
#define BINARY_hypot hypot(x, y)
#define BINARY_copysign copysign(x, y)
#define BINARY_logaddexp log_add_exp(x, y)
#define BINARY_logaddexp2 log_add_exp2(x, y)
#define BINARY_xlogy (y != y ? y : x == 0 ? (T)0 : x * log(y))
#define BINARY_xlog1py (y != y ? y : x == 0 ? (T)0 : x * log1p(y))
#define BINARY_tanhBackward (x * (ONE - y * y))
#define BINARY_sigmoidBackward (x * (ONE - y) * y)
#define BINARY_reluBackward (y <= 0 ? (T)0 : x)
#define BINARY_geluBackward \
  (x * (HALF * (ONE + erf(y * ROOT_HALF)) + y * exp(-HALF * y * y) * ROOT_1_BY_2PI))
#define BINARY_siluBackward (x * logistic(y) * (ONE + y * (ONE - logistic(y))))
#define BINARY_heaviside (x == 0 ? y : (T)(x > 0 ? 1 : 0))

#endif

#define COMPARE_eq (x == y)
#define COMPARE_ne (x != y)
#define COMPARE_lt (x < y)
#define COMPARE_le (x <= y)
#define COMPARE_gt (x > y)
#define COMPARE_ge (x >= y)
#define COMPARE_logicalAnd (x != 0 && y != 0)
#define COMPARE_logicalOr (x != 0 || y != 0)
#define COMPARE_logicalXor ((x != 0) != (y != 0))

#if OPERANDS == 1

DEVICE NUMBER(O) applied(T x, P a, P b) { return (NUMBER(O))(RESULT); }

KERNEL pointwise_row(i64 count, P a, P b, IN(X, x), OUT(O, o)) {
  EACH(i, count) STORE(O, o, o_from + i, applied(LOAD(X, x, x_from + i), a, b));
}

KERNEL pointwise(i64 count, SIZES(sizes), P a, P b, IN(X, x), STRIDES(along_x), OUT(O, o), STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_x = x_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_o += at * along_o.stride[d]));
    STORE(O, o, at_o, applied(LOAD(X, x, at_x), a, b));
  }
}

#else

DEVICE NUMBER(O) applied(T x, T y, P alpha, GLOBAL i32 *trouble) {
#if CHECKS_DIVISOR
  if (y == 0) report(trouble, DIVISION_BY_ZERO, 0, 0, 0);
#endif
  return (NUMBER(O))(RESULT);
}

KERNEL pointwise_row(i64 count, P alpha, IN(X, x), IN(X, y), OUT(O, o), GLOBAL i32 *trouble) {
  EACH(i, count) STORE(O, o, o_from + i, applied(LOAD(X, x, x_from + i), LOAD(X, y, y_from + i), alpha, trouble));
}

KERNEL pointwise(
  i64 count, SIZES(sizes), P alpha, IN(X, x), STRIDES(along_x), IN(X, y), STRIDES(along_y), OUT(O, o), STRIDES(along_o),
  GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_y);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_x = x_from, at_y = y_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_y += at * along_y.stride[d],
                               at_o += at * along_o.stride[d]));
    STORE(O, o, at_o, applied(LOAD(X, x, at_x), LOAD(X, y, at_y), alpha, trouble));
  }
}

/// One operand is a plain number, the first where `first`.
KERNEL pointwise_number(
  i64 count, SIZES(sizes), P alpha, T number, i32 first, IN(X, x), STRIDES(along_x), OUT(O, o), STRIDES(along_o),
  GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_x = x_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_o += at * along_o.stride[d]));
    T value = LOAD(X, x, at_x);
    STORE(O, o, at_o, first ? applied(number, value, alpha, trouble) : applied(value, number, alpha, trouble));
  }
}

#endif
