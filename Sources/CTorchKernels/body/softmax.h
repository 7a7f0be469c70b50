// Softmax of contiguous rows, its logarithm, and their gradients.

TK_INLINE VD f64_exp_lanes(VD x) {
  for (int k = 0; k < TK_VB / 8; k++) x[k] = exp(x[k]);
  return x;
}

// e^x, where numbers too low for any result are left out: a hidden score costs hundreds of cycles in arithmetic that
// underflows.
TK_INLINE VF f32_share(VF x) {
  VI gone = x < -104.0f;
  return SEL(gone, f32_splat(0.0f), f32_exp(SEL(gone, f32_splat(0.0f), x)));
}

// Up to here a row's gradient is added up in float64.
enum { short_row = 16 };

#define SOFTMAX(P, T, V, EXP, LOG) \
  /* The first `count` items of p, then `pad`. */ \
  TK_INLINE V P##_part(const T *p, ptrdiff_t count, T pad) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    T block[lanes]; \
    TK_STORE(V, block, (V)pad); \
    for (ptrdiff_t k = 0; k < count; k++) block[k] = p[k]; \
    return TK_LOAD(V, block); \
  } \
  TK_INLINE void P##_part_store(T *p, ptrdiff_t count, V v) { \
    T block[sizeof(V) / sizeof(T)]; \
    TK_STORE(V, block, v); \
    for (ptrdiff_t k = 0; k < count; k++) p[k] = block[k]; \
  } \
  /* The sum of exp(x - high), each term stored where `out` is given. */ \
  static T P##_exp_sum(ptrdiff_t n, T *out, const T *in, T high) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    V s0 = (V)(T)0, s1 = s0; \
    P##_cascade c; \
    c.blocks = 0; \
    ptrdiff_t i = 0; \
    for (; i + 2 * lanes <= n;) { \
      ptrdiff_t end = n - i < 2 * lanes * sum_block ? n : i + 2 * lanes * sum_block; \
      for (; i + 2 * lanes <= end; i += 2 * lanes) { \
        V e0 = EXP(TK_LOAD(V, in + i) - high), e1 = EXP(TK_LOAD(V, in + i + lanes) - high); \
        if (out) { \
          TK_SOON_WRITTEN(out + i); \
          TK_SOON_WRITTEN(out + i + lanes); \
          TK_STORE(V, out + i, e0); \
          TK_STORE(V, out + i + lanes, e1); \
        } \
        s0 += e0; \
        s1 += e1; \
      } \
      P##_cascade_push(&c, s0 + s1); \
      s0 = s1 = (V)(T)0; \
    } \
    for (; i < n; i += lanes) { \
      ptrdiff_t count = n - i < lanes ? n - i : lanes; \
      V e = EXP(P##_part(in + i, count, -INFINITY) - high); \
      if (out) P##_part_store(out + i, count, e); \
      s0 += P##_part((const T *)&e, count, 0); \
    } \
    return tk_sum_##P(P##_cascade_total(&c, s0)); \
  } \
  static void softmax_##P(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (; rows > 0; rows--, out += cols, in += cols) { \
      T high = reduce_max_##P##_line(cols, (const char *)in); \
      T scale = 1 / P##_exp_sum(cols, out, in, high); \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) TK_STORE(V, out + i, TK_LOAD(V, out + i) * scale); \
      for (; i < cols; i++) out[i] *= scale; \
    } \
  } \
  static void log_softmax_##P(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (; rows > 0; rows--, out += cols, in += cols) { \
      T high = reduce_max_##P##_line(cols, (const char *)in); \
      T shift = LOG(P##_exp_sum(cols, NULL, in, high)); \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) TK_STORE(V, out + i, TK_LOAD(V, in + i) - high - shift); \
      for (; i < cols; i++) out[i] = in[i] - high - shift; \
    } \
  } \
  static void softmax_backward_##P(ptrdiff_t rows, ptrdiff_t cols, T *grad_in, const T *grad_out, const T *output) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (; rows > 0; rows--, grad_in += cols, grad_out += cols, output += cols) { \
      if (cols <= short_row) { \
        /* Where one weight is nearly 1, all that is left of its gradient is what rounding leaves: no more than it must. */ \
        double exact = 0; \
        for (ptrdiff_t i = 0; i < cols; i++) exact += (double)grad_out[i] * output[i]; \
        for (ptrdiff_t i = 0; i < cols; i++) grad_in[i] = (T)((grad_out[i] - exact) * output[i]); \
        continue; \
      } \
      P##_cascade c; \
      c.blocks = 0; \
      V s = (V)(T)0; \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols;) { \
        ptrdiff_t end = cols - i < lanes * sum_block ? cols : i + lanes * sum_block; \
        for (; i + lanes <= end; i += lanes) s += TK_LOAD(V, grad_out + i) * TK_LOAD(V, output + i); \
        P##_cascade_push(&c, s); \
        s = (V)(T)0; \
      } \
      if (i < cols) s = P##_part(grad_out + i, cols - i, 0) * P##_part(output + i, cols - i, 0); \
      T total = tk_sum_##P(P##_cascade_total(&c, s)); \
      i = 0; \
      for (; i + lanes <= cols; i += lanes) \
        TK_STORE(V, grad_in + i, (TK_LOAD(V, grad_out + i) - total) * TK_LOAD(V, output + i)); \
      for (; i < cols; i++) grad_in[i] = (grad_out[i] - total) * output[i]; \
    } \
  } \
  static void log_softmax_backward_##P( \
    ptrdiff_t rows, ptrdiff_t cols, T *grad_in, const T *grad_out, const T *output) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (; rows > 0; rows--, grad_in += cols, grad_out += cols, output += cols) { \
      T total = P##_line_sum(cols, (const char *)grad_out, sizeof(T)); \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) \
        TK_STORE(V, grad_in + i, TK_LOAD(V, grad_out + i) - EXP(TK_LOAD(V, output + i)) * total); \
      if (i < cols) { \
        V g = P##_part(grad_out + i, cols - i, 0), y = P##_part(output + i, cols - i, 0); \
        P##_part_store(grad_in + i, cols - i, g - EXP(y) * total); \
      } \
    } \
  }
SOFTMAX(f32, float, VF, f32_share, logf)
SOFTMAX(f64, double, VD, f64_exp_lanes, log)
