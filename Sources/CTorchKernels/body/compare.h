// Comparisons and logic of two rows; the output is bool.

#define COMPARE_TYPES(X) \
  INTEGER_TYPES(X) \
  X(f32, float, VF, VUI, TK_FLOAT32) \
  X(f64, double, VD, VUL, TK_FLOAT64)

#define TRUTH(P, EXPR) __builtin_convertvector((EXPR), P##_truth) & 1
#define COMPARE_ROW(P, T, V, name, EXPR) \
  TK_BINARY_ROW(P##_compare_##name, T, V, uint8_t, P##_truth, PASS, TRUTH(P, EXPR))
#define COMPARE_ROWS(P, T, V, U, code) \
  typedef TK_VECTOR(char, sizeof(V) / sizeof(T)) P##_truth; \
  COMPARE_ROW(P, T, V, eq, x == y) \
  COMPARE_ROW(P, T, V, ne, x != y) \
  COMPARE_ROW(P, T, V, lt, x < y) \
  COMPARE_ROW(P, T, V, le, x <= y) \
  COMPARE_ROW(P, T, V, gt, x > y) \
  COMPARE_ROW(P, T, V, ge, x >= y) \
  COMPARE_ROW(P, T, V, logicalAnd, (x != (V)(T)0) & (y != (V)(T)0)) \
  COMPARE_ROW(P, T, V, logicalOr, (x != (V)(T)0) | (y != (V)(T)0)) \
  COMPARE_ROW(P, T, V, logicalXor, (x != (V)(T)0) ^ (y != (V)(T)0))
COMPARE_TYPES(COMPARE_ROWS)

tk_binary_fn TK_ISA(tk_compare)(int kernel, tk_dtype dtype) {
#define COMPARE_TABLE(P, T, V, U, code) \
  static const tk_binary_fn P[TK_COMPARE_COUNT] = { \
    [TK_COMPARE_eq] = P##_compare_eq, [TK_COMPARE_ne] = P##_compare_ne, [TK_COMPARE_lt] = P##_compare_lt, \
    [TK_COMPARE_le] = P##_compare_le, [TK_COMPARE_gt] = P##_compare_gt, [TK_COMPARE_ge] = P##_compare_ge, \
    [TK_COMPARE_logicalAnd] = P##_compare_logicalAnd, [TK_COMPARE_logicalOr] = P##_compare_logicalOr, \
    [TK_COMPARE_logicalXor] = P##_compare_logicalXor, \
  };
  COMPARE_TYPES(COMPARE_TABLE)
#define COMPARE_CASE(P, T, V, U, code) \
  case code: return P[kernel];
  switch (dtype) {
    COMPARE_TYPES(COMPARE_CASE)
    case TK_BOOL: return u8[kernel];
    default: return NULL;
  }
}
