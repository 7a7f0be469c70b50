// Picks the compilation of pooling for this machine, and the windows of unequal sizes, which need none.
#include "pools.h"

static const tk_pool_kernels *kernels(void) {
#if defined(__x86_64__)
  static const tk_pool_kernels *const all[] = {&tk_pool_kernels_base, &tk_pool_kernels_avx2, &tk_pool_kernels_avx512};
  return all[tk_isa_level()];
#else
  return &tk_pool_kernels_base;
#endif
}

int tk_max_pool_takes(tk_dtype dtype) {
  return dtype == TK_FLOAT32 || dtype == TK_FLOAT64 || dtype == TK_BFLOAT16;
}

#define POOL_CALL(function, ...) \
  switch (dtype) { \
  case TK_FLOAT32: kernels()->function##_f32(__VA_ARGS__); break; \
  case TK_FLOAT64: kernels()->function##_f64(__VA_ARGS__); break; \
  case TK_BFLOAT16: kernels()->function##_bf16(__VA_ARGS__); break; \
  default: break; \
  }

void tk_max_pool_planes(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *out, int32_t *places, const void *in,
  const tk_max_pool *options) {
  POOL_CALL(planes, begin, end, out, places, in, options)
}

void tk_max_pool_pixels(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *out, int32_t *places, const void *in,
  const tk_max_pool *options) {
  POOL_CALL(pixels, begin, end, out, places, in, options)
}

void tk_max_pool_planes_slope(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *for_in, const void *gradient, const int32_t *places,
  const tk_max_pool *options) {
  POOL_CALL(planes_slope, begin, end, for_in, gradient, places, options)
}

void tk_max_pool_pixels_slope(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, void *for_in, const void *gradient, const int32_t *places,
  const tk_max_pool *options) {
  POOL_CALL(pixels_slope, begin, end, for_in, gradient, places, options)
}

#define WINDOW_MAX(s, T) \
  void tk_window_max_##s(ptrdiff_t planes, T *out, int32_t *places, const T *in, const tk_windows *w) { \
    ptrdiff_t plane = w->in[0] * w->in[1] * w->in[2]; \
    for (; planes > 0; planes--, in += plane) \
      for (ptrdiff_t oz = 0; oz < w->out[0]; oz++) \
        for (ptrdiff_t oy = 0; oy < w->out[1]; oy++) \
          for (ptrdiff_t ox = 0; ox < w->out[2]; ox++) { \
            ptrdiff_t begin = w->begin[2][ox], end = w->end[2][ox]; \
            ptrdiff_t found = (w->begin[0][oz] * w->in[1] + w->begin[1][oy]) * w->in[2] + begin; \
            T best = in[found]; \
            for (ptrdiff_t z = w->begin[0][oz]; z < w->end[0][oz]; z++) \
              for (ptrdiff_t y = w->begin[1][oy]; y < w->end[1][oy]; y++) { \
                ptrdiff_t row = (z * w->in[1] + y) * w->in[2]; \
                for (ptrdiff_t x = row + begin; x < row + end; x++) { \
                  if (in[x] > best || in[x] != in[x]) best = in[x], found = x; \
                } \
              } \
            *out++ = best; \
            *places++ = (int32_t)found; \
          } \
  }
WINDOW_MAX(f32, float)
WINDOW_MAX(f64, double)
