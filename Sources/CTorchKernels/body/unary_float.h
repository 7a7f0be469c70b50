// Unary kernels of float32 and float64, and the tests on them.

// The machine's own square root takes twice as long as an estimate that two steps make exact: of all 2^32 numbers none
// differs. Steps lose bits of the smallest numbers, and have nothing to start from at 0, at infinity and below 0.
TK_INLINE VF f32_row_root(VF x) {
#if TK_LEVEL == 2
  VUI bits = (VUI)x - 0x0d800000u;
  if (__builtin_expect(!__builtin_reduce_or((VI)(bits >= 0x7f800000u - 0x0d800000u)), 1)) {
    VF y = (VF)_mm512_rsqrt14_ps((__m512)x), s = x * y, h = 0.5f * y, r = FMA(-s, h, (VF)0.5f);
    s = FMA(s, r, s);
    h = FMA(h, r, h);
    return FMA(FMA(-s, s, x), h, s);
  }
#endif
  return __builtin_elementwise_sqrt(x);
}
TK_INLINE VD f64_row_root(VD x) { return __builtin_elementwise_sqrt(x); }

#define REAL_T float
#define REAL_V VF
#define REAL_I VI
#define REAL_NAME(name) f32_row_##name
#define REAL_TEST(name) f32_test_##name
#define REAL_BYTES TK_VECTOR(char, TK_VB / 4)
#include "unary_real.h"
#define REAL_T double
#define REAL_V VD
#define REAL_I VL
#define REAL_NAME(name) f64_row_##name
#define REAL_TEST(name) f64_test_##name
#define REAL_BYTES TK_VECTOR(char, TK_VB / 8)
#include "unary_real.h"

#define NOTHING (void)0
#define F32_ROW(name, SETUP, EXPR) TK_UNARY_ROW(f32_row_##name, float, VF, float, VF, SETUP, EXPR)
#define F32_PLAIN(name) F32_ROW(name, NOTHING, f32_##name(x))
F32_PLAIN(exp)
F32_PLAIN(exp2)
F32_PLAIN(expm1)
F32_PLAIN(log)
F32_PLAIN(log2)
F32_PLAIN(log10)
F32_PLAIN(log1p)
F32_PLAIN(sin)
F32_PLAIN(cos)
F32_PLAIN(tan)
F32_PLAIN(asin)
F32_PLAIN(acos)
F32_PLAIN(atan)
F32_PLAIN(sinh)
F32_PLAIN(cosh)
F32_PLAIN(tanh)
F32_PLAIN(asinh)
F32_PLAIN(acosh)
F32_PLAIN(atanh)
F32_PLAIN(erf)
F32_PLAIN(erfc)
F32_PLAIN(sigmoid)
F32_PLAIN(mish)
F32_ROW(logSigmoid, NOTHING, SEL(x < 0.0f, x, f32_splat(0.0f)) - f32_log1p_inner(f32_exp_fine(-f32_abs(x), f32_splat(0.0f))))
F32_ROW(elu, float alpha = (float)a, SEL(x <= 0.0f, alpha * f32_expm1(x), x))
F32_ROW(gelu, NOTHING, x * f32_normal_cdf(x))
F32_ROW(geluTanh, NOTHING, 0.5f * x * (1.0f + f32_tanh(0.797884561f * (x + 0.044715f * x * x * x))))
F32_PLAIN(silu)
F32_ROW(
  softplus, float beta = (float)a; float limit = (float)b,
  SEL(x * beta > limit, x, f32_softplus(x * beta) / beta))
F32_ROW(powAny, float exponent = (float)a, f32_pow(x, f32_splat(exponent)))
F32_ROW(powCube, NOTHING, x *x *x)
F32_ROW(powInverseSquare, NOTHING, 1.0f / (x * x))
F32_ROW(powOne, NOTHING, x)

// The exponents that have a better way, as PyTorch takes it.
static void f32_row_powScalar(ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx, double a, double b) {
  tk_unary_fn f = f32_row_powAny;
  if (a == 2) f = f32_row_square;
  else if (a == 0.5) f = f32_row_sqrt;
  else if (a == 3) f = f32_row_powCube;
  else if (a == 1) f = f32_row_powOne;
  else if (a == -1) f = f32_row_reciprocal;
  else if (a == -0.5) f = f32_row_rsqrt;
  else if (a == -2) f = f32_row_powInverseSquare;
  f(n, out, so, x, sx, a, b);
}

#define REAL_COMMON(X) \
  X(neg) X(abs) X(sign) X(square) X(sqrt) X(rsqrt) X(reciprocal) X(floor) X(ceil) X(round) X(trunc) X(frac) X(relu) \
  X(leakyRelu) X(clamp) X(hardswish) X(hardsigmoid) X(softsign) X(threshold) X(addScalar) X(mulScalar)
#define F32_OWN(X) \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) \
  X(tanh) X(asinh) X(acosh) X(atanh) X(erf) X(erfc) X(sigmoid) X(mish) X(logSigmoid) X(elu) X(gelu) X(geluTanh) X(silu) \
  X(softplus) X(powScalar)

tk_unary_fn TK_ISA(tk_unary_float)(int kernel, tk_dtype dtype) {
#define F32_ENTRY(name) [TK_UNARY_##name] = f32_row_##name,
#define F64_ENTRY(name) [TK_UNARY_##name] = f64_row_##name,
  static const tk_unary_fn f32[TK_UNARY_COUNT] = {REAL_COMMON(F32_ENTRY) F32_OWN(F32_ENTRY)};
  static const tk_unary_fn f64[TK_UNARY_COUNT] = {REAL_COMMON(F64_ENTRY)};
  return dtype == TK_FLOAT32 ? f32[kernel] : dtype == TK_FLOAT64 ? f64[kernel] : NULL;
}

tk_unary_fn TK_ISA(tk_unary_test)(int kernel, tk_dtype dtype) {
#define F32_TEST_ENTRY(name) [TK_UNARY_TEST_##name] = f32_test_##name,
#define F64_TEST_ENTRY(name) [TK_UNARY_TEST_##name] = f64_test_##name,
  static const tk_unary_fn f32[TK_UNARY_TEST_COUNT] = {TK_UNARY_TEST_LIST(F32_TEST_ENTRY)};
  static const tk_unary_fn f64[TK_UNARY_TEST_COUNT] = {TK_UNARY_TEST_LIST(F64_TEST_ENTRY)};
  return dtype == TK_FLOAT32 ? f32[kernel] : dtype == TK_FLOAT64 ? f64[kernel] : NULL;
}
