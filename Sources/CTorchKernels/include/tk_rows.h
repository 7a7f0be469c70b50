// Whole rows at once: softmax, layer normalisation, optimiser steps. Everything is contiguous.
#pragma once
#include "tk_types.h"

void tk_softmax_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_softmax_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
void tk_log_softmax_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_log_softmax_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
/// Along `count` lines that lie `step` items apart, for each of their first `columns` items.
void tk_softmax_columns_f32(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, float *out, const float *in);
void tk_softmax_columns_f64(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, double *out, const double *in);
void tk_log_softmax_columns_f32(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, float *out, const float *in);
void tk_log_softmax_columns_f64(ptrdiff_t count, ptrdiff_t columns, ptrdiff_t step, double *out, const double *in);
/// out[r] = the logarithm of the sum of row r's exponentials.
void tk_log_sum_exp_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_log_sum_exp_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
/// `output` is the forward's result.
void tk_softmax_backward_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *grad_in, const float *grad_out, const float *output);
void tk_softmax_backward_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *grad_in, const double *grad_out, const double *output);
void tk_log_softmax_backward_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *grad_in, const float *grad_out, const float *output);
void tk_log_softmax_backward_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *grad_in, const double *grad_out, const double *output);

/// out = (in - mean) * rstd * weight + bias by rows; weight, bias, mean and rstd may be NULL. The variance is biased.
void tk_layer_norm_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, float *mean, float *rstd, const float *in, const float *weight,
  const float *bias, double eps);
void tk_layer_norm_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *out, double *mean, double *rstd, const double *in, const double *weight,
  const double *bias, double eps);

/// mean[r] of row r, and spread[r] = the sum of (x - mean[r])^2.
void tk_row_moments_f32(
  ptrdiff_t rows, ptrdiff_t cols, const float *x, double *mean, double *spread);
void tk_row_moments_f64(
  ptrdiff_t rows, ptrdiff_t cols, const double *x, double *mean, double *spread);
/// sum[r] = the sum of g, along[r] the sum of g * (x - mean[r]) over row r.
void tk_row_slopes_f32(
  ptrdiff_t rows, ptrdiff_t cols, const float *g, const float *x, const float *mean, double *sum, double *along);
void tk_row_slopes_f64(
  ptrdiff_t rows, ptrdiff_t cols, const double *g, const double *x, const double *mean, double *sum, double *along);
/// out = (x - mean[r]) * factor[r] + shift[r] in row r.
void tk_row_affine_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, const float *x, const float *mean, const float *factor,
  const float *shift);
void tk_row_affine_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *out, const double *x, const double *mean, const double *factor,
  const double *shift);
/// out = g * by_g[r] + (x - mean[r]) * by_x[r] + shift[r] in row r.
void tk_row_combine_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, const float *g, const float *x, const float *mean,
  const float *by_g, const float *by_x,
  const float *shift);
void tk_row_combine_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *out, const double *g, const double *x, const double *mean,
  const double *by_g, const double *by_x,
  const double *shift);
/// The gradients of layer_norm: `dx` is written, `dweight` and `dbias` of a row's size are added to; each may be NULL,
/// and `weight` where there was none.
void tk_layer_norm_backward_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *dx, float *dweight, float *dbias, const float *g, const float *x,
  const float *mean,
  const float *rstd, const float *weight);
void tk_layer_norm_backward_f64(
  ptrdiff_t rows, ptrdiff_t cols, double *dx, double *dweight, double *dbias, const double *g, const double *x,
  const double *mean,
  const double *rstd, const double *weight);

typedef struct tk_sgd_options {
  double lr, momentum, dampening, weight_decay;
  int nesterov, maximize;
  /// The first step with momentum: the buffer starts as the gradient.
  int first;
} tk_sgd_options;
/// `momentum_buffer` may be NULL without momentum.
void tk_sgd_step_f32(
  ptrdiff_t n, float *param, const float *grad, float *momentum_buffer, const tk_sgd_options *options);
void tk_sgd_step_f64(
  ptrdiff_t n, double *param, const double *grad, double *momentum_buffer, const tk_sgd_options *options);

typedef struct tk_adam_options {
  double lr, beta1, beta2, eps, weight_decay;
  /// The number of this step, from 1.
  double step;
  int amsgrad, maximize;
  /// Weight decay as in AdamW.
  int decoupled;
} tk_adam_options;
/// `max_exp_avg_sq` may be NULL without amsgrad.
void tk_adam_step_f32(
  ptrdiff_t n, float *param, const float *grad, float *exp_avg, float *exp_avg_sq, float *max_exp_avg_sq,
  const tk_adam_options *options);
void tk_adam_step_f64(
  ptrdiff_t n, double *param, const double *grad, double *exp_avg, double *exp_avg_sq, double *max_exp_avg_sq,
  const tk_adam_options *options);

/// Optimizers whose step is pointwise and shares one walk over memory. What the three states are, in order:
typedef enum tk_step_kind {
  TK_STEP_ADADELTA, ///< square_avg, acc_delta
  TK_STEP_ADAGRAD,  ///< sum
  TK_STEP_ADAMAX,   ///< exp_avg, exp_inf
  TK_STEP_NADAM,    ///< exp_avg, exp_avg_sq
  TK_STEP_RADAM,    ///< exp_avg, exp_avg_sq
  TK_STEP_RMSPROP,  ///< square_avg, grad_avg if centered, momentum_buffer if there is momentum
  TK_STEP_RPROP,    ///< prev, step_size
  TK_STEP_ASGD,     ///< ax
} tk_step_kind;
typedef struct tk_step_options {
  tk_step_kind kind;
  int maximize;
  /// Whether weight decay shrinks the weights, to `keep` of them.
  int decoupled;
  double weight_decay, keep;
  /// What a new gradient counts in the average of gradients, what is kept of the average of squares.
  double weight, square_keep;
  double eps;
  /// What the (gradient's) quotient is multiplied by; what NAdam's average is.
  double rate, average_rate;
  /// What averages are divided by: RAdam's gradients, NAdam's squares.
  double correction;
  /// RAdam: the root of the squares' correction and the rectifier; 0 while there is none.
  double root, rectifier;
  double momentum;
  /// Rprop: what a step size is multiplied by after a turn and without, and its bounds.
  double less, more, smallest, largest;
  /// ASGD: what is kept of the weights, and what the new ones count in the average.
  double shrink, share;
} tk_step_options;
/// Each state may be NULL where the kind has none.
void tk_optimizer_step_f32(
  ptrdiff_t n, float *param, const float *grad, float *state0, float *state1, float *state2,
  const tk_step_options *options);
void tk_optimizer_step_f64(
  ptrdiff_t n, double *param, const double *grad, double *state0, double *state1, double *state2,
  const tk_step_options *options);
