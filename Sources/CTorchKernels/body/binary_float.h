// Binary kernels of float32 and float64.

#define NO_SETUP (void)0
#define NAN_HIGH(x, y) SEL(((x) > (y)) | ((x) != (x)), x, y)
#define NAN_LOW(x, y) SEL(((x) < (y)) | ((x) != (x)), x, y)
#define REAL_BINARIES(P, T, V) \
  TK_BINARY_ROW(P##add, T, V, T, V, T scale = (T)alpha, FMA((V)scale, y, x)) \
  TK_BINARY_ROW(P##sub, T, V, T, V, T scale = -(T)alpha, FMA((V)scale, y, x)) \
  TK_BINARY_ROW(P##mul, T, V, T, V, NO_SETUP, x *y) \
  TK_BINARY_ROW(P##div, T, V, T, V, NO_SETUP, x / y) \
  TK_BINARY_ROW(P##truncDivide, T, V, T, V, NO_SETUP, __builtin_elementwise_trunc(x / y)) \
  TK_BINARY_ROW(P##maximum, T, V, T, V, NO_SETUP, NAN_HIGH(x, y)) \
  TK_BINARY_ROW(P##minimum, T, V, T, V, NO_SETUP, NAN_LOW(x, y)) \
  TK_BINARY_ROW(P##fmax, T, V, T, V, NO_SETUP, SEL((x >= y) | (y != y), x, y)) \
  TK_BINARY_ROW(P##fmin, T, V, T, V, NO_SETUP, SEL((x <= y) | (y != y), x, y)) \
  TK_BINARY_ROW(P##copysign, T, V, T, V, NO_SETUP, __builtin_elementwise_copysign(x, y)) \
  TK_BINARY_ROW(P##tanhBackward, T, V, T, V, NO_SETUP, x *((T)1 - y * y)) \
  TK_BINARY_ROW(P##sigmoidBackward, T, V, T, V, NO_SETUP, x *((T)1 - y) * y) \
  TK_BINARY_ROW(P##reluBackward, T, V, T, V, NO_SETUP, SEL(y <= (T)0, (V)(T)0, x))
REAL_BINARIES(f32_pair_, float, VF)
REAL_BINARIES(f64_pair_, double, VD)

#define F32_PAIR(name, EXPR) TK_BINARY_ROW(f32_pair_##name, float, VF, float, VF, NO_SETUP, EXPR)
F32_PAIR(pow, f32_pow(x, y))
F32_PAIR(atan2, f32_atan2(x, y))
F32_PAIR(hypot, f32_hypot(x, y))
F32_PAIR(logaddexp, f32_logaddexp(x, y))
F32_PAIR(logaddexp2, f32_logaddexp2(x, y))
F32_PAIR(xlogy, f32_xlogy(x, y))
F32_PAIR(fmod, f32_fmod(x, y))
F32_PAIR(remainder, f32_remainder(x, y))
F32_PAIR(floorDivide, f32_floor_divide(x, y))
F32_PAIR(geluBackward, x *(f32_normal_cdf(y) + y * (0.398942280f * f32_exp(-0.5f * y * y))))

TK_INLINE VF f32_silu_slope(VF x) {
  VF s = f32_sigmoid(x);
  return s * (1.0f + x * (1.0f - s));
}
F32_PAIR(siluBackward, x *f32_silu_slope(y))

#define REAL_PAIRS(X) \
  X(add) X(sub) X(mul) X(div) X(truncDivide) X(maximum) X(minimum) X(fmax) X(fmin) X(copysign) X(tanhBackward) \
  X(sigmoidBackward) X(reluBackward)
#define F32_PAIRS(X) X(pow) X(atan2) X(hypot) X(logaddexp) X(logaddexp2) X(xlogy) X(fmod) X(remainder) \
  X(floorDivide) X(geluBackward) X(siluBackward)

tk_binary_fn TK_ISA(tk_binary_float)(int kernel, tk_dtype dtype) {
#define F32_PAIR_ENTRY(name) [TK_BINARY_##name] = f32_pair_##name,
#define F64_PAIR_ENTRY(name) [TK_BINARY_##name] = f64_pair_##name,
  static const tk_binary_fn f32[TK_BINARY_COUNT] = {REAL_PAIRS(F32_PAIR_ENTRY) F32_PAIRS(F32_PAIR_ENTRY)};
  static const tk_binary_fn f64[TK_BINARY_COUNT] = {REAL_PAIRS(F64_PAIR_ENTRY)};
  return dtype == TK_FLOAT32 ? f32[kernel] : dtype == TK_FLOAT64 ? f64[kernel] : NULL;
}
