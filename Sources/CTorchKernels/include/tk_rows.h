// Whole rows at once: softmax, layer normalisation, optimiser steps. Everything is contiguous.
#pragma once
#include "tk_types.h"

void tk_softmax_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_softmax_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
void tk_log_softmax_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_log_softmax_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
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
