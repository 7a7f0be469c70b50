// Binary kernels of the integer types and of bool.

#define INTEGER_BINARY(P, T, V, U, code) \
  TK_BINARY_ROW(P##_pair_add, T, V, T, V, U scale = (U)(T)(int64_t)alpha, (V)((U)x + (U)y * scale)) \
  TK_BINARY_ROW(P##_pair_sub, T, V, T, V, U scale = (U)(T)(int64_t)alpha, (V)((U)x - (U)y * scale)) \
  TK_BINARY_ROW(P##_pair_add1, T, V, T, V, PASS, (V)((U)x + (U)y)) \
  TK_BINARY_ROW(P##_pair_sub1, T, V, T, V, PASS, (V)((U)x - (U)y)) \
  TK_BINARY_ROW(P##_pair_mul, T, V, T, V, PASS, (V)((U)x * (U)y)) \
  TK_BINARY_ROW(P##_pair_maximum, T, V, T, V, PASS, __builtin_elementwise_max(x, y)) \
  TK_BINARY_ROW(P##_pair_minimum, T, V, T, V, PASS, __builtin_elementwise_min(x, y)) \
  TK_BINARY_ROW(P##_pair_and, T, V, T, V, PASS, x &y) \
  TK_BINARY_ROW(P##_pair_or, T, V, T, V, PASS, x | y) \
  TK_BINARY_ROW(P##_pair_xor, T, V, T, V, PASS, x ^ y) \
  static void P##_pair_addAny( \
    ptrdiff_t n, void *o, ptrdiff_t so, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy, double alpha) { \
    (alpha == 1 ? P##_pair_add1 : P##_pair_add)(n, o, so, x, sx, y, sy, alpha); \
  } \
  static void P##_pair_subAny( \
    ptrdiff_t n, void *o, ptrdiff_t so, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy, double alpha) { \
    (alpha == 1 ? P##_pair_sub1 : P##_pair_sub)(n, o, so, x, sx, y, sy, alpha); \
  }
INTEGER_TYPES(INTEGER_BINARY)

TK_BINARY_ROW(
  bool_pair_add, uint8_t, VUB, uint8_t, VUB, VUB mask = (VUB)(uint8_t)(alpha != 0 ? 0xFF : 0), x | (y & mask))

tk_binary_fn TK_ISA(tk_binary_integer)(int kernel, tk_dtype dtype) {
#define INTEGER_PAIR_TABLE(P, T, V, U, code) \
  static const tk_binary_fn P[TK_BINARY_COUNT] = { \
    [TK_BINARY_add] = P##_pair_addAny, [TK_BINARY_sub] = P##_pair_subAny, [TK_BINARY_mul] = P##_pair_mul, \
    [TK_BINARY_maximum] = P##_pair_maximum, [TK_BINARY_minimum] = P##_pair_minimum, \
    [TK_BINARY_fmax] = P##_pair_maximum, [TK_BINARY_fmin] = P##_pair_minimum, \
    [TK_BINARY_bitwiseAnd] = P##_pair_and, [TK_BINARY_bitwiseOr] = P##_pair_or, \
    [TK_BINARY_bitwiseXor] = P##_pair_xor, \
  };
  INTEGER_TYPES(INTEGER_PAIR_TABLE)
  static const tk_binary_fn boolean[TK_BINARY_COUNT] = {
    [TK_BINARY_add] = bool_pair_add,      [TK_BINARY_mul] = u8_pair_and,
    [TK_BINARY_maximum] = u8_pair_or,     [TK_BINARY_minimum] = u8_pair_and,
    [TK_BINARY_bitwiseAnd] = u8_pair_and, [TK_BINARY_bitwiseOr] = u8_pair_or,
    [TK_BINARY_bitwiseXor] = u8_pair_xor,
  };
#define INTEGER_PAIR_CASE(P, T, V, U, code) \
  case code: return P[kernel];
  switch (dtype) {
    INTEGER_TYPES(INTEGER_PAIR_CASE)
    case TK_BOOL: return boolean[kernel];
    default: return NULL;
  }
}
