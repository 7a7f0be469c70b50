// What the per-ISA compilations of single layers offer.
#pragma once
#include "include/CTorchKernels.h"

#define TK_LAYER_KERNELS(s, T) \
  void (*resample_##s)(ptrdiff_t, ptrdiff_t, T *, const T *, const tk_resampling *, T *); \
  void (*bend_##s)(ptrdiff_t, T *, const T *, const T *, const tk_bend *); \
  void (*bend_slope_##s)(ptrdiff_t, T *, T *, const T *, int, const T *, const T *, const tk_bend *); \
  void (*row_squares_##s)(ptrdiff_t, ptrdiff_t, T *, const T *); \
  void (*stretch_rows_##s)(ptrdiff_t, ptrdiff_t, T *, const T *);

typedef struct tk_layer_kernels {
  TK_LAYER_KERNELS(f32, float)
  TK_LAYER_KERNELS(f64, double)
  void (*glu_f32)(ptrdiff_t, float *, const float *, const float *);
  void (*glu_slope_f32)(ptrdiff_t, float *, float *, const float *, const float *, const float *);
} tk_layer_kernels;

extern const tk_layer_kernels tk_layer_kernels_base, tk_layer_kernels_avx2, tk_layer_kernels_avx512;
