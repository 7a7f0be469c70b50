// What the per-ISA compilations of pooling offer.
#pragma once
#include "include/CTorchKernels.h"

// bf16 are the bits of a bfloat16.
#define TK_POOL_KERNELS(s, T) \
  void (*planes_##s)(ptrdiff_t, ptrdiff_t, T *, int32_t *, const T *, const tk_max_pool *); \
  void (*pixels_##s)(ptrdiff_t, ptrdiff_t, T *, int32_t *, const T *, const tk_max_pool *); \
  void (*planes_slope_##s)(ptrdiff_t, ptrdiff_t, T *, const T *, const int32_t *, const tk_max_pool *); \
  void (*pixels_slope_##s)(ptrdiff_t, ptrdiff_t, T *, const T *, const int32_t *, const tk_max_pool *);

typedef struct tk_pool_kernels {
  TK_POOL_KERNELS(f32, float)
  TK_POOL_KERNELS(f64, double)
  TK_POOL_KERNELS(bf16, uint16_t)
} tk_pool_kernels;

extern const tk_pool_kernels tk_pool_kernels_base, tk_pool_kernels_avx2, tk_pool_kernels_avx512;
