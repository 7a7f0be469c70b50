// Unary kernels of the integer types. Arithmetic goes through the unsigned twin, so that it wraps.

// The lanes of `TK_VB` bytes by type: T, its vector, its unsigned vector.
#define INTEGER_TYPES(X) \
  X(u8, uint8_t, VUB, VUB, TK_UINT8) \
  X(i8, int8_t, VB, VUB, TK_INT8) \
  X(i16, int16_t, VS, VUS, TK_INT16) \
  X(i32, int32_t, VI, VUI, TK_INT32) \
  X(i64, int64_t, VL, VUL, TK_INT64)

// A double bound as an integer between low and high.
TK_INLINE int64_t integer_bound(double v, int64_t low, int64_t high) {
  return v >= (double)high ? high : v > (double)low ? (int64_t)v : low;
}

#define PASS (void)0
#define INTEGER_UNARY(P, T, V, U, code) \
  TK_UNARY_ROW(P##_row_neg, T, V, T, V, PASS, (V)(-(U)x)) \
  TK_UNARY_ROW(P##_row_abs, T, V, T, V, PASS, (V)SEL(x < (V)0, (V)(-(U)x), x)) \
  TK_UNARY_ROW(P##_row_sign, T, V, T, V, PASS, (V)((V)(x < (V)0) - (V)(x > (V)0))) \
  TK_UNARY_ROW(P##_row_square, T, V, T, V, PASS, (V)((U)x * (U)x)) \
  TK_UNARY_ROW(P##_row_relu, T, V, T, V, PASS, SEL(x > (V)0, x, (V)0)) \
  TK_UNARY_ROW(P##_row_copy, T, V, T, V, PASS, x) \
  TK_UNARY_ROW(P##_row_bitwiseNot, T, V, T, V, PASS, ~x)
INTEGER_TYPES(INTEGER_UNARY)

// Those with a parameter, where a double holds every value of the type.
#define INTEGER_SCALAR(P, T, V, U, low, high) \
  TK_UNARY_ROW( \
    P##_row_clamp, T, V, T, V, V l = (V)(T)integer_bound(a, low, high); V h = (V)(T)integer_bound(b, low, high), \
    __builtin_elementwise_min(__builtin_elementwise_max(x, l), h)) \
  TK_UNARY_ROW(P##_row_addScalar, T, V, T, V, U operand = (U)(T)(int64_t)a, (V)((U)x + operand)) \
  TK_UNARY_ROW(P##_row_mulScalar, T, V, T, V, U operand = (U)(T)(int64_t)a, (V)((U)x *operand))
INTEGER_SCALAR(u8, uint8_t, VUB, VUB, 0, UINT8_MAX)
INTEGER_SCALAR(i8, int8_t, VB, VUB, INT8_MIN, INT8_MAX)
INTEGER_SCALAR(i16, int16_t, VS, VUS, INT16_MIN, INT16_MAX)
INTEGER_SCALAR(i32, int32_t, VI, VUI, INT32_MIN, INT32_MAX)

TK_UNARY_ROW(bool_row_not, uint8_t, VUB, uint8_t, VUB, PASS, (VUB)(x == (VUB)0) & (VUB)1)

tk_unary_fn TK_ISA(tk_unary_integer)(int kernel, tk_dtype dtype) {
#define INTEGER_COMMON_ENTRIES(P) \
  [TK_UNARY_neg] = P##_row_neg, [TK_UNARY_abs] = P##_row_abs, [TK_UNARY_sign] = P##_row_sign, \
  [TK_UNARY_square] = P##_row_square, [TK_UNARY_relu] = P##_row_relu, [TK_UNARY_bitwiseNot] = P##_row_bitwiseNot, \
  [TK_UNARY_floor] = P##_row_copy, [TK_UNARY_ceil] = P##_row_copy, [TK_UNARY_round] = P##_row_copy, \
  [TK_UNARY_trunc] = P##_row_copy
#define INTEGER_SCALAR_ENTRIES(P) \
  [TK_UNARY_clamp] = P##_row_clamp, [TK_UNARY_addScalar] = P##_row_addScalar, \
  [TK_UNARY_mulScalar] = P##_row_mulScalar
  static const tk_unary_fn u8[TK_UNARY_COUNT] = {INTEGER_COMMON_ENTRIES(u8), INTEGER_SCALAR_ENTRIES(u8)};
  static const tk_unary_fn i8[TK_UNARY_COUNT] = {INTEGER_COMMON_ENTRIES(i8), INTEGER_SCALAR_ENTRIES(i8)};
  static const tk_unary_fn i16[TK_UNARY_COUNT] = {INTEGER_COMMON_ENTRIES(i16), INTEGER_SCALAR_ENTRIES(i16)};
  static const tk_unary_fn i32[TK_UNARY_COUNT] = {INTEGER_COMMON_ENTRIES(i32), INTEGER_SCALAR_ENTRIES(i32)};
  static const tk_unary_fn i64[TK_UNARY_COUNT] = {INTEGER_COMMON_ENTRIES(i64)};
  switch (dtype) {
    case TK_UINT8: return u8[kernel];
    case TK_INT8: return i8[kernel];
    case TK_INT16: return i16[kernel];
    case TK_INT32: return i32[kernel];
    case TK_INT64: return i64[kernel];
    case TK_BOOL: return kernel == TK_UNARY_bitwiseNot ? bool_row_not : NULL;
    default: return NULL;
  }
}
