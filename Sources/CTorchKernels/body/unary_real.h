// Unary kernels whose text is the same for both float types. Included with REAL_* set; they are unset at the end.

#define REAL_ROW(name, SETUP, EXPR) TK_UNARY_ROW(REAL_NAME(name), REAL_T, REAL_V, REAL_T, REAL_V, SETUP, EXPR)
#define REAL_ZERO ((REAL_V)(REAL_T)0)
#define REAL_NONE (void)0
#define REAL_AB REAL_T p0 = (REAL_T)a; REAL_T p1 = (REAL_T)b

REAL_ROW(neg, REAL_NONE, -x)
REAL_ROW(abs, REAL_NONE, __builtin_elementwise_abs(x))
// As in torch, the sign of NaN is 0.
REAL_ROW(sign, REAL_NONE, __builtin_convertvector((x < (REAL_T)0) - (x > (REAL_T)0), REAL_V))
REAL_ROW(square, REAL_NONE, x *x)
REAL_ROW(sqrt, REAL_NONE, REAL_NAME(root)(x))
REAL_ROW(rsqrt, REAL_NONE, (REAL_T)1 / __builtin_elementwise_sqrt(x))
REAL_ROW(reciprocal, REAL_NONE, (REAL_T)1 / x)
REAL_ROW(floor, REAL_NONE, __builtin_elementwise_floor(x))
REAL_ROW(ceil, REAL_NONE, __builtin_elementwise_ceil(x))
REAL_ROW(round, REAL_NONE, __builtin_elementwise_roundeven(x))
REAL_ROW(trunc, REAL_NONE, __builtin_elementwise_trunc(x))
REAL_ROW(frac, REAL_NONE, x - __builtin_elementwise_trunc(x))
REAL_ROW(relu, REAL_NONE, SEL(x <= (REAL_T)0, REAL_ZERO, x))
REAL_ROW(leakyRelu, REAL_T slope = (REAL_T)a, SEL(x > (REAL_T)0, x, x *slope))
REAL_ROW(threshold, REAL_AB, SEL(x <= p0, (REAL_V)p1, x))
REAL_ROW(addScalar, REAL_T operand = (REAL_T)a, x + operand)
REAL_ROW(mulScalar, REAL_T operand = (REAL_T)a, x *operand)
REAL_ROW(softsign, REAL_NONE, x / ((REAL_T)1 + __builtin_elementwise_abs(x)))

// NaN passes; a bound that is NaN wins.
TK_INLINE REAL_V REAL_NAME(clamped)(REAL_V x, REAL_T low, REAL_T high) {
  REAL_V l = low, h = high;
  x = SEL((x < l) | (l != l), l, x);
  return SEL((x > h) | (h != h), h, x);
}
REAL_ROW(clamp, REAL_AB, REAL_NAME(clamped)(x, p0, p1))
REAL_ROW(hardswish, REAL_NONE, x *REAL_NAME(clamped)(x + (REAL_T)3, 0, 6) / (REAL_T)6)
REAL_ROW(hardsigmoid, REAL_NONE, REAL_NAME(clamped)(x + (REAL_T)3, 0, 6) / (REAL_T)6)

typedef REAL_BYTES REAL_NAME(Bytes);
#define REAL_TRUTH(name, EXPR) \
  TK_UNARY_ROW( \
    REAL_TEST(name), REAL_T, REAL_V, uint8_t, REAL_NAME(Bytes), REAL_NONE, \
    __builtin_convertvector((EXPR), REAL_NAME(Bytes)) & 1)
REAL_TRUTH(isnan, x != x)
REAL_TRUTH(isinf, __builtin_elementwise_abs(x) == (REAL_T)INFINITY)
REAL_TRUTH(isfinite, __builtin_elementwise_abs(x) < (REAL_T)INFINITY)
REAL_TRUTH(signbit, (REAL_I)x < 0)
REAL_TRUTH(logicalNot, x == (REAL_T)0)

#undef REAL_TRUTH
#undef REAL_AB
#undef REAL_NONE
#undef REAL_ZERO
#undef REAL_ROW
#undef REAL_T
#undef REAL_V
#undef REAL_I
#undef REAL_NAME
#undef REAL_TEST
#undef REAL_BYTES
