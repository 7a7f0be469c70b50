// What the per-ISA compilations offer to the dispatcher, and the scalar kernels that need none.
#pragma once
#include "include/CTorchKernels.h"

#define TK_DECLARE_ISA(isa) \
  tk_unary_fn tk_unary_float_##isa(int kernel, tk_dtype dtype); \
  tk_binary_fn tk_binary_float_##isa(int kernel, tk_dtype dtype); \
  tk_unary_fn tk_unary_integer_##isa(int kernel, tk_dtype dtype); \
  tk_unary_fn tk_unary_test_##isa(int kernel, tk_dtype dtype); \
  tk_binary_fn tk_binary_integer_##isa(int kernel, tk_dtype dtype); \
  tk_division_fn tk_division_##isa(int kernel, tk_dtype dtype); \
  tk_binary_fn tk_compare_##isa(int kernel, tk_dtype dtype); \
  tk_select_fn tk_select_##isa(ptrdiff_t item_size); \
  tk_unary_fn tk_cast_##isa(tk_dtype from, tk_dtype to); \
  tk_reduce_fn tk_reduce_##isa(int kernel, tk_dtype dtype); \
  tk_arg_fn tk_argreduce_##isa(int kernel, tk_dtype dtype); \
  extern const tk_row_kernels tk_row_kernels_##isa; \
  extern const tk_recurrence_kernels tk_recurrence_kernels_##isa;

/// The fixed-signature kernels of one ISA.
typedef struct tk_row_kernels {
  void (*softmax_f32)(ptrdiff_t, ptrdiff_t, float *, const float *);
  void (*softmax_f64)(ptrdiff_t, ptrdiff_t, double *, const double *);
  void (*log_softmax_f32)(ptrdiff_t, ptrdiff_t, float *, const float *);
  void (*log_softmax_f64)(ptrdiff_t, ptrdiff_t, double *, const double *);
  void (*softmax_backward_f32)(ptrdiff_t, ptrdiff_t, float *, const float *, const float *);
  void (*softmax_backward_f64)(ptrdiff_t, ptrdiff_t, double *, const double *, const double *);
  void (*log_softmax_backward_f32)(ptrdiff_t, ptrdiff_t, float *, const float *, const float *);
  void (*log_softmax_backward_f64)(ptrdiff_t, ptrdiff_t, double *, const double *, const double *);
  void (*softmax_columns_f32)(ptrdiff_t, ptrdiff_t, ptrdiff_t, float *, const float *);
  void (*softmax_columns_f64)(ptrdiff_t, ptrdiff_t, ptrdiff_t, double *, const double *);
  void (*log_softmax_columns_f32)(ptrdiff_t, ptrdiff_t, ptrdiff_t, float *, const float *);
  void (*log_softmax_columns_f64)(ptrdiff_t, ptrdiff_t, ptrdiff_t, double *, const double *);
  void (*log_sum_exp_f32)(ptrdiff_t, ptrdiff_t, float *, const float *);
  void (*log_sum_exp_f64)(ptrdiff_t, ptrdiff_t, double *, const double *);
  void (*layer_norm_f32)(
    ptrdiff_t, ptrdiff_t, float *, float *, float *, const float *, const float *, const float *, double);
  void (*layer_norm_f64)(
    ptrdiff_t, ptrdiff_t, double *, double *, double *, const double *, const double *, const double *, double);
  void (*row_moments_f32)(
    ptrdiff_t, ptrdiff_t, const float *, double *, double *);
  void (*row_slopes_f32)(
    ptrdiff_t, ptrdiff_t, const float *, const float *, const float *, double *, double *);
  void (*row_affine_f32)(
    ptrdiff_t, ptrdiff_t, float *, const float *, const float *, const float *, const float *);
  void (*row_combine_f32)(
    ptrdiff_t, ptrdiff_t, float *, const float *, const float *, const float *, const float *, const float *,
    const float *);
  void (*layer_norm_backward_f32)(
    ptrdiff_t, ptrdiff_t, float *, float *, float *, const float *, const float *, const float *, const float *,
    const float *);
  void (*row_moments_f64)(
    ptrdiff_t, ptrdiff_t, const double *, double *, double *);
  void (*row_slopes_f64)(
    ptrdiff_t, ptrdiff_t, const double *, const double *, const double *, double *, double *);
  void (*row_affine_f64)(
    ptrdiff_t, ptrdiff_t, double *, const double *, const double *, const double *, const double *);
  void (*row_combine_f64)(
    ptrdiff_t, ptrdiff_t, double *, const double *, const double *, const double *, const double *,
    const double *, const double *);
  void (*layer_norm_backward_f64)(
    ptrdiff_t, ptrdiff_t, double *, double *, double *, const double *, const double *, const double *,
    const double *, const double *);
  void (*sgd_step_f32)(ptrdiff_t, float *, const float *, float *, const tk_sgd_options *);
  void (*sgd_step_f64)(ptrdiff_t, double *, const double *, double *, const tk_sgd_options *);
  void (*adam_step_f32)(ptrdiff_t, float *, const float *, float *, float *, float *, const tk_adam_options *);
  void (*adam_step_f64)(ptrdiff_t, double *, const double *, double *, double *, double *, const tk_adam_options *);
  void (*optimizer_step_f32)(
    ptrdiff_t, float *, const float *, float *, float *, float *, const tk_step_options *);
  void (*optimizer_step_f64)(
    ptrdiff_t, double *, const double *, double *, double *, double *, const tk_step_options *);
  void (*scatter_add_rows_f32)(
    ptrdiff_t, ptrdiff_t, float *, ptrdiff_t, const float *, ptrdiff_t, const int64_t *);
  void (*scatter_add_rows_f64)(
    ptrdiff_t, ptrdiff_t, double *, ptrdiff_t, const double *, ptrdiff_t, const int64_t *);
  tk_scan_fn (*scan)(tk_reduce_kernel, tk_dtype);
} tk_row_kernels;

/// The steps of recurrent nets of one ISA.
typedef struct tk_recurrence_kernels {
  void (*step)(tk_recurrence, const tk_recurrence_step *);
  int (*slope)(tk_recurrence, const tk_recurrence_slope *);
} tk_recurrence_kernels;

TK_DECLARE_ISA(base)
TK_DECLARE_ISA(avx2)
TK_DECLARE_ISA(avx512)

/// Scalar kernels over libm, one compilation for all.
tk_unary_fn tk_unary_libm(int kernel, tk_dtype dtype);
tk_binary_fn tk_binary_libm(int kernel, tk_dtype dtype);
