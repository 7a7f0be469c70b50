// Reductions: along a row (four vectors side by side) and across rows (a tile of columns at a time).

// out[i] is combined from `total` and, when accumulating, itself.
#define REDUCE_STORE(T, COMBINE) \
  do { \
    T *slot = (T *)(void *)((char *)out + i * so); \
    T total_ = (total); \
    *slot = accumulate ? COMBINE(*slot, total_) : total_; \
  } while (0)

// Columns are combined in memory, a tile of so many bytes of them at a time and several rows in one go, so that what is read
// is long pieces of rows, as memory gives fastest.
enum { reduce_tile = 4096, reduce_rows = 8 };

// tile[k] is combined with the items under it of `rows` rows; `count` is a whole number of vectors.
#define REDUCE_TILE(fname, T, V, VCOMBINE) \
  TK_INLINE void fname##_tile(T *tile, ptrdiff_t count, ptrdiff_t rows, const char *p, ptrdiff_t step) { \
    enum { lanes = sizeof(V) / sizeof(T), bytes = sizeof(V) }; \
    for (; rows >= reduce_rows; rows -= reduce_rows, p += reduce_rows * step) { \
      const char *q = p; \
      for (ptrdiff_t k = 0; k < count; k += lanes, q += bytes) { \
        V s0 = TK_LOAD(V, q), s1 = TK_LOAD(V, q + step), s2 = TK_LOAD(V, q + 2 * step), s3 = TK_LOAD(V, q + 3 * step); \
        V x0 = TK_LOAD(V, q + 4 * step), x1 = TK_LOAD(V, q + 5 * step), x2 = TK_LOAD(V, q + 6 * step), \
          x3 = TK_LOAD(V, q + 7 * step), old = TK_LOAD(V, tile + k); \
        s0 = VCOMBINE(s0, x0); \
        s1 = VCOMBINE(s1, x1); \
        s2 = VCOMBINE(s2, x2); \
        s3 = VCOMBINE(s3, x3); \
        s0 = VCOMBINE(s0, s1); \
        s2 = VCOMBINE(s2, s3); \
        s0 = VCOMBINE(s0, s2); \
        TK_STORE(V, tile + k, VCOMBINE(old, s0)); \
      } \
    } \
    for (; rows > 0; rows--, p += step) { \
      for (ptrdiff_t k = 0; k < count; k += lanes) { \
        V old = TK_LOAD(V, tile + k), x = TK_LOAD(V, p + k * (ptrdiff_t)sizeof(T)); \
        TK_STORE(V, tile + k, VCOMBINE(old, x)); \
      } \
    } \
  }

// Columns side by side, at least a vector of them, tile by tile as FILL makes them. The last tile may reach back over what is
// done.
#define REDUCE_BY_TILES(T, V, COMBINE, FILL) \
  do { \
    enum { lanes = sizeof(V) / sizeof(T), width = reduce_tile / sizeof(T) }; \
    T tile[width]; \
    ptrdiff_t i = 0; \
    while (i < rows) { \
      ptrdiff_t left = rows - i, start = left < lanes ? rows - lanes : i; \
      ptrdiff_t count = left >= width ? width : left < lanes ? lanes : left - left % lanes; \
      FILL(tile, count, cols, p + start * (ptrdiff_t)sizeof(T), step); \
      for (ptrdiff_t k = i - start; k < count; k++, i++) { \
        T total = tile[k]; \
        REDUCE_STORE(T, COMBINE); \
      } \
    } \
  } while (0)

// A plain reduction: COMBINE of scalars, VCOMBINE of vectors, both associative enough.
#define REDUCE_PLAIN(fname, T, V, IDENTITY, COMBINE, VCOMBINE) \
  static T fname##_line(ptrdiff_t n, const char *p) { \
    enum { lanes = sizeof(V) / sizeof(T), bytes = sizeof(V) }; \
    V s0 = (V)(T)(IDENTITY), s1 = s0, s2 = s0, s3 = s0; \
    ptrdiff_t i = 0; \
    for (; i + 4 * lanes <= n; i += 4 * lanes, p += 4 * bytes) { \
      V x0 = TK_LOAD(V, p), x1 = TK_LOAD(V, p + bytes), x2 = TK_LOAD(V, p + 2 * bytes), x3 = TK_LOAD(V, p + 3 * bytes); \
      TK_SOON(p); \
      TK_SOON(p + bytes); \
      TK_SOON(p + 2 * bytes); \
      TK_SOON(p + 3 * bytes); \
      s0 = VCOMBINE(s0, x0); \
      s1 = VCOMBINE(s1, x1); \
      s2 = VCOMBINE(s2, x2); \
      s3 = VCOMBINE(s3, x3); \
    } \
    for (; i + lanes <= n; i += lanes, p += bytes) { \
      V x0 = TK_LOAD(V, p); \
      s0 = VCOMBINE(s0, x0); \
    } \
    s0 = VCOMBINE(s0, s1); \
    s2 = VCOMBINE(s2, s3); \
    s0 = VCOMBINE(s0, s2); \
    T r = (T)(IDENTITY); \
    if (i > 0) { \
      r = s0[0]; \
      for (int k = 1; k < lanes; k++) r = COMBINE(r, s0[k]); \
    } \
    for (; i < n; i++, p += sizeof(T)) r = COMBINE(r, *(const T *)(const void *)p); \
    return r; \
  } \
  REDUCE_TILE(fname, T, V, VCOMBINE) \
  TK_INLINE void fname##_fill(T *tile, ptrdiff_t count, ptrdiff_t cols, const char *p, ptrdiff_t step) { \
    for (ptrdiff_t k = 0; k < count; k++) tile[k] = (T)(IDENTITY); \
    fname##_tile(tile, count, cols, p, step); \
  } \
  static void fname##_columns( \
    ptrdiff_t rows, ptrdiff_t cols, void *out, ptrdiff_t so, const char *p, ptrdiff_t step, int accumulate) { \
    REDUCE_BY_TILES(T, V, COMBINE, fname##_fill); \
  } \
  static void fname( \
    ptrdiff_t rows, ptrdiff_t cols, void *out, ptrdiff_t so, const void *in, ptrdiff_t row_stride, \
    ptrdiff_t col_stride, int accumulate) { \
    const char *p = in; \
    ptrdiff_t i = 0, size = sizeof(T); \
    if (row_stride == size && (col_stride != size || cols == 1) && rows >= (ptrdiff_t)(sizeof(V) / sizeof(T))) { \
      fname##_columns(rows, cols, out, so, p, col_stride, accumulate); \
      return; \
    } \
    for (; i < rows; i++) { \
      const char *q = p + i * row_stride; \
      T total; \
      if (col_stride == size) { \
        total = fname##_line(cols, q); \
      } else { \
        T t0 = (T)(IDENTITY); \
        for (ptrdiff_t j = 0; j < cols; j++, q += col_stride) t0 = COMBINE(t0, *(const T *)(const void *)q); \
        total = t0; \
      } \
      REDUCE_STORE(T, COMBINE); \
    } \
  }

// Scalar and vector ways to combine. NaN wins in the float extremes.
#define R_MUL(x, y) ((x) * (y))
#define R_OR(x, y) ((x) | (y))
#define R_AND(x, y) ((x) & (y))
#define R_HIGH(x, y) ((y) > (x) || (y) != (y) ? (y) : (x))
#define R_LOW(x, y) ((y) < (x) || (y) != (y) ? (y) : (x))
#define R_VHIGH(x, y) SEL(((y) > (x)) | ((y) != (y)), (y), (x))
#define R_VLOW(x, y) SEL(((y) < (x)) | ((y) != (y)), (y), (x))
#define R_IHIGH(x, y) ((x) > (y) ? (x) : (y))
#define R_ILOW(x, y) ((x) < (y) ? (x) : (y))
#define R_VIHIGH(x, y) __builtin_elementwise_max((x), (y))
#define R_VILOW(x, y) __builtin_elementwise_min((x), (y))
#define R_ADD(x, y) ((x) + (y))

REDUCE_PLAIN(reduce_prod_f32, float, VF, 1, R_MUL, R_MUL)
REDUCE_PLAIN(reduce_prod_f64, double, VD, 1, R_MUL, R_MUL)
REDUCE_PLAIN(reduce_max_f32, float, VF, -INFINITY, R_HIGH, R_VHIGH)
REDUCE_PLAIN(reduce_max_f64, double, VD, -INFINITY, R_HIGH, R_VHIGH)
REDUCE_PLAIN(reduce_min_f32, float, VF, INFINITY, R_LOW, R_VLOW)
REDUCE_PLAIN(reduce_min_f64, double, VD, INFINITY, R_LOW, R_VLOW)
// Sums and products wrap: they are taken in the unsigned twin.
REDUCE_PLAIN(reduce_sum_i32, uint32_t, VUI, 0, R_ADD, R_ADD)
REDUCE_PLAIN(reduce_sum_i64, uint64_t, VUL, 0, R_ADD, R_ADD)
REDUCE_PLAIN(reduce_prod_i32, uint32_t, VUI, 1, R_MUL, R_MUL)
REDUCE_PLAIN(reduce_prod_i64, uint64_t, VUL, 1, R_MUL, R_MUL)
#define REDUCE_EXTREMES(P, T, V, low, high) \
  REDUCE_PLAIN(reduce_max_##P, T, V, low, R_IHIGH, R_VIHIGH) \
  REDUCE_PLAIN(reduce_min_##P, T, V, high, R_ILOW, R_VILOW)
REDUCE_EXTREMES(u8, uint8_t, VUB, 0, UINT8_MAX)
REDUCE_EXTREMES(i8, int8_t, VB, INT8_MIN, INT8_MAX)
REDUCE_EXTREMES(i16, int16_t, VS, INT16_MIN, INT16_MAX)
REDUCE_EXTREMES(i32, int32_t, VI, INT32_MIN, INT32_MAX)
REDUCE_EXTREMES(i64, int64_t, VL, INT64_MIN, INT64_MAX)
REDUCE_PLAIN(reduce_any_bool, uint8_t, VUB, 0, R_OR, R_OR)
REDUCE_PLAIN(reduce_all_bool, uint8_t, VUB, 1, R_AND, R_AND)

// Float sums. A block is summed in four vectors; finished blocks are merged in pairs of equal size, as a binary counter
// carries, so that the error grows with the logarithm of the length. Tiles are summed in the same way, blocks of rows; past so
// many levels the highest one takes what comes.
enum { sum_levels = 48, sum_block = 64, tile_levels = 12 };
#define REDUCE_SUM(P, T, V) \
  typedef struct P##_cascade { \
    V level[sum_levels]; \
    uint64_t blocks; \
  } P##_cascade; \
  TK_INLINE void P##_cascade_push(P##_cascade *c, V s) { \
    int k = 0; \
    for (uint64_t full = c->blocks; full & 1; full >>= 1, k++) s += c->level[k]; \
    c->level[k] = s; \
    c->blocks++; \
  } \
  TK_INLINE V P##_cascade_total(const P##_cascade *c, V s) { \
    int k = 0; \
    for (uint64_t full = c->blocks; full; full >>= 1, k++) \
      if (full & 1) s += c->level[k]; \
    return s; \
  } \
  /* n is a whole number of vectors of at most sum_block * 4 */ \
  TK_INLINE V P##_block_sum(ptrdiff_t n, const char *p) { \
    enum { lanes = sizeof(V) / sizeof(T), bytes = sizeof(V) }; \
    V s0 = (V)(T)0, s1 = s0, s2 = s0, s3 = s0; \
    ptrdiff_t i = 0; \
    for (; i + 4 * lanes <= n; i += 4 * lanes, p += 4 * bytes) { \
      TK_SOON(p); \
      TK_SOON(p + bytes); \
      TK_SOON(p + 2 * bytes); \
      TK_SOON(p + 3 * bytes); \
      s0 += TK_LOAD(V, p); \
      s1 += TK_LOAD(V, p + bytes); \
      s2 += TK_LOAD(V, p + 2 * bytes); \
      s3 += TK_LOAD(V, p + 3 * bytes); \
    } \
    for (; i + lanes <= n; i += lanes, p += bytes) s0 += TK_LOAD(V, p); \
    return (s0 + s1) + (s2 + s3); \
  } \
  /* A strided line is first gathered block by block: its sum is that of the same numbers side by side. */ \
  static T P##_line_sum(ptrdiff_t n, const char *p, ptrdiff_t stride) { \
    enum { lanes = sizeof(V) / sizeof(T), block = lanes * 4 * sum_block }; \
    T gathered[block]; \
    P##_cascade c; \
    c.blocks = 0; \
    V last = (V)(T)0; \
    T tail = 0; \
    while (n > 0) { \
      ptrdiff_t count = n < block ? n : block; \
      const char *q = p; \
      if (stride != sizeof(T)) { \
        for (ptrdiff_t i = 0; i < count; i++) memcpy(gathered + i, p + i * stride, sizeof(T)); \
        q = (const char *)gathered; \
      } \
      ptrdiff_t whole = count - count % lanes; \
      V s = P##_block_sum(whole, q); \
      for (ptrdiff_t i = whole; i < count; i++) tail += *(const T *)(const void *)(q + i * (ptrdiff_t)sizeof(T)); \
      if (count == block) P##_cascade_push(&c, s); \
      else last = s; \
      n -= count; \
      p += count * stride; \
    } \
    return tk_sum_##P(P##_cascade_total(&c, last)) + tail; \
  } \
  REDUCE_TILE(reduce_sum_##P, T, V, R_ADD) \
  TK_INLINE void P##_add_tile(T *tile, ptrdiff_t count, const T *other) { \
    for (ptrdiff_t k = 0; k < count; k += sizeof(V) / sizeof(T)) \
      TK_STORE(V, tile + k, TK_LOAD(V, tile + k) + TK_LOAD(V, other + k)); \
  } \
  TK_INLINE void P##_sum_tile(T *tile, ptrdiff_t count, ptrdiff_t cols, const char *p, ptrdiff_t step) { \
    T level[tile_levels][reduce_tile / sizeof(T)]; \
    uint64_t blocks = 0, top = (uint64_t)1 << (tile_levels - 1); \
    size_t bytes = (size_t)count * sizeof(T); \
    for (; cols >= sum_block; cols -= sum_block, p += sum_block * step) { \
      memset(tile, 0, bytes); \
      reduce_sum_##P##_tile(tile, count, sum_block, p, step); \
      int at = 0; \
      for (; blocks >> at & 1; at++) { \
        P##_add_tile(tile, count, level[at]); \
        if (at == tile_levels - 1) break; \
      } \
      memcpy(level[at], tile, bytes); \
      blocks = blocks + 1 < 2 * top ? blocks + 1 : top; \
    } \
    memset(tile, 0, bytes); \
    reduce_sum_##P##_tile(tile, count, cols, p, step); \
    for (int at = 0; blocks >> at; at++) \
      if (blocks >> at & 1) P##_add_tile(tile, count, level[at]); \
  } \
  static void reduce_sum_##P##_columns( \
    ptrdiff_t rows, ptrdiff_t cols, void *out, ptrdiff_t so, const char *p, ptrdiff_t step, int accumulate) { \
    REDUCE_BY_TILES(T, V, R_ADD, P##_sum_tile); \
  } \
  static void reduce_sum_##P( \
    ptrdiff_t rows, ptrdiff_t cols, void *out, ptrdiff_t so, const void *in, ptrdiff_t row_stride, \
    ptrdiff_t col_stride, int accumulate) { \
    const char *p = in; \
    ptrdiff_t i = 0, size = sizeof(T); \
    if (row_stride == size && col_stride != size && rows >= (ptrdiff_t)(sizeof(V) / sizeof(T))) { \
      reduce_sum_##P##_columns(rows, cols, out, so, p, col_stride, accumulate); \
      return; \
    } \
    for (; i < rows; i++) { \
      T total = P##_line_sum(cols, p + i * row_stride, col_stride); \
      REDUCE_STORE(T, R_ADD); \
    } \
  }
REDUCE_SUM(f32, float, VF)
REDUCE_SUM(f64, double, VD)

tk_reduce_fn TK_ISA(tk_reduce)(int kernel, tk_dtype dtype) {
#define REDUCE_ENTRY(name, P, code) [TK_REDUCE_##name][code] = reduce_##name##_##P,
#define REDUCE_EXTREME_ENTRIES(P, code) REDUCE_ENTRY(max, P, code) REDUCE_ENTRY(min, P, code)
#define REDUCE_ALL_ENTRIES(P, code) \
  REDUCE_EXTREME_ENTRIES(P, code) REDUCE_ENTRY(sum, P, code) REDUCE_ENTRY(prod, P, code)
  static const tk_reduce_fn table[TK_REDUCE_COUNT][TK_DTYPE_LIMIT] = {
    REDUCE_ALL_ENTRIES(f32, TK_FLOAT32) REDUCE_ALL_ENTRIES(f64, TK_FLOAT64) REDUCE_ALL_ENTRIES(i32, TK_INT32)
    REDUCE_ALL_ENTRIES(i64, TK_INT64) REDUCE_EXTREME_ENTRIES(u8, TK_UINT8) REDUCE_EXTREME_ENTRIES(i8, TK_INT8)
    REDUCE_EXTREME_ENTRIES(i16, TK_INT16)
    [TK_REDUCE_any][TK_BOOL] = reduce_any_bool,
    [TK_REDUCE_all][TK_BOOL] = reduce_all_bool,
    [TK_REDUCE_max][TK_BOOL] = reduce_any_bool,
    [TK_REDUCE_min][TK_BOOL] = reduce_all_bool,
  };
  return table[kernel][dtype];
}
