// Picks the compilation of single layers for this machine, and the copies that need none.
#include "layers.h"
#include <string.h>

static const tk_layer_kernels *kernels(void) {
#if defined(__x86_64__)
  static const tk_layer_kernels *const all[] = {
    &tk_layer_kernels_base, &tk_layer_kernels_avx2, &tk_layer_kernels_avx512};
  return all[tk_isa_level()];
#else
  return &tk_layer_kernels_base;
#endif
}

#define LAYER_ENTRIES(s, T) \
  void tk_resample_##s( \
    ptrdiff_t begin, ptrdiff_t end, T *out, const T *in, const tk_resampling *options, T *scratch) { \
    kernels()->resample_##s(begin, end, out, in, options, scratch); \
  } \
  void tk_bend_##s(ptrdiff_t n, T *out, const T *x, const T *y, const tk_bend *bend) { \
    kernels()->bend_##s(n, out, x, y, bend); \
  } \
  void tk_bend_slope_##s( \
    ptrdiff_t n, T *for_x, T *for_y, const T *gradient, int same, const T *x, const T *y, const tk_bend *bend) { \
    kernels()->bend_slope_##s(n, for_x, for_y, gradient, same, x, y, bend); \
  } \
  void tk_row_squares_##s(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *x) { \
    kernels()->row_squares_##s(rows, cols, out, x); \
  } \
  void tk_stretch_rows_##s(ptrdiff_t rows, ptrdiff_t cols, T *out, const T *in) { \
    kernels()->stretch_rows_##s(rows, cols, out, in); \
  }
LAYER_ENTRIES(f32, float)
LAYER_ENTRIES(f64, double)

void tk_glu_f32(ptrdiff_t n, float *out, const float *x, const float *gate) { kernels()->glu_f32(n, out, x, gate); }

void tk_glu_slope_f32(
  ptrdiff_t n, float *for_x, float *for_gate, const float *gradient, const float *x, const float *gate) {
  kernels()->glu_slope_f32(n, for_x, for_gate, gradient, x, gate);
}

#define SPREAD_ITEMS(size, T) \
  static void spread_##size(ptrdiff_t begin, ptrdiff_t end, char *out, const char *in, const int32_t *cols) { \
    T *o = (T *)(void *)out; \
    const T *p = (const T *)(const void *)in; \
    for (ptrdiff_t j = begin; j < end; j++) o[j] = p[cols[j]]; \
  }
SPREAD_ITEMS(1, uint8_t)
SPREAD_ITEMS(2, uint16_t)
SPREAD_ITEMS(4, uint32_t)
SPREAD_ITEMS(8, uint64_t)

static void spread_some(
  ptrdiff_t begin, ptrdiff_t end, char *out, const char *in, const int32_t *cols, ptrdiff_t size) {
  switch (size) {
  case 1: spread_1(begin, end, out, in, cols); break;
  case 2: spread_2(begin, end, out, in, cols); break;
  case 4: spread_4(begin, end, out, in, cols); break;
  case 8: spread_8(begin, end, out, in, cols); break;
  default:
    for (ptrdiff_t j = begin; j < end; j++) memcpy(out + j * size, in + cols[j] * size, (size_t)size);
  }
}

void tk_spread(ptrdiff_t begin, ptrdiff_t end, void *out, const void *in, const tk_spreading *o) {
  ptrdiff_t size = o->item_size, from = o->cols_from * size, to = o->cols_to * size;
  ptrdiff_t run = o->run_end - o->run_begin, at = o->run_begin * size;
  ptrdiff_t plane = begin / o->rows_to, row = begin % o->rows_to, before = -1;
  const char *p = (const char *)in + plane * o->rows_from * from;
  char *q = (char *)out + begin * to;
  for (ptrdiff_t i = begin; i < end; i++, q += to) {
    ptrdiff_t source = o->rows[row];
    if (source == before) {
      memcpy(q, q - to, (size_t)to);
    } else {
      const char *line = p + source * from;
      spread_some(0, o->run_begin, q, line, o->cols, size);
      if (run > 0) memcpy(q + at, line + o->cols[o->run_begin] * size, (size_t)(run * size));
      spread_some(o->run_end, o->cols_to, q, line, o->cols, size);
    }
    before = source;
    if (++row == o->rows_to) {
      row = 0;
      before = -1;
      p += o->rows_from * from;
    }
  }
}
