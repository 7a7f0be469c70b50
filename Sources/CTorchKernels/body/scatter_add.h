// out[index[i]] += in[i] by rows, and the table of this compilation's row kernels.

#define SCATTER_ADD(P, T, V) \
  static void scatter_add_rows_##P( \
    ptrdiff_t count, ptrdiff_t cols, T *out, ptrdiff_t out_rs, const T *in, ptrdiff_t in_rs, const int64_t *index) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    for (ptrdiff_t r = 0; r < count; r++) { \
      T *o = (T *)(void *)((char *)out + index[r] * out_rs); \
      const T *p = (const T *)(const void *)((const char *)in + r * in_rs); \
      ptrdiff_t i = 0; \
      for (; i + lanes <= cols; i += lanes) TK_STORE(V, o + i, TK_LOAD(V, o + i) + TK_LOAD(V, p + i)); \
      for (; i < cols; i++) o[i] += p[i]; \
    } \
  }
SCATTER_ADD(f32, float, VF)
SCATTER_ADD(f64, double, VD)

#define ROW_FIELDS(P) \
  .softmax_columns_##P = softmax_columns_##P, .log_softmax_columns_##P = log_softmax_columns_##P, \
  .log_sum_exp_##P = log_sum_exp_##P, \
  .softmax_##P = softmax_##P, .log_softmax_##P = log_softmax_##P, .softmax_backward_##P = softmax_backward_##P, \
  .log_softmax_backward_##P = log_softmax_backward_##P, .layer_norm_##P = layer_norm_##P, \
  .row_moments_##P = row_moments_##P, .row_slopes_##P = row_slopes_##P, .row_affine_##P = row_affine_##P, \
  .row_combine_##P = row_combine_##P, .layer_norm_backward_##P = layer_norm_backward_##P, \
  .sgd_step_##P = sgd_step_##P, .adam_step_##P = adam_step_##P, \
  .optimizer_step_##P = optimizer_step_##P, .scatter_add_rows_##P = scatter_add_rows_##P
const tk_row_kernels TK_ISA(tk_row_kernels) = {ROW_FIELDS(f32), ROW_FIELDS(f64), .scan = scan};
