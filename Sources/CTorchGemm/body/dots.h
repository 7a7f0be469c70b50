// Products with few rows or columns whose operands are both contiguous along k: vectors run along k.

#if LEVEL == 2 || defined(__aarch64__)
enum { DOT_ROWS = 4, DOT_COLUMNS = 4 };
#else
enum { DOT_ROWS = 4, DOT_COLUMNS = 2 };
#endif
enum { DOTS = DOT_ROWS * DOT_COLUMNS };

/// The sums of LANES vectors, each in its lane: halves are added pairwise until one vector is left.
INLINE V sums_of(V v[LANES]) {
  UNROLL for (int half = LANES / 2; half > 0; half /= 2)
    UNROLL for (int i = 0; i < half; i++) v[i] = ZIP_LOW(v[i], v[i + half]) + ZIP_HIGH(v[i], v[i + half]);
  return v[0];
}

/// A block of `rows` by `columns` dot products, each in `chains` sums so that none waits for the last addition.
INLINE void dot_block(int rows, int columns, int chains, ptrdiff_t k, const ITEM *a, ptrdiff_t a_row, const ITEM *b,
                      ptrdiff_t b_column, ITEM *result) {
  V sum[DOTS * 2];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++)
      UNROLL for (int c = 0; c < chains; c++) sum[(i * columns + j) * chains + c] = 0;
  ptrdiff_t p = 0;
  for (; p + chains * LANES <= k; p += chains * LANES) {
    UNROLL for (int c = 0; c < chains; c++) {
      V right[DOT_COLUMNS];
      UNROLL for (int j = 0; j < columns; j++) right[j] = load(b + j * b_column + p + c * LANES);
      UNROLL for (int i = 0; i < rows; i++) {
        V left = load(a + i * a_row + p + c * LANES);
        UNROLL for (int j = 0; j < columns; j++) sum[(i * columns + j) * chains + c] = FMA(left, right[j], sum[(i * columns + j) * chains + c]);
      }
    }
  }
  for (; p < k; p += LANES) {
    MASK mask = mask_of(k - p < LANES ? k - p : LANES);
    V right[DOT_COLUMNS];
    UNROLL for (int j = 0; j < columns; j++) right[j] = load_masked(b + j * b_column + p, mask);
    UNROLL for (int i = 0; i < rows; i++) {
      V left = load_masked(a + i * a_row + p, mask);
      UNROLL for (int j = 0; j < columns; j++) sum[(i * columns + j) * chains] = FMA(left, right[j], sum[(i * columns + j) * chains]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++) {
      UNROLL for (int c = 1; c < chains; c++) sum[(i * columns + j) * chains] += sum[(i * columns + j) * chains + c];
      sum[i * columns + j] = sum[(i * columns + j) * chains];
    }
  if (rows * columns % LANES == 0) {
    UNROLL for (int i = 0; i < rows * columns; i += LANES) store(result + i, sums_of(sum + i));
  } else {
    UNROLL for (int i = 0; i < rows * columns; i++) result[i] = sum_of(sum[i]);
  }
}

static void TYPED(dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a_, ptrdiff_t a_row, const void *b_,
                        ptrdiff_t b_column, void *c_, ptrdiff_t c_row, ptrdiff_t c_column, const void *plus_,
                        ptrdiff_t plus_row, ptrdiff_t plus_column) {
  const ITEM *a = a_, *b = b_, *plus = plus_;
  ITEM *c = c_;
  for (ptrdiff_t j = 0, columns; j < n; j += columns) {
    columns = n - j >= DOT_COLUMNS ? DOT_COLUMNS : 1;
    const ITEM *right = b + j * b_column;
    for (ptrdiff_t i = 0, rows; i < m; i += rows) {
      rows = m - i >= DOT_ROWS ? DOT_ROWS : 1;
      const ITEM *left = a + i * a_row;
      ITEM result[DOTS];
      if (rows == DOT_ROWS && columns == DOT_COLUMNS) {
        dot_block(DOT_ROWS, DOT_COLUMNS, 1, k, left, a_row, right, b_column, result);
      } else if (rows == DOT_ROWS) {
        dot_block(DOT_ROWS, 1, 2, k, left, a_row, right, b_column, result);
      } else if (columns == DOT_COLUMNS) {
        dot_block(1, DOT_COLUMNS, 2, k, left, a_row, right, b_column, result);
      } else {
        dot_block(1, 1, 8, k, left, a_row, right, b_column, result);
      }
      for (ptrdiff_t y = 0; y < rows; y++)
        for (ptrdiff_t x = 0; x < columns; x++) {
          ITEM value = result[y * columns + x];
          if (plus) value += plus[(i + y) * plus_row + (j + x) * plus_column];
          c[(i + y) * c_row + (j + x) * c_column] = value;
        }
    }
  }
}
