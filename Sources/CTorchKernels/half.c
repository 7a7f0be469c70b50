// Pointwise rows of the half types: float32 rows over blocks that stay in the first-level cache.
#include "include/CTorchKernels.h"

enum { half_block = 1024 };

void tk_unary_half(
  tk_unary_fn row, tk_dtype half, int narrow, ptrdiff_t n, void *out, ptrdiff_t so, const void *x, ptrdiff_t sx,
  double a, double b) {
  tk_unary_fn widen = tk_cast(half, TK_FLOAT32), round = tk_cast(TK_FLOAT32, half);
  float block[half_block];
  char *o = out;
  const char *p = x;
  for (ptrdiff_t i = 0; i < n; i += half_block, o += half_block * so, p += half_block * sx) {
    ptrdiff_t count = n - i < half_block ? n - i : half_block;
    widen(count, block, sizeof(float), p, sx, 0, 0);
    if (narrow) {
      row(count, block, sizeof(float), block, sizeof(float), a, b);
      round(count, o, so, block, sizeof(float), 0, 0);
    } else {
      row(count, o, so, block, sizeof(float), a, b);
    }
  }
}

// A block of an operand as float32: itself where it is that already, else widened; a constant only once.
typedef struct half_operand {
  tk_dtype type;
  const char *p;
  ptrdiff_t stride;
  tk_unary_fn widen;
  ptrdiff_t ready;
} half_operand;

static const void *next_block(half_operand *operand, float *block, ptrdiff_t count, ptrdiff_t *stride) {
  const char *p = operand->p;
  operand->p += count * operand->stride;
  if (operand->type == TK_FLOAT32) {
    *stride = operand->stride;
    return p;
  }
  *stride = operand->stride == 0 ? 0 : (ptrdiff_t)sizeof(float);
  if (operand->stride != 0) operand->widen(count, block, sizeof(float), p, operand->stride, 0, 0);
  else if (!operand->ready) operand->widen(1, block, sizeof(float), p, 0, 0, 0);
  operand->ready = 1;
  return block;
}

void tk_binary_half(
  tk_binary_fn row, tk_dtype half, int narrow, ptrdiff_t n, void *out, ptrdiff_t so, tk_dtype x_type, const void *x,
  ptrdiff_t sx, tk_dtype y_type, const void *y, ptrdiff_t sy, double alpha) {
  tk_unary_fn widen = tk_cast(half, TK_FLOAT32), round = tk_cast(TK_FLOAT32, half);
  float xs[half_block], ys[half_block], result[half_block];
  half_operand first = {x_type, x, sx, widen, 0}, second = {y_type, y, sy, widen, 0};
  char *o = out;
  for (ptrdiff_t i = 0; i < n; i += half_block, o += half_block * so) {
    ptrdiff_t count = n - i < half_block ? n - i : half_block;
    ptrdiff_t step_x, step_y;
    const void *p = next_block(&first, xs, count, &step_x), *q = next_block(&second, ys, count, &step_y);
    if (narrow) {
      row(count, result, sizeof(float), p, step_x, q, step_y, alpha);
      round(count, o, so, result, sizeof(float), 0, 0);
    } else {
      row(count, o, so, p, step_x, q, step_y, alpha);
    }
  }
}
