// The heart: a few rows of A by one panel of B, all sums in registers.
//
// A is read number by number with any strides; three rows share a pointer, as far as the machine's addresses reach.

enum { ROWS_PER_POINTER = 3, POINTERS = (HEIGHT + ROWS_PER_POINTER - 1) / ROWS_PER_POINTER };
// Sums of this many products are made, and sums of so many of these, before they are added to the rest: long chains of
// roundings are what most of a tile's error comes from.
enum { AT_ONCE = 16, TOGETHER = 4 * AT_ONCE };

INLINE void multiply_rows(int rows, int vectors, const struct product *p, ptrdiff_t first) {
  const float *a[POINTERS], *b = p->b;
  const ptrdiff_t row = p->a_row, step = p->a_step;
  const int pointers = (rows + ROWS_PER_POINTER - 1) / ROWS_PER_POINTER;
  float *c = p->c + first * PANEL;
  V together[HEIGHT * 2];
  UNROLL for (int i = 0; i < pointers; i++) a[i] = p->a + (first + i * ROWS_PER_POINTER) * row;
  for (ptrdiff_t done = 0; done < p->depth; done += AT_ONCE) {
    V sum[HEIGHT * 2];
    UNROLL for (int i = 0; i < rows * vectors; i++) sum[i] = 0;
    _Pragma("clang loop unroll_count(2)")
    for (ptrdiff_t d = least(p->depth - done, AT_ONCE); d > 0; d--) {
      V right[2];
      UNROLL for (int j = 0; j < vectors; j++) right[j] = load(b + j * LANES);
      UNROLL for (int i = 0; i < rows; i++) {
        V left = (V)(a[i / ROWS_PER_POINTER][(i % ROWS_PER_POINTER) * row]);
        UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] = FMA(left, right[j], sum[i * vectors + j]);
      }
      UNROLL for (int i = 0; i < pointers; i++) a[i] += step;
      b += PANEL;
    }
    bool begins = done % TOGETHER == 0, ends = done % TOGETHER == TOGETHER - AT_ONCE || done + AT_ONCE >= p->depth;
    if (!begins) UNROLL for (int i = 0; i < rows * vectors; i++) sum[i] += together[i];
    if (!ends) {
      UNROLL for (int i = 0; i < rows * vectors; i++) together[i] = sum[i];
      continue;
    }
    if (done >= TOGETHER) {
      UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] += load(c + i * PANEL + j * LANES);
    }
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < vectors; j++) store(c + i * PANEL + j * LANES, sum[i * vectors + j]);
  }
}

INLINE void multiply_panel(int vectors, const struct product *p) {
  // Groups of rows of nearly equal height: a group of one or two would wait for its own sums.
  ptrdiff_t groups = (p->rows + HEIGHT - 1) / HEIGHT, first = 0;
  for (; groups > 0; groups--) {
    ptrdiff_t rows = (p->rows - first + groups - 1) / groups;
    switch (rows) {
#define CASE(n) case n: multiply_rows(n, vectors, p, first); break;
      CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if HEIGHT > 6
      CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
#if HEIGHT > 12
      CASE(13) CASE(14)
#endif
#undef CASE
    }
    first += rows;
  }
}

static void ISA(multiply)(const struct product *p) {
  if (p->narrow) multiply_panel(1, p);
  else multiply_panel(2, p);
}
