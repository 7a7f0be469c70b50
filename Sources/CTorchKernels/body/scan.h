// Running sums and products along lines. A line is a chain of dependent operations, so many lines go side by side: those
// that lie next to each other by vectors, others in fours. float32 adds up in float64, as PyTorch does.

enum { scan_block = 256, scan_abreast = 4 };

#define SCAN_AT(T, p) (*(T *)(void *)(p))
#define SCAN(NAME, T, A, FIRST, JOIN) \
  static void scan_##NAME( \
    ptrdiff_t lines, ptrdiff_t n, void *to, ptrdiff_t out_line, ptrdiff_t so, const void *from, ptrdiff_t in_line, \
    ptrdiff_t sx) { \
    char *out = to; \
    const char *in = from; \
    if (out_line == sizeof(T) && in_line == sizeof(T) && lines > 1) { \
      for (; lines > 0; lines -= scan_block, out += scan_block * sizeof(T), in += scan_block * sizeof(T)) { \
        A running[scan_block]; \
        ptrdiff_t width = lines < scan_block ? lines : scan_block; \
        for (ptrdiff_t c = 0; c < width; c++) running[c] = FIRST; \
        for (ptrdiff_t i = 0; i < n; i++) { \
          const T *restrict p = (const T *)(const void *)(in + i * sx); \
          T *restrict o = (T *)(void *)(out + i * so); \
          for (ptrdiff_t c = 0; c < width; c++) { \
            running[c] = running[c] JOIN(A) p[c]; \
            o[c] = (T)running[c]; \
          } \
        } \
      } \
      return; \
    } \
    for (; lines >= scan_abreast; lines -= scan_abreast, out += scan_abreast * out_line, in += scan_abreast * in_line) { \
      A a = FIRST, b = FIRST, c = FIRST, d = FIRST; \
      const char *p = in; \
      char *o = out; \
      for (ptrdiff_t i = 0; i < n; i++, p += sx, o += so) { \
        a = a JOIN(A) SCAN_AT(const T, p); \
        b = b JOIN(A) SCAN_AT(const T, p + in_line); \
        c = c JOIN(A) SCAN_AT(const T, p + 2 * in_line); \
        d = d JOIN(A) SCAN_AT(const T, p + 3 * in_line); \
        SCAN_AT(T, o) = (T)a; \
        SCAN_AT(T, o + out_line) = (T)b; \
        SCAN_AT(T, o + 2 * out_line) = (T)c; \
        SCAN_AT(T, o + 3 * out_line) = (T)d; \
      } \
    } \
    for (; lines > 0; lines--, out += out_line, in += in_line) { \
      A a = FIRST; \
      for (ptrdiff_t i = 0; i < n; i++) { \
        a = a JOIN(A) SCAN_AT(const T, in + i * sx); \
        SCAN_AT(T, out + i * so) = (T)a; \
      } \
    } \
  }
#define SCAN_PLUS(A) +(A)
#define SCAN_TIMES(A) *(A)
SCAN(sum_f32, float, double, 0, SCAN_PLUS)
SCAN(sum_f64, double, double, 0, SCAN_PLUS)
SCAN(sum_i64, uint64_t, uint64_t, 0, SCAN_PLUS)
SCAN(prod_f32, float, double, 1, SCAN_TIMES)
SCAN(prod_f64, double, double, 1, SCAN_TIMES)
SCAN(prod_i64, uint64_t, uint64_t, 1, SCAN_TIMES)

static tk_scan_fn scan(tk_reduce_kernel kernel, tk_dtype dtype) {
  if (kernel != TK_REDUCE_sum && kernel != TK_REDUCE_prod) return NULL;
  int sums = kernel == TK_REDUCE_sum;
  switch (dtype) {
    case TK_FLOAT32: return sums ? scan_sum_f32 : scan_prod_f32;
    case TK_FLOAT64: return sums ? scan_sum_f64 : scan_prod_f64;
    case TK_INT64: return sums ? scan_sum_i64 : scan_prod_i64;
    default: return NULL;
  }
}
