// The heart: a few pixels by a few blocks of channels, all sums in registers. Pixels are read number by number where they
// lie, weights as whole vectors.

enum { ROWS_PER_POINTER = 3, POINTERS = (ROWS + ROWS_PER_POINTER - 1) / ROWS_PER_POINTER };

INLINE void tile(int rows, int blocks, const struct run *r, ptrdiff_t pixel) {
  enum { most = GROUP * PARTS };
  int vectors = blocks * PARTS;
  V sum[ROWS * most];
  UNROLL for (int j = 0; j < vectors; j++) {
    V first = load(r->bias + j * LANES);
    UNROLL for (int i = 0; i < rows; i++) sum[i * vectors + j] = first;
  }
  ptrdiff_t step = r->a_step, next = r->taps * r->depth * BLOCK;
  const float *b = r->b;
  for (ptrdiff_t t = 0; t < r->taps; t++) {
    const float *a[POINTERS];
    UNROLL for (int i = 0; i < POINTERS; i++) a[i] = r->a + r->tap[t] + (pixel + i * ROWS_PER_POINTER) * step;
    _Pragma("clang loop unroll(disable)")
    for (ptrdiff_t p = 0; p < r->depth; p++, b += BLOCK) {
      V right[most];
      UNROLL for (int j = 0; j < vectors; j++) right[j] = load(b + j / PARTS * next + j % PARTS * LANES);
      UNROLL for (int i = 0; i < rows; i++) {
        V left = (V)(a[i / ROWS_PER_POINTER][i % ROWS_PER_POINTER * step + p]);
        UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] = FMA(left, right[j], sum[i * vectors + j]);
      }
    }
  }
  finish(rows, vectors, r, pixel, 0, r->channels, sum);
}

INLINE void tiles(int blocks, const struct run *r) {
  // Nearly equal tiles: a small one at the end would run at half the speed.
  ptrdiff_t count = (r->pixels + ROWS - 1) / ROWS, pixel = 0;
  for (ptrdiff_t t = 0; t < count; t++) {
    ptrdiff_t end = (t + 1) * r->pixels / count;
    switch (end - pixel) {
#define CASE(n) case n: tile(n, blocks, r, pixel); break;
      CASE(1) CASE(2) CASE(3)
#if ROWS > 3
      CASE(4) CASE(5) CASE(6)
#endif
#if ROWS > 6
      CASE(7) CASE(8)
#endif
#undef CASE
    }
    pixel = end;
  }
}

static void ISA(products)(const struct run *r) {
#if GROUP == 3
  if (r->channels > 2 * BLOCK) tiles(3, r);
  else if (r->channels > BLOCK) tiles(2, r);
  else tiles(1, r);
#else
  struct run one = *r;
  for (ptrdiff_t channel = 0; channel < r->channels; channel += BLOCK) {
    one.channels = r->channels - channel < BLOCK ? r->channels - channel : BLOCK;
    tiles(1, &one);
    one.b += r->taps * r->depth * BLOCK;
    one.bias += BLOCK;
    one.c += BLOCK;
    if (one.plus) one.plus += BLOCK;
  }
#endif
}
