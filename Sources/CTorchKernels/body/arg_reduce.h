// The place of the extreme: along a row, find the extreme and then its first place; across rows, carry both in vectors.

// BETTER(x, best) of two scalars or vectors: x beats the best so far. NaN beats all but NaN.
#define ARG_HIGH(x, best) (((x) > (best)) | (((x) != (x)) & ((best) == (best))))
#define ARG_LOW(x, best) (((x) < (best)) | (((x) != (x)) & ((best) == (best))))
#define ARG_ROW(fname, extreme, T, V, I, M, BETTER) \
  static ptrdiff_t fname##_place(ptrdiff_t n, const char *p, T value) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    ptrdiff_t i = 0; \
    int nan = value != value; \
    for (; i + lanes <= n; i += lanes) { \
      V x = TK_LOAD(V, p + i * (ptrdiff_t)sizeof(T)); \
      M hit = nan ? (M)(x != x) : (M)(x == (V)value); \
      if (__builtin_reduce_or(hit)) break; \
    } \
    for (; i < n; i++) { \
      T x = *(const T *)(const void *)(p + i * (ptrdiff_t)sizeof(T)); \
      if (nan ? x != x : x == value) return i; \
    } \
    return 0; \
  } \
  static void fname( \
    ptrdiff_t rows, ptrdiff_t cols, int64_t *out, ptrdiff_t so, const void *in, ptrdiff_t row_stride, \
    ptrdiff_t col_stride) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    const char *p = in; \
    char *o = (char *)out; \
    ptrdiff_t i = 0, size = sizeof(T); \
    if (row_stride == size && col_stride != size && cols < INT32_MAX) { \
      for (; i + lanes <= rows; i += lanes) { \
        const char *q = p + i * size; \
        V best = TK_LOAD(V, q); \
        M place = (M)(I)0; \
        for (ptrdiff_t j = 1; j < cols; j++) { \
          q += col_stride; \
          V x = TK_LOAD(V, q); \
          M better = BETTER(x, best); \
          best = SEL(better, x, best); \
          place = SEL(better, (M)(I)j, place); \
        } \
        for (int k = 0; k < lanes; k++) *(int64_t *)(void *)(o + (i + k) * so) = place[k]; \
      } \
    } \
    for (; i < rows; i++) { \
      const char *q = p + i * row_stride; \
      ptrdiff_t place = 0; \
      if (col_stride == size) { \
        place = fname##_place(cols, q, extreme##_line(cols, q)); \
      } else { \
        T best = *(const T *)(const void *)q; \
        for (ptrdiff_t j = 1; j < cols; j++) { \
          T x = *(const T *)(const void *)(q + j * col_stride); \
          if (BETTER(x, best)) { \
            best = x; \
            place = j; \
          } \
        } \
      } \
      *(int64_t *)(void *)(o + i * so) = place; \
    } \
  }
ARG_ROW(argmax_f32, reduce_max_f32, float, VF, int32_t, VI, ARG_HIGH)
ARG_ROW(argmin_f32, reduce_min_f32, float, VF, int32_t, VI, ARG_LOW)
ARG_ROW(argmax_f64, reduce_max_f64, double, VD, long, VL, ARG_HIGH)
ARG_ROW(argmin_f64, reduce_min_f64, double, VD, long, VL, ARG_LOW)
#define ARG_IHIGH(x, best) ((x) > (best))
#define ARG_ILOW(x, best) ((x) < (best))
ARG_ROW(argmax_i32, reduce_max_i32, int32_t, VI, int32_t, VI, ARG_IHIGH)
ARG_ROW(argmin_i32, reduce_min_i32, int32_t, VI, int32_t, VI, ARG_ILOW)
ARG_ROW(argmax_i64, reduce_max_i64, int64_t, VL, long, VL, ARG_IHIGH)
ARG_ROW(argmin_i64, reduce_min_i64, int64_t, VL, long, VL, ARG_ILOW)

tk_arg_fn TK_ISA(tk_argreduce)(int kernel, tk_dtype dtype) {
  if (kernel != TK_REDUCE_max && kernel != TK_REDUCE_min) return NULL;
  int high = kernel == TK_REDUCE_max;
  switch (dtype) {
    case TK_FLOAT32: return high ? argmax_f32 : argmin_f32;
    case TK_FLOAT64: return high ? argmax_f64 : argmin_f64;
    case TK_INT32: return high ? argmax_i32 : argmin_i32;
    case TK_INT64: return high ? argmax_i64 : argmin_i64;
    default: return NULL;
  }
}
