// The passes of a normalisation whose statistics are those of whole rows: batch, group and instance norm, whose rows are
// the planes of channels. Sums go into float64 every few thousand elements.

enum { norm_block = 64 };

#define NORM_ROWS(P, T, V) \
  static void row_moments_##P(ptrdiff_t rows, ptrdiff_t cols, const T *x, double *mean, double *spread) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols) { \
      double exact = (double)P##_line_sum(cols, (const char *)x, sizeof(T)) / (double)cols; \
      T middle = (T)exact; \
      double total = 0; \
      ptrdiff_t i = 0; \
      while (i + 4 * lanes <= cols) { \
        V s0 = (V)(T)0, s1 = s0, s2 = s0, s3 = s0; \
        for (int k = 0; k < norm_block && i + 4 * lanes <= cols; k++, i += 4 * lanes) { \
          V d0 = TK_LOAD(V, x + i) - middle, d1 = TK_LOAD(V, x + i + lanes) - middle; \
          V d2 = TK_LOAD(V, x + i + 2 * lanes) - middle, d3 = TK_LOAD(V, x + i + 3 * lanes) - middle; \
          s0 = FMA(d0, d0, s0); \
          s1 = FMA(d1, d1, s1); \
          s2 = FMA(d2, d2, s2); \
          s3 = FMA(d3, d3, s3); \
        } \
        total += (double)tk_sum_##P((s0 + s1) + (s2 + s3)); \
      } \
      for (; i < cols; i++) total += (double)(x[i] - middle) * (double)(x[i] - middle); \
      mean[r] = exact; \
      spread[r] = total; \
    } \
  } \
  static void row_slopes_##P( \
    ptrdiff_t rows, ptrdiff_t cols, const T *g, const T *x, const T *mean, double *sum, double *along) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, g += cols) { \
      T middle = mean[r]; \
      double total = 0, product = 0; \
      ptrdiff_t i = 0; \
      while (i + 2 * lanes <= cols) { \
        V s0 = (V)(T)0, s1 = s0, p0 = s0, p1 = s0; \
        for (int k = 0; k < norm_block && i + 2 * lanes <= cols; k++, i += 2 * lanes) { \
          V g0 = TK_LOAD(V, g + i), g1 = TK_LOAD(V, g + i + lanes); \
          s0 += g0; \
          s1 += g1; \
          p0 = FMA(g0, TK_LOAD(V, x + i) - middle, p0); \
          p1 = FMA(g1, TK_LOAD(V, x + i + lanes) - middle, p1); \
        } \
        total += (double)tk_sum_##P(s0 + s1); \
        product += (double)tk_sum_##P(p0 + p1); \
      } \
      for (; i < cols; i++) { \
        total += (double)g[i]; \
        product += (double)g[i] * (double)(x[i] - middle); \
      } \
      sum[r] = total; \
      along[r] = product; \
    } \
  } \
  static void row_affine_##P( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, const T *x, const T *mean, const T *factor, const T *shift) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, out += cols) { \
      T m = mean[r], f = factor[r], s = shift[r]; \
      V vf = (V)f, vs = (V)s; \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) { \
        TK_SOON(x + i); \
        TK_SOON_WRITTEN(out + i); \
        TK_STORE(V, out + i, FMA(TK_LOAD(V, x + i) - m, vf, vs)); \
      } \
      for (; i < cols; i++) out[i] = TK_FUSED ? __builtin_elementwise_fma(x[i] - m, f, s) : (x[i] - m) * f + s; \
    } \
  } \
  static void row_combine_##P( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, const T *g, const T *x, const T *mean, const T *by_g, const T *by_x, \
    const T *shift) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, g += cols, out += cols) { \
      T m = mean[r], a = by_g[r], b = by_x[r], c = shift[r]; \
      V va = (V)a, vb = (V)b, vc = (V)c; \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) { \
        TK_SOON(x + i); \
        TK_SOON(g + i); \
        TK_SOON_WRITTEN(out + i); \
        TK_STORE(V, out + i, FMA(TK_LOAD(V, x + i) - m, vb, FMA(TK_LOAD(V, g + i), va, vc))); \
      } \
      for (; i < cols; i++) out[i] = (x[i] - m) * b + (g[i] * a + c); \
    } \
  } \
  static void layer_norm_backward_##P( \
    ptrdiff_t rows, ptrdiff_t cols, T *dx, T *dweight, T *dbias, const T *g, const T *x, const T *mean, const T *rstd, \
    const T *weight) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, g += cols) { \
      T middle = mean[r], scale = rstd[r]; \
      V s0 = (V)(T)0, p0 = s0; \
      double total = 0, product = 0; \
      ptrdiff_t i = 0; \
      while (i + lanes <= cols) { \
        s0 = p0 = (V)(T)0; \
        for (int k = 0; k < 2 * norm_block && i + lanes <= cols; k++, i += lanes) { \
          V v = TK_LOAD(V, g + i), normal = (TK_LOAD(V, x + i) - middle) * scale; \
          if (dbias) TK_STORE(V, dbias + i, TK_LOAD(V, dbias + i) + v); \
          if (dweight) TK_STORE(V, dweight + i, FMA(v, normal, TK_LOAD(V, dweight + i))); \
          if (weight) v *= TK_LOAD(V, weight + i); \
          s0 += v; \
          p0 = FMA(v, normal, p0); \
        } \
        total += (double)tk_sum_##P(s0); \
        product += (double)tk_sum_##P(p0); \
      } \
      for (; i < cols; i++) { \
        T v = g[i], normal = (x[i] - middle) * scale; \
        if (dbias) dbias[i] += v; \
        if (dweight) dweight[i] += v * normal; \
        if (weight) v *= weight[i]; \
        total += (double)v; \
        product += (double)v * (double)normal; \
      } \
      if (!dx) continue; \
      T shift = (T)(total / (double)cols), pull = (T)(product / (double)cols); \
      for (i = 0; i + lanes <= cols; i += lanes) { \
        V v = TK_LOAD(V, g + i), normal = (TK_LOAD(V, x + i) - middle) * scale; \
        if (weight) v *= TK_LOAD(V, weight + i); \
        TK_STORE(V, dx + i, (v - shift - normal * pull) * scale); \
      } \
      for (; i < cols; i++) { \
        T v = weight ? g[i] * weight[i] : g[i]; \
        dx[i] = (v - shift - (x[i] - middle) * scale * pull) * scale; \
      } \
      dx += cols; \
    } \
  }
NORM_ROWS(f32, float, VF)
NORM_ROWS(f64, double, VD)
