// Division of whole numbers, which machines do one at a time and slowly: where both numbers and so their quotient fit a double, a lane each.
//
// The quotient of two numbers below 2^53 is no whole number only where it lies further from one than rounding moves it, so that its
// whole part is exact, and with it the rest.

typedef int32_t VHI __attribute__((ext_vector_type(TK_VB / 8)));

/// What floorDivide, truncDivide, remainder and fmod make of a quotient cut towards zero and its rest; `turn` is -1 where the rest has not
/// the divisor's sign.
#define FLOOR_QUOTIENT (quotient + turn)
#define CUT_QUOTIENT (quotient)
#define REST_OF_FLOOR (rest + (y & turn))
#define REST_OF_CUT (rest)

/// One pair as the machine divides it. The one quotient that no int64 holds, of the least number by -1, comes round to itself.
#define DIVIDE_ONE(fname, RESULT) \
  TK_INLINE int64_t fname##_one(int64_t x, int64_t y) { \
    int64_t quotient = y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y, rest = y == -1 ? 0 : x % y; \
    int64_t turn = rest != 0 && (rest ^ y) < 0 ? -1 : 0; \
    (void)quotient, (void)turn; \
    return RESULT; \
  }

#define DIVIDE_ROW(fname, one, T, V, RESULT) \
  static int fname(ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, const void *in2, ptrdiff_t sy) { \
    enum { lanes = TK_VB / 8, size = sizeof(T) }; \
    const VL limit = (VL)0 + (((int64_t)1 << 53) - 1); \
    const char *p = in, *q = in2; \
    char *o = out; \
    T xs[lanes], ys[lanes]; \
    for (ptrdiff_t i = 0; i < n; i += lanes) { \
      ptrdiff_t count = n - i < lanes ? n - i : lanes; \
      int whole = count == lanes; \
      if (whole && sx == size) memcpy(xs, p + i * size, sizeof xs); \
      else tk_gather(size, xs, p + i * sx, sx, count, lanes); \
      if (whole && sy == size) memcpy(ys, q + i * size, sizeof ys); \
      else if (i == 0 || sy != 0) tk_gather(size, ys, q + i * sy, sy, count, lanes); \
      VL x = __builtin_convertvector(TK_LOAD(V, xs), VL), y = __builtin_convertvector(TK_LOAD(V, ys), VL); \
      if (tk_any(y == 0)) return 0; \
      if (sizeof(T) < 8 || !tk_any((x > limit) | (x < -limit) | (y > limit) | (y < -limit))) { \
        VL quotient = __builtin_convertvector(__builtin_convertvector(x, VD) / __builtin_convertvector(y, VD), VL); \
        VL rest = x - quotient * y, turn = (rest != 0) & ((rest ^ y) < 0); \
        (void)turn; \
        TK_STORE(V, xs, __builtin_convertvector(RESULT, V)); \
      } else { \
        for (ptrdiff_t k = 0; k < count; k++) xs[k] = (T)one(xs[k], ys[k]); \
      } \
      if (whole && so == size) memcpy(o + i * size, xs, sizeof xs); \
      else tk_scatter(size, o + i * so, so, xs, count); \
    } \
    return 1; \
  }

TK_INLINE int tk_any(VL mask) {
  long any = 0;
  for (int k = 0; k < TK_VB / 8; k++) any |= mask[k];
  return any != 0;
}

#define DIVIDE(name, RESULT) \
  DIVIDE_ONE(name, RESULT) \
  DIVIDE_ROW(i64_##name, name##_one, int64_t, VL, RESULT) \
  DIVIDE_ROW(i32_##name, name##_one, int32_t, VHI, RESULT)
DIVIDE(floor_divide, FLOOR_QUOTIENT)
DIVIDE(cut_divide, CUT_QUOTIENT)
DIVIDE(rest_of_floor, REST_OF_FLOOR)
DIVIDE(rest_of_cut, REST_OF_CUT)

tk_division_fn TK_ISA(tk_division)(int kernel, tk_dtype dtype) {
  if (dtype != TK_INT64 && dtype != TK_INT32) return NULL;
  int wide = dtype == TK_INT64;
  switch (kernel) {
    case TK_BINARY_floorDivide: return wide ? i64_floor_divide : i32_floor_divide;
    case TK_BINARY_div:
    case TK_BINARY_truncDivide: return wide ? i64_cut_divide : i32_cut_divide;
    case TK_BINARY_remainder: return wide ? i64_rest_of_floor : i32_rest_of_floor;
    case TK_BINARY_fmod: return wide ? i64_rest_of_cut : i32_rest_of_cut;
    default: return NULL;
  }
}
