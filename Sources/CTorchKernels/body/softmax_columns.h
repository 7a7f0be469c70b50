// Softmax along a dimension that others lie within, and the logarithm of a row's sum of exponentials.
//
// Columns stand beside one another in memory, so that each lane has one of its own and nothing is turned.

TK_INLINE VD f64_log_lanes(VD x) {
  for (int k = 0; k < TK_VB / 8; k++) x[k] = log(x[k]);
  return x;
}

// So many vectors of columns at once: each line of memory that is touched is used whole.
enum { column_vectors = 4 };
// So many terms are added up before their sum is.
enum { column_block = 64 };

#define SOFTMAX_COLUMNS(P, T, V, EXP, VLOG, LOG) \
  /* `wide` vectors of columns, or `few` columns of one where that is not 0. */ \
  TK_INLINE void softmax_panel_##P( \
    int wide, ptrdiff_t few, ptrdiff_t count, ptrdiff_t step, T *out, const T *in, int is_log) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    V high[column_vectors], sum[column_vectors]; \
    for (int v = 0; v < wide; v++) high[v] = (V)(T)-INFINITY, sum[v] = (V)(T)0; \
    for (ptrdiff_t i = 0; i < count; i++) \
      for (int v = 0; v < wide; v++) { \
        const T *p = in + i * step + v * lanes; \
        V x = few ? P##_part(p, few, 0) : TK_LOAD(V, p); \
        high[v] = SEL(x > high[v], x, high[v]); \
      } \
    for (ptrdiff_t i = 0; i < count;) { \
      ptrdiff_t end = count - i < column_block ? count : i + column_block; \
      V part[column_vectors]; \
      for (int v = 0; v < wide; v++) part[v] = (V)(T)0; \
      for (; i < end; i++) \
        for (int v = 0; v < wide; v++) { \
          ptrdiff_t at = i * step + v * lanes; \
          V e = EXP((few ? P##_part(in + at, few, 0) : TK_LOAD(V, in + at)) - high[v]); \
          part[v] += e; \
          if (is_log) continue; \
          if (few) P##_part_store(out + at, few, e); \
          else TK_STORE(V, out + at, e); \
        } \
      for (int v = 0; v < wide; v++) sum[v] += part[v]; \
    } \
    for (int v = 0; v < wide; v++) sum[v] = is_log ? VLOG(sum[v]) : 1 / sum[v]; \
    const T *from = is_log ? in : out; \
    for (ptrdiff_t i = 0; i < count; i++) \
      for (int v = 0; v < wide; v++) { \
        ptrdiff_t at = i * step + v * lanes; \
        V x = few ? P##_part(from + at, few, 0) : TK_LOAD(V, from + at); \
        V y = is_log ? x - high[v] - sum[v] : x * sum[v]; \
        if (few) P##_part_store(out + at, few, y); \
        else TK_STORE(V, out + at, y); \
      } \
  } \
  TK_INLINE void softmax_panels_##P( \
    ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, T *out, const T *in, int is_log) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    ptrdiff_t c = 0; \
    for (; c + column_vectors * lanes <= columns; c += column_vectors * lanes) \
      softmax_panel_##P(column_vectors, 0, count, step, out + c, in + c, is_log); \
    for (; c + lanes <= columns; c += lanes) softmax_panel_##P(1, 0, count, step, out + c, in + c, is_log); \
    if (c < columns) softmax_panel_##P(1, columns - c, count, step, out + c, in + c, is_log); \
  } \
  static void softmax_columns_##P(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, T *out, const T *in) { \
    softmax_panels_##P(count, columns, step, out, in, 0); \
  } \
  static void log_softmax_columns_##P(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, T *out, const T *in) { \
    softmax_panels_##P(count, columns, step, out, in, 1); \
  } \
  static void log_sum_exp_##P(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    for (; rows > 0; rows--, in += cols) { \
      T high = reduce_max_##P##_line(cols, (const char *)in), shift = high - high == 0 ? high : 0; \
      *out++ = LOG(P##_exp_sum(cols, NULL, in, shift)) + shift; \
    } \
  }
SOFTMAX_COLUMNS(f32, float, VF, f32_share, f32_log, logf)
SOFTMAX_COLUMNS(f64, double, VD, f64_exp_lanes, f64_log_lanes, log)
