// Picks the compilation of attention and dropout for this machine.
#include "attention.h"

static const tk_attention_kernels *kernels(void) {
#if defined(__x86_64__)
  static const tk_attention_kernels *const all[] = {
    &tk_attention_kernels_base, &tk_attention_kernels_avx2, &tk_attention_kernels_avx512};
  return all[tk_isa_level()];
#else
  return &tk_attention_kernels_base;
#endif
}

void tk_attention_weights_f32(const tk_score_rows *block, float *logs) { kernels()->weights_f32(block, logs); }

void tk_attention_again_f32(const tk_score_rows *block, const float *logs, float *dropped) {
  kernels()->again_f32(block, logs, dropped);
}

void tk_attention_slopes_f32(const tk_score_rows *block, const float *gradients, const float *means) {
  kernels()->slopes_f32(block, gradients, means);
}

bool tk_attention_weights_parts_f32(const tk_score_rows *block, float *logs, float *shares, const tk_parts *rows) {
  const tk_attention_kernels *all = kernels();
  return all->weights_parts_f32 && all->weights_parts_f32(block, logs, shares, rows);
}

bool tk_attention_again_parts_f32(const tk_score_rows *block, const float *logs, const tk_parts *columns) {
  const tk_attention_kernels *all = kernels();
  return all->again_parts_f32 && all->again_parts_f32(block, logs, columns);
}

bool tk_attention_slopes_parts_f32(
  const tk_score_rows *block, const float *gradients, const float *means, const tk_parts *rows,
  const tk_parts *columns) {
  const tk_attention_kernels *all = kernels();
  return all->slopes_parts_f32 && all->slopes_parts_f32(block, gradients, means, rows, columns);
}

void tk_row_dots_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, const float *x, ptrdiff_t x_row, const float *y, ptrdiff_t y_row) {
  kernels()->row_dots_f32(rows, cols, out, x, x_row, y, y_row);
}

void tk_dropout_f32(
  tk_dropout_kind kind, ptrdiff_t n, float *out, ptrdiff_t so, const float *x, ptrdiff_t sx, uint8_t *keep,
  ptrdiff_t sk, const float *y, ptrdiff_t sy, float scale) {
  kernels()->dropout_f32(kind, n, out, so, x, sx, keep, sk, y, sy, scale);
}
