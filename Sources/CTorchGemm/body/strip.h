// The heart: a few rows of A by a group of columns of B, all sums in registers.
//
// A is read number by number with any strides, so that it may lie where it lies; three rows share a pointer, which is
// what the machine's addresses can reach. B gives whole vectors along its columns.

enum { WIDTH = GROUP * LANES, MOST_GROUP = 8, ROWS_PER_POINTER = 3 };
enum { STEPS_AHEAD = 16 };  // k before a row of a far B is wanted
// Arrays of a size that the compiler knows, so that they become registers.
enum { MOST_SUMS = HEIGHT * GROUP > 24 ? HEIGHT * GROUP : 24 };
enum { POINTERS = (HEIGHT + ROWS_PER_POINTER - 1) / ROWS_PER_POINTER };

/// The last vector of a row of B or C.
INLINE V load_last(const ITEM *p, bool whole, MASK mask) { return whole ? load(p) : load_masked(p, mask); }

INLINE void multiply(int rows, int vectors, bool whole, MASK mask, const struct strip *s, const ITEM *b,
                     V *sum, bool far) {
  const ITEM *a[POINTERS];
  ptrdiff_t row = s->a_row, step = s->a_step, b_step = s->b_step;
  UNROLL for (int i = 0; i < POINTERS; i++) a[i] = (const ITEM *)s->a + i * ROWS_PER_POINTER * row;
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] = 0;
  _Pragma("clang loop unroll_count(2)")
  for (ptrdiff_t p = s->k; p > 0; p--) {
    V right[MOST_GROUP];
    UNROLL for (int j = 0; j < vectors - 1; j++) right[j] = load(b + j * LANES);
    right[vectors - 1] = load_last(b + (vectors - 1) * LANES, whole, mask);
    if (far)
      UNROLL for (int j = 0; j < vectors; j++) __builtin_prefetch(b + STEPS_AHEAD * b_step + j * LANES, 0, 3);
    UNROLL for (int i = 0; i < rows; i++) {
      V left = (V)(a[i / ROWS_PER_POINTER][(i % ROWS_PER_POINTER) * row]);
      UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] = FMA(left, right[j], sum[i * vectors + j]);
    }
    UNROLL for (int i = 0; i < POINTERS; i++) a[i] += step;
    b += b_step;
  }
}

/// Writes the sums to C, with what is to be added.
INLINE void finish(int rows, int vectors, bool whole, MASK mask, const struct strip *s, ptrdiff_t column,
                   V *sum) {
  const ITEM *plus = s->plus;
  if (plus && s->plus_column == 0) {
    UNROLL for (int i = 0; i < rows; i++) {
      V extra = (V)(plus[i * s->plus_row]);
      UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] += extra;
    }
  } else if (plus) {
    plus += column;
    UNROLL for (int i = 0; i < rows; i++) {
      const ITEM *from = plus + i * s->plus_row;
      UNROLL for (int j = 0; j < vectors - 1; j++) sum[i * vectors + j] += load(from + j * LANES);
      sum[i * vectors + vectors - 1] += load_last(from + (vectors - 1) * LANES, whole, mask);
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    ITEM *to = (ITEM *)s->c + i * s->c_row + column;
    UNROLL for (int j = 0; j < vectors - 1; j++) store(to + j * LANES, sum[i * vectors + j]);
    if (whole) store(to + (vectors - 1) * LANES, sum[i * vectors + vectors - 1]);
    else store_masked(to + (vectors - 1) * LANES, mask, sum[i * vectors + vectors - 1]);
  }
}

INLINE void piece(int rows, int vectors, bool whole, MASK mask, const struct strip *s, const ITEM *b,
                  ptrdiff_t column) {
  V sum[MOST_SUMS];
  if (s->far) multiply(rows, vectors, whole, mask, s, b, sum, true);
  else multiply(rows, vectors, whole, mask, s, b, sum, false);
  finish(rows, vectors, whole, mask, s, column, sum);
}

/// The last columns of a strip, fewer than a whole group.
INLINE void rest(int rows, const struct strip *s, const ITEM *b, ptrdiff_t column) {
  ptrdiff_t left = s->columns - column;
  if (GROUP > 2 && left > 2 * LANES) piece(rows, 3, false, mask_of(left - 2 * LANES), s, b, column);
  else if (left > LANES) piece(rows, 2, false, mask_of(left - LANES), s, b, column);
  else if (left > 0) piece(rows, 1, false, mask_of(left), s, b, column);
}

INLINE void strip_of(int rows, const struct strip *s) {
  const ITEM *b = s->b;
  ptrdiff_t column = 0, pairs = early(s->columns, WIDTH, LANES) > 0 ? WIDTH : 0;
  ptrdiff_t whole = s->columns / WIDTH * WIDTH - pairs;
  for (; column < whole; column += WIDTH, b += s->b_panel) {
    // C comes while the sums are made.
    if (s->plus) {
      UNROLL for (int i = 0; i < rows; i++) {
        const char *row = (const char *)((const ITEM *)s->c + i * s->c_row + column);
        __builtin_prefetch(row, 1, 3);
        if (WIDTH * sizeof(ITEM) > 64) __builtin_prefetch(row + 64, 1, 3);
        if (WIDTH * sizeof(ITEM) > 128) __builtin_prefetch(row + 128, 1, 3);
      }
    }
    piece(rows, GROUP, true, mask_of(0), s, b, column);
  }
  if (pairs > 0) {
    piece(rows, 2, true, mask_of(0), s, b, column);
    column += WIDTH - LANES;
    b += s->b_panel == WIDTH ? WIDTH - LANES : s->b_panel;
  }
  rest(rows, s, b, column);
}

static void TYPED(strip)(int rows, const struct strip *s) {
  switch (rows) {
#define CASE(n) case n: strip_of(n, s); break;
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if HEIGHT > 6
    CASE(7) CASE(8) CASE(9)
#endif
#if HEIGHT > 9
    CASE(10) CASE(11) CASE(12)
#endif
#undef CASE
  }
}

/// One to three rows want more columns at once: the machine waits for sums otherwise.
INLINE void thin_of(int rows, int vectors, const struct strip *s) {
  const ITEM *b = s->b;
  ptrdiff_t column = 0, width = vectors * LANES;
  for (; column + width <= s->columns; column += width) piece(rows, vectors, true, mask_of(0), s, b + column, column);
  for (; column + WIDTH <= s->columns; column += WIDTH) piece(rows, GROUP, true, mask_of(0), s, b + column, column);
  rest(rows, s, b + column, column);
}

static void TYPED(thin)(int rows, const struct strip *s) {
  if (rows == 1) thin_of(1, MOST_GROUP, s);
  else if (rows == 2) thin_of(2, HEIGHT > 6 ? MOST_GROUP : 4, s);
  else thin_of(3, 4, s);
}
