// Layer normalisation of contiguous rows: the mean, then the sum of squared distances from it.

#define LAYER_NORM(P, T, V, SQRT) \
  static void layer_norm_##P( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, T *mean, T *rstd, const T *in, const T *weight, const T *bias, \
    double eps) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < rows; r++, out += cols, in += cols) { \
      T middle = P##_line_sum(cols, (const char *)in, sizeof(T)) / (T)cols; \
      P##_cascade c; \
      c.blocks = 0; \
      V s0 = (V)(T)0, s1 = s0; \
      ptrdiff_t i = 0; \
      for (; i + 2 * lanes <= cols;) { \
        ptrdiff_t end = cols - i < 2 * lanes * sum_block ? cols : i + 2 * lanes * sum_block; \
        for (; i + 2 * lanes <= end; i += 2 * lanes) { \
          V d0 = TK_LOAD(V, in + i) - middle, d1 = TK_LOAD(V, in + i + lanes) - middle; \
          TK_SOON_WRITTEN(out + i); \
          TK_SOON_WRITTEN(out + i + lanes); \
          s0 = FMA(d0, d0, s0); \
          s1 = FMA(d1, d1, s1); \
        } \
        P##_cascade_push(&c, s0 + s1); \
        s0 = s1 = (V)(T)0; \
      } \
      for (; i < cols; i += lanes) { \
        V d = P##_part(in + i, cols - i < lanes ? cols - i : lanes, middle) - middle; \
        s0 = FMA(d, d, s0); \
      } \
      T variance = tk_sum_##P(P##_cascade_total(&c, s0)) / (T)cols; \
      T scale = 1 / SQRT(variance + (T)eps); \
      if (mean) mean[r] = middle; \
      if (rstd) rstd[r] = scale; \
      i = 0; \
      if (weight && bias) { \
        for (; i + lanes <= cols; i += lanes) \
          TK_STORE( \
            V, out + i, \
            FMA((TK_LOAD(V, in + i) - middle) * scale, TK_LOAD(V, weight + i), TK_LOAD(V, bias + i))); \
      } else if (!weight && !bias) { \
        for (; i + lanes <= cols; i += lanes) TK_STORE(V, out + i, (TK_LOAD(V, in + i) - middle) * scale); \
      } \
      for (; i < cols; i++) { \
        T y = (in[i] - middle) * scale; \
        T w = weight ? weight[i] : 1, b = bias ? bias[i] : 0; \
        out[i] = TK_FUSED ? __builtin_elementwise_fma(y, w, b) : y * w + b; \
      } \
    } \
  }
LAYER_NORM(f32, float, VF, sqrtf)
LAYER_NORM(f64, double, VD, sqrt)
