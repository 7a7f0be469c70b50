// Scalar kernels over libm: float64 functions, and the float32 ones that have no vector form.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "internal.h"

#pragma STDC FP_CONTRACT OFF

// Not declared under strict C; unlike lgamma it keeps no global sign.
extern double lgamma_r(double, int *);

#define LIBM_PI 3.14159265358979323846

static double scalar_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

static double scalar_digamma(double x) {
  if (x == 0) return copysign(INFINITY, -x);
  if (x == INFINITY) return x;
  double sum = 0;
  if (x < 0) {
    double whole, fraction = modf(x, &whole);
    if (fraction == 0 || x == -INFINITY) return NAN;
    sum = -LIBM_PI / tan(LIBM_PI * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum -= 1 / x;
  // The asymptotic series: Bernoulli numbers over even powers.
  double s = 1 / (x * x);
  double tail = 1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132 - s * (691.0 / 32760)))));
  return sum + log(x) - 0.5 / x - s * tail;
}

static double scalar_trigamma(double x) {
  if (x == -INFINITY) return NAN;
  if (x == INFINITY) return 0;
  double sum = 0, sign = 1;
  if (x < 0.5) {
    // Reflection; infinite at the poles.
    double s = sin(LIBM_PI * x);
    sum = -LIBM_PI * LIBM_PI / (s * s);
    if (x == 0 || (x < 0 && x == floor(x))) return INFINITY;
    sign = -1;
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum += 1 / (x * x);
  double s = 1 / (x * x);
  double tail = 1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66 - s * (691.0 / 2730)))));
  return sign * (sum + (1 + 0.5 / x + s * tail) / x);
}

static double scalar_erfinv(double x) {
  double a = fabs(x);
  if (!(a < 1)) return a == 1 ? copysign(INFINITY, x) : NAN;
  if (a < 1e-9) return x * 0.88622692545275801;
  // A coarse start, then three steps of third order on erf, or on erfc where erf is flat.
  double l = log1p(-a * a), h = 2 / (LIBM_PI * 0.147) + 0.5 * l;
  double t = sqrt(sqrt(h * h - l / 0.147) - h);
  for (int step = 0; step < 3; step++) {
    double f = a > 0.5 ? (1 - a) - erfc(t) : erf(t) - a;
    double u = f / (1.12837916709551257 * exp(-t * t));
    t -= u / (1 + u * t);
  }
  return copysign(t, x);
}

static double scalar_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double scalar_normal_cdf(double x) { return 0.5 * (1 + erf(x * 0.70710678118654752)); }
static double scalar_softplus(double x) { return (x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }

// x is the item; a and b the parameters.
#define SCALAR_UNARY(name, T, EXPR) \
  static void name(ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, double a, double b) { \
    (void)a; \
    (void)b; \
    char *o = out; \
    const char *p = in; \
    for (ptrdiff_t i = 0; i < n; i++, o += so, p += sx) { \
      T x; \
      memcpy(&x, p, sizeof(T)); \
      T result = (T)(EXPR); \
      memcpy(o, &result, sizeof(T)); \
    } \
  }
#define SCALAR_F64(X) \
  X(exp, exp(x)) X(exp2, exp2(x)) X(expm1, expm1(x)) X(log, log(x)) X(log2, log2(x)) X(log10, log10(x)) \
  X(log1p, log1p(x)) X(sin, sin(x)) X(cos, cos(x)) X(tan, tan(x)) X(asin, asin(x)) X(acos, acos(x)) X(atan, atan(x)) \
  X(sinh, sinh(x)) X(cosh, cosh(x)) X(tanh, tanh(x)) X(asinh, asinh(x)) X(acosh, acosh(x)) X(atanh, atanh(x)) \
  X(erf, erf(x)) X(erfc, erfc(x)) X(erfinv, scalar_erfinv(x)) X(lgamma, scalar_lgamma(x)) \
  X(digamma, scalar_digamma(x)) X(trigamma, scalar_trigamma(x)) X(sigmoid, scalar_sigmoid(x)) \
  X(logSigmoid, (x < 0 ? x : 0) - log1p(exp(-fabs(x)))) X(elu, x <= 0 ? a * expm1(x) : x) \
  X(gelu, x * scalar_normal_cdf(x)) \
  X(geluTanh, 0.5 * x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)))) X(silu, x / (1 + exp(-x))) \
  X(softplus, x * a > b ? x : scalar_softplus(x * a) / a) X(mish, x * tanh(scalar_softplus(x))) \
  X(powScalar, a == 2 ? x * x : a == 3 ? x * x * x : a == 0.5 ? sqrt(x) : a == -0.5 ? 1 / sqrt(x) : pow(x, a))
#define SCALAR_F32(X) X(erfinv, scalar_erfinv(x)) X(lgamma, scalar_lgamma(x)) X(digamma, scalar_digamma(x)) \
  X(trigamma, scalar_trigamma(x))
#define DEFINE_F64(name, EXPR) SCALAR_UNARY(f64_##name, double, EXPR)
#define DEFINE_F32(name, EXPR) SCALAR_UNARY(f32_##name, float, EXPR)
SCALAR_F64(DEFINE_F64)
SCALAR_F32(DEFINE_F32)

tk_unary_fn tk_unary_libm(int kernel, tk_dtype dtype) {
#define ENTRY_F64(name, EXPR) [TK_UNARY_##name] = f64_##name,
#define ENTRY_F32(name, EXPR) [TK_UNARY_##name] = f32_##name,
  static const tk_unary_fn f64[TK_UNARY_COUNT] = {SCALAR_F64(ENTRY_F64)};
  static const tk_unary_fn f32[TK_UNARY_COUNT] = {SCALAR_F32(ENTRY_F32)};
  return dtype == TK_FLOAT64 ? f64[kernel] : dtype == TK_FLOAT32 ? f32[kernel] : NULL;
}

// Python's: the remainder has the divisor's sign, and the quotient is the floor that belongs to it.
static double scalar_remainder(double x, double y) {
  double r = fmod(x, y);
  return r != 0 && (y < 0) != (r < 0) ? r + y : r;
}

static double scalar_floor_divide(double x, double y) {
  if (y == 0) return x / y;
  double r = fmod(x, y), quotient = (x - r) / y;
  if (r != 0 && (y < 0) != (r < 0)) quotient -= 1;
  if (quotient == 0) return copysign(0, x / y);
  double whole = floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

static double scalar_logaddexp(double x, double y) {
  if (x == y && isinf(x)) return x;
  return (isnan(x) || x > y ? x : y) + log1p(exp(-fabs(x - y)));
}

static double scalar_logaddexp2(double x, double y) {
  if (x == y && isinf(x)) return x;
  return (isnan(x) || x > y ? x : y) + log1p(exp2(-fabs(x - y))) * 1.44269504088896341;
}

static double scalar_silu_slope(double x) {
  double s = scalar_sigmoid(x);
  return s * (1 + x * (1 - s));
}

#define SCALAR_BINARY(name, T, EXPR) \
  static void name( \
    ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, const void *in2, ptrdiff_t sy, double alpha) { \
    (void)alpha; \
    char *o = out; \
    const char *p = in, *q = in2; \
    for (ptrdiff_t i = 0; i < n; i++, o += so, p += sx, q += sy) { \
      T x, y; \
      memcpy(&x, p, sizeof(T)); \
      memcpy(&y, q, sizeof(T)); \
      T result = (T)(EXPR); \
      memcpy(o, &result, sizeof(T)); \
    } \
  }
#define PAIRS_F64(X) \
  X(floorDivide, scalar_floor_divide(x, y)) X(remainder, scalar_remainder(x, y)) X(fmod, fmod(x, y)) X(pow, pow(x, y)) \
  X(atan2, atan2(x, y)) X(hypot, hypot(x, y)) X(logaddexp, scalar_logaddexp(x, y)) \
  X(logaddexp2, scalar_logaddexp2(x, y)) X(nextafter, nextafter(x, y)) \
  X(xlogy, isnan(y) ? y : x == 0 ? 0 : x * log(y)) \
  X(geluBackward, x * (scalar_normal_cdf(y) + y * (0.39894228040143268 * exp(-0.5 * y * y)))) \
  X(siluBackward, x * scalar_silu_slope(y))
#define PAIRS_F32(X) X(nextafter, nextafterf(x, y))
#define DEFINE_PAIR_F64(name, EXPR) SCALAR_BINARY(f64_pair_##name, double, EXPR)
#define DEFINE_PAIR_F32(name, EXPR) SCALAR_BINARY(f32_pair_##name, float, EXPR)
PAIRS_F64(DEFINE_PAIR_F64)
PAIRS_F32(DEFINE_PAIR_F32)

tk_binary_fn tk_binary_libm(int kernel, tk_dtype dtype) {
#define ENTRY_PAIR_F64(name, EXPR) [TK_BINARY_##name] = f64_pair_##name,
#define ENTRY_PAIR_F32(name, EXPR) [TK_BINARY_##name] = f32_pair_##name,
  static const tk_binary_fn f64[TK_BINARY_COUNT] = {PAIRS_F64(ENTRY_PAIR_F64)};
  static const tk_binary_fn f32[TK_BINARY_COUNT] = {PAIRS_F32(ENTRY_PAIR_F32)};
  return dtype == TK_FLOAT64 ? f64[kernel] : dtype == TK_FLOAT32 ? f32[kernel] : NULL;
}
