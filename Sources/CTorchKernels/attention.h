// What the per-ISA compilations of attention and dropout offer.
#pragma once
#include "include/CTorchKernels.h"

typedef struct tk_attention_kernels {
  void (*weights_f32)(const tk_score_rows *, float *);
  void (*again_f32)(const tk_score_rows *, const float *, float *);
  void (*slopes_f32)(const tk_score_rows *, const float *, const float *);
  void (*row_dots_f32)(ptrdiff_t, ptrdiff_t, float *, const float *, ptrdiff_t, const float *, ptrdiff_t);
  void (*dropout_f32)(
    tk_dropout_kind, ptrdiff_t, float *, ptrdiff_t, const float *, ptrdiff_t, uint8_t *, ptrdiff_t, const float *,
    ptrdiff_t, float);
  // Of machines with a matrix unit, else null.
  int (*weights_parts_f32)(const tk_score_rows *, float *, float *, const tk_parts *);
  int (*again_parts_f32)(const tk_score_rows *, const float *, const tk_parts *);
  int (*slopes_parts_f32)(const tk_score_rows *, const float *, const float *, const tk_parts *, const tk_parts *);
} tk_attention_kernels;

extern const tk_attention_kernels tk_attention_kernels_base, tk_attention_kernels_avx2, tk_attention_kernels_avx512;
