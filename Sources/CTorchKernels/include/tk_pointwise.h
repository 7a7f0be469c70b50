// Pointwise kernels over one row. Strides are in bytes and may be zero or negative; an output may be exactly an input.
// A lookup answers NULL where there is no fast kernel.
#pragma once
#include "tk_types.h"

#define TK_UNARY_LIST(X) \
  X(neg) X(abs) X(sign) X(square) X(sqrt) X(rsqrt) X(reciprocal) X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) \
  X(log1p) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(erf) \
  X(erfc) X(erfinv) X(lgamma) X(digamma) X(trigamma) X(floor) X(ceil) X(round) X(trunc) X(frac) X(sigmoid) X(logSigmoid) X(relu) \
  X(leakyRelu) X(elu) X(gelu) X(geluTanh) X(silu) X(softplus) X(mish) X(clamp) X(hardswish) X(hardsigmoid) \
  X(softsign) X(threshold) X(powScalar) X(addScalar) X(mulScalar) X(bitwiseNot) \
  X(logit) X(sinc) X(i0) X(i0e) X(i1) X(i1e) X(erfcx) X(logNdtr) X(ndtri) X(entr) X(polygamma) X(mantissa) \
  X(binaryExponent)

#define TK_UNARY_TEST_LIST(X) X(isnan) X(isinf) X(isfinite) X(signbit) X(logicalNot)

#define TK_BINARY_LIST(X) \
  X(add) X(sub) X(mul) X(div) X(floorDivide) X(truncDivide) X(remainder) X(fmod) X(pow) X(maximum) X(minimum) X(fmax) \
  X(fmin) X(atan2) X(hypot) X(copysign) X(bitwiseAnd) X(bitwiseOr) X(bitwiseXor) X(leftShift) X(rightShift) \
  X(logaddexp) X(logaddexp2) X(nextafter) X(xlogy) X(tanhBackward) X(sigmoidBackward) X(reluBackward) \
  X(geluBackward) X(siluBackward) X(xlog1py) X(zeta) X(ldexp) X(heaviside) X(gcd) X(lcm)

#define TK_COMPARE_LIST(X) X(eq) X(ne) X(lt) X(le) X(gt) X(ge) X(logicalAnd) X(logicalOr) X(logicalXor)

#define TK_ENUM_CASE_(name) TK_UNARY_##name,
typedef enum tk_unary_kernel { TK_UNARY_LIST(TK_ENUM_CASE_) TK_UNARY_COUNT } tk_unary_kernel;
#undef TK_ENUM_CASE_
#define TK_ENUM_CASE_(name) TK_UNARY_TEST_##name,
typedef enum tk_unary_test_kernel { TK_UNARY_TEST_LIST(TK_ENUM_CASE_) TK_UNARY_TEST_COUNT } tk_unary_test_kernel;
#undef TK_ENUM_CASE_
#define TK_ENUM_CASE_(name) TK_BINARY_##name,
typedef enum tk_binary_kernel { TK_BINARY_LIST(TK_ENUM_CASE_) TK_BINARY_COUNT } tk_binary_kernel;
#undef TK_ENUM_CASE_
#define TK_ENUM_CASE_(name) TK_COMPARE_##name,
typedef enum tk_compare_kernel { TK_COMPARE_LIST(TK_ENUM_CASE_) TK_COMPARE_COUNT } tk_compare_kernel;
#undef TK_ENUM_CASE_

/// out[i] = f(x[i]); `a` and `b` are the kernel's parameters (leakyRelu slope, elu alpha, softplus beta and threshold,
/// clamp min and max with infinities for an absent bound, threshold and its value, powScalar/addScalar/mulScalar operand).
typedef void (*tk_unary_fn)(
  ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx, double a, double b);
/// out[i] = f(x[i], y[i]); `alpha` scales y in add and sub.
typedef void (*tk_binary_fn)(
  ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy, double alpha);
/// out[i] = f(x[i], y[i]); 0 where some y[i] is 0, and the rest is not computed then.
typedef int (*tk_division_fn)(
  ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy);
/// out[i] = condition[i] ? x[i] : y[i]
typedef void (*tk_select_fn)(
  ptrdiff_t n, void *out, ptrdiff_t so, const void *condition, ptrdiff_t sc, const void *x, ptrdiff_t sx,
  const void *y, ptrdiff_t sy);

/// The output has the input's type.
tk_unary_fn tk_unary(tk_unary_kernel kernel, tk_dtype dtype);
/// The output is bool, one byte.
tk_unary_fn tk_unary_test(tk_unary_test_kernel kernel, tk_dtype dtype);
/// The output has the inputs' type.
tk_binary_fn tk_binary(tk_binary_kernel kernel, tk_dtype dtype);
/// Of int32 and int64: div and truncDivide, floorDivide, remainder, fmod.
tk_division_fn tk_division(tk_binary_kernel kernel, tk_dtype dtype);
/// The output is bool, one byte.
tk_binary_fn tk_compare(tk_compare_kernel kernel, tk_dtype dtype);
/// By item size: 1, 2, 4 or 8 bytes.
tk_select_fn tk_select(ptrdiff_t item_size);

/// A float32 row on a row of a half type: widened block by block, one rounding at the end. For tests and comparisons, whose
/// output is bool, `narrow` is 0.
void tk_unary_half(
  tk_unary_fn row, tk_dtype half, int narrow, ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx,
  double a, double b);
/// The types of x and y are `half` or TK_FLOAT32.
void tk_binary_half(
  tk_binary_fn row, tk_dtype half, int narrow, ptrdiff_t n, void *out, ptrdiff_t so, tk_dtype x_type, const void *x,
  ptrdiff_t sx, tk_dtype y_type, const void *y, ptrdiff_t sy, double alpha);

/// The case names, for tests that compare lists; NULL out of range.
const char *tk_unary_name(int kernel);
const char *tk_unary_test_name(int kernel);
const char *tk_binary_name(int kernel);
const char *tk_compare_name(int kernel);
