// Which compilation runs: the CPU's features, read once, and the public lookups over them.
#include <stdatomic.h>
#include <stddef.h>
#include "internal.h"

#define TK_CASE_NAME(name) #name,
#define TK_NAME_LOOKUP(function, list) \
  const char *function(int kernel) { \
    static const char *const names[] = {list(TK_CASE_NAME)}; \
    return kernel >= 0 && kernel < (int)(sizeof(names) / sizeof(*names)) ? names[kernel] : NULL; \
  }
TK_NAME_LOOKUP(tk_unary_name, TK_UNARY_LIST)
TK_NAME_LOOKUP(tk_unary_test_name, TK_UNARY_TEST_LIST)
TK_NAME_LOOKUP(tk_binary_name, TK_BINARY_LIST)
TK_NAME_LOOKUP(tk_compare_name, TK_COMPARE_LIST)
TK_NAME_LOOKUP(tk_reduce_name, TK_REDUCE_LIST)

// The level plus one; 0 before the first question. Two threads that ask at once find the same answer.
static _Atomic int known_level;

static int machine_level(void) {
#if defined(__x86_64__)
  // These ask the operating system too, whether it saves the wide registers.
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("lzcnt") &&
             __builtin_cpu_supports("popcnt");
  if (!avx2) return 0;
  int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx512 ? 2 : 1;
#else
  return 0;
#endif
}

int tk_isa_level(void) {
  int known = atomic_load_explicit(&known_level, memory_order_relaxed);
  if (known == 0) {
    known = machine_level() + 1;
    atomic_store_explicit(&known_level, known, memory_order_relaxed);
  }
  return known - 1;
}

void tk_isa_limit(int level) {
  int machine = machine_level();
  int wanted = level < 0 ? 0 : level;
  atomic_store_explicit(&known_level, (wanted < machine ? wanted : machine) + 1, memory_order_relaxed);
}

const char *tk_isa_name(void) {
#if defined(__x86_64__)
  static const char *const names[] = {"sse2", "avx2", "avx512"};
  return names[tk_isa_level()];
#elif defined(__aarch64__)
  return "neon";
#else
  return "baseline";
#endif
}

#if defined(__x86_64__)
#define TK_PICK(function, ...) \
  (tk_isa_level() == 2   ? function##_avx512(__VA_ARGS__) \
   : tk_isa_level() == 1 ? function##_avx2(__VA_ARGS__) \
                         : function##_base(__VA_ARGS__))
#else
#define TK_PICK(function, ...) function##_base(__VA_ARGS__)
#endif

static int in_range(int kernel, int count, tk_dtype dtype) {
  return kernel >= 0 && kernel < count && (int)dtype >= 0 && (int)dtype < TK_DTYPE_LIMIT;
}

tk_unary_fn tk_unary(tk_unary_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_UNARY_COUNT, dtype)) return NULL;
  if (dtype != TK_FLOAT32 && dtype != TK_FLOAT64) return TK_PICK(tk_unary_integer, (int)kernel, dtype);
  tk_unary_fn f = TK_PICK(tk_unary_float, (int)kernel, dtype);
  return f ? f : tk_unary_libm((int)kernel, dtype);
}

tk_unary_fn tk_unary_test(tk_unary_test_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_UNARY_TEST_COUNT, dtype)) return NULL;
  if (kernel == TK_UNARY_TEST_logicalNot && dtype == TK_BOOL) return tk_unary(TK_UNARY_bitwiseNot, dtype);
  return TK_PICK(tk_unary_test, (int)kernel, dtype);
}

tk_binary_fn tk_binary(tk_binary_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_BINARY_COUNT, dtype)) return NULL;
  if (dtype != TK_FLOAT32 && dtype != TK_FLOAT64) return TK_PICK(tk_binary_integer, (int)kernel, dtype);
  tk_binary_fn f = TK_PICK(tk_binary_float, (int)kernel, dtype);
  return f ? f : tk_binary_libm((int)kernel, dtype);
}

tk_binary_fn tk_compare(tk_compare_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_COMPARE_COUNT, dtype)) return NULL;
  return TK_PICK(tk_compare, (int)kernel, dtype);
}

tk_division_fn tk_division(tk_binary_kernel kernel, tk_dtype dtype) { return TK_PICK(tk_division, (int)kernel, dtype); }

tk_select_fn tk_select(ptrdiff_t item_size) { return TK_PICK(tk_select, item_size); }

tk_unary_fn tk_cast(tk_dtype from, tk_dtype to) {
  if (!in_range(0, 1, from) || !in_range(0, 1, to)) return NULL;
  return TK_PICK(tk_cast, from, to);
}

tk_reduce_fn tk_reduce(tk_reduce_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_REDUCE_COUNT, dtype)) return NULL;
  return TK_PICK(tk_reduce, (int)kernel, dtype);
}

tk_arg_fn tk_argreduce(tk_reduce_kernel kernel, tk_dtype dtype) {
  if (!in_range((int)kernel, TK_REDUCE_COUNT, dtype)) return NULL;
  return TK_PICK(tk_argreduce, (int)kernel, dtype);
}

static const tk_row_kernels *row_kernels(void) {
#if defined(__x86_64__)
  static const tk_row_kernels *const all[] = {&tk_row_kernels_base, &tk_row_kernels_avx2, &tk_row_kernels_avx512};
  return all[tk_isa_level()];
#else
  return &tk_row_kernels_base;
#endif
}

tk_scan_fn tk_scan(tk_reduce_kernel kernel, tk_dtype dtype) { return row_kernels()->scan(kernel, dtype); }

#define TK_ROW_ENTRIES(s, T) \
  void tk_softmax_##s(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    row_kernels()->softmax_##s(rows, cols, out, in); \
  } \
  void tk_log_softmax_##s(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    row_kernels()->log_softmax_##s(rows, cols, out, in); \
  } \
  void tk_softmax_columns_##s(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, T *out, const T *in) { \
    row_kernels()->softmax_columns_##s(count, columns, step, out, in); \
  } \
  void tk_log_softmax_columns_##s(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, T *out, const T *in) { \
    row_kernels()->log_softmax_columns_##s(count, columns, step, out, in); \
  } \
  void tk_log_sum_exp_##s(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    row_kernels()->log_sum_exp_##s(rows, cols, out, in); \
  } \
  void tk_softmax_backward_##s(ptrdiff_t rows, ptrdiff_t cols, T *grad_in, const T *grad_out, const T *output) { \
    row_kernels()->softmax_backward_##s(rows, cols, grad_in, grad_out, output); \
  } \
  void tk_log_softmax_backward_##s(ptrdiff_t rows, ptrdiff_t cols, T *grad_in, const T *grad_out, const T *output) { \
    row_kernels()->log_softmax_backward_##s(rows, cols, grad_in, grad_out, output); \
  } \
  void tk_layer_norm_##s( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, T *mean, T *rstd, const T *in, const T *weight, const T *bias, \
    double eps) { \
    row_kernels()->layer_norm_##s(rows, cols, out, mean, rstd, in, weight, bias, eps); \
  } \
  void tk_row_moments_##s(ptrdiff_t rows, ptrdiff_t cols, const T *x, double *mean, double *spread) { \
    row_kernels()->row_moments_##s(rows, cols, x, mean, spread); \
  } \
  void tk_row_slopes_##s( \
    ptrdiff_t rows, ptrdiff_t cols, const T *g, const T *x, const T *mean, double *sum, double *along) { \
    row_kernels()->row_slopes_##s(rows, cols, g, x, mean, sum, along); \
  } \
  void tk_row_affine_##s( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, const T *x, const T *mean, const T *factor, const T *shift) { \
    row_kernels()->row_affine_##s(rows, cols, out, x, mean, factor, shift); \
  } \
  void tk_row_combine_##s( \
    ptrdiff_t rows, ptrdiff_t cols, T *out, const T *g, const T *x, const T *mean, const T *by_g, const T *by_x, \
    const T *shift) { \
    row_kernels()->row_combine_##s(rows, cols, out, g, x, mean, by_g, by_x, shift); \
  } \
  void tk_layer_norm_backward_##s( \
    ptrdiff_t rows, ptrdiff_t cols, T *dx, T *dweight, T *dbias, const T *g, const T *x, const T *mean, \
    const T *rstd, const T *weight) { \
    row_kernels()->layer_norm_backward_##s(rows, cols, dx, dweight, dbias, g, x, mean, rstd, weight); \
  } \
  void tk_sgd_step_##s(ptrdiff_t n, T *param, const T *grad, T *buffer, const tk_sgd_options *options) { \
    row_kernels()->sgd_step_##s(n, param, grad, buffer, options); \
  } \
  void tk_adam_step_##s( \
    ptrdiff_t n, T *param, const T *grad, T *exp_avg, T *exp_avg_sq, T *max_exp_avg_sq, \
    const tk_adam_options *options) { \
    row_kernels()->adam_step_##s(n, param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, options); \
  } \
  void tk_optimizer_step_##s( \
    ptrdiff_t n, T *param, const T *grad, T *state0, T *state1, T *state2, const tk_step_options *options) { \
    row_kernels()->optimizer_step_##s(n, param, grad, state0, state1, state2, options); \
  } \
  void tk_scatter_add_rows_##s( \
    ptrdiff_t count, ptrdiff_t cols, T *out, ptrdiff_t out_rs, const T *in, ptrdiff_t in_rs, const int64_t *index) { \
    row_kernels()->scatter_add_rows_##s(count, cols, out, out_rs, in, in_rs, index); \
  }
TK_ROW_ENTRIES(f32, float)
TK_ROW_ENTRIES(f64, double)

static const tk_recurrence_kernels *recurrence_kernels(void) {
#if defined(__x86_64__)
  static const tk_recurrence_kernels *const all[] = {
    &tk_recurrence_kernels_base, &tk_recurrence_kernels_avx2, &tk_recurrence_kernels_avx512};
  return all[tk_isa_level()];
#else
  return &tk_recurrence_kernels_base;
#endif
}

void tk_recurrence_step_f32(tk_recurrence kind, const tk_recurrence_step *step) {
  recurrence_kernels()->step(kind, step);
}

int tk_recurrence_slope_f32(tk_recurrence kind, const tk_recurrence_slope *slope) {
  return recurrence_kernels()->slope(kind, slope);
}
