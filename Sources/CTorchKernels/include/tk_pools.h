// The maxima of windows, where they are, and the way back of their gradients. Everything is dense.
#pragma once
#include "tk_types.h"

/// Windows over planes of three dimensions, outermost first; a flat plane has sizes and kernels of 1. Where places
/// are wanted, a plane has at most 2^31 - 1 elements.
typedef struct tk_max_pool {
  ptrdiff_t in[3], out[3], kernel[3], stride[3], pad[3];
  /// Between the taps of a window: the dilation.
  ptrdiff_t step[3];
  /// How many planes lie side by side, element by element, where channels come last.
  ptrdiff_t channels;
} tk_max_pool;

/// Whether the functions below know a type: float32, float64 and bfloat16.
int tk_max_pool_takes(tk_dtype dtype);

/// Planes `begin` to `end`, which lie one after the other. `places`, null where they are not wanted, receives each maximum's
/// place in its plane; a window that has no element has its first tap's, which may lie outside.
void tk_max_pool_planes(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *out, int32_t *places, const void *in,
  const tk_max_pool *options);
/// The same where channels come last; rows `begin` to `end` of windows, counted over all images.
void tk_max_pool_pixels(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *out, int32_t *places, const void *in,
  const tk_max_pool *options);

/// The way back, for planes `begin` to `end`: each element receives the sum of the gradients of windows whose maximum it is.
/// Of the options, the sizes alone count.
void tk_max_pool_planes_slope(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *for_in, const void *gradient, const int32_t *places,
  const tk_max_pool *options);
/// The same where channels come last and each window has an element; rows `begin` to `end` of elements.
void tk_max_pool_pixels_slope(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *for_in, const void *gradient, const int32_t *places,
  const tk_max_pool *options);

/// The windows of pooling along three dimensions: window `i` of dimension `d` from `begin[d][i]` to before `end[d][i]`, none
/// of them empty.
typedef struct tk_windows {
  ptrdiff_t in[3], out[3];
  const int32_t *begin[3], *end[3];
} tk_windows;
/// The maximum of each window, and its place in its plane. A NaN is taken, and kept but for a later one.
void tk_window_max_f32(ptrdiff_t planes, float *out, int32_t *places, const float *in, const tk_windows *windows);
void tk_window_max_f64(ptrdiff_t planes, double *out, int32_t *places, const double *in, const tk_windows *windows);
