// Sums of products over tiles of results: what matmul.cl and convolution.cl, which follow this text, have in common. They say where
// their factors lie; both ways to walk the tiles stand here.
//
// A result (i, j) is the sum over l of left(i, l) * right(l, j): sums of 16 products are added to the rest, which keeps long sums from
// losing what one chain of additions would. X is the dtype of the factors, O that of the results,
// TOGETHER which way the tiles go, ROWS how many rows at a time a thread by itself takes, COLUMNS_ARE_DENSE whether columns lie side
// by side.

#if IS_FLOAT(X)
#define PLUS_PRODUCT(sum, x, y) ((sum) + (x) * (y))
#else
#define PLUS_PRODUCT(sum, x, y) ((i64)((u64)(sum) + (u64)(x) * (u64)(y)))
#endif

#if defined(__CUDACC_RTC__) || defined(__CUDACC__)
#define SHARED T
#else
#define SHARED LOCAL T
#endif

/// What a row, a column or a step of the sums adds to where the factors lie, and to the position in an image.
typedef struct {
  i64 left, right, z, y, x;
} Place;

/// The number of a step, or what it is made of: sample or channel, and position.
typedef struct {
  i64 outer, z, y, x;
} Step;

// What each op says of its factors.
typedef struct Factors Factors;
DEVICE i64 left_of_row(const Factors *f, i64 i);
DEVICE Place place_of_column(const Factors *f, i64 j);
DEVICE Step step_at(const Factors *f, i64 l);
DEVICE void step_on(const Factors *f, Step *step);
DEVICE Place place_of_step(const Factors *f, const Step *step);
DEVICE T left_factor(const Factors *f, i64 at);
DEVICE T right_factor(const Factors *f, const Place *step, const Place *column);
DEVICE void finish(const Factors *f, i64 i, i64 j, T sum);

DEVICE u64 quotient(u64 x, u64 y) { return (x | y) >> 32 ? x / y : (u64)((u32)x / (u32)y); }

/// Which tile of how many a number stands for.
typedef struct {
  i64 matrix, row, column;
} Tile;
DEVICE Tile tile_at(i64 number, i64 tall, i64 wide) {
  Tile tile;
  u64 left = quotient((u64)number, (u64)wide);
  tile.column = number - (i64)left * wide;
  tile.matrix = (i64)quotient(left, (u64)tall);
  tile.row = (i64)left - tile.matrix * tall;
  return tile;
}

#if !TOGETHER

// Each thread by itself: BANDS times ROWS x COLUMNS results. What it gathered on the right for some steps serves all bands.
#define COLUMNS 16
#define BANDS 8
#define CHUNK 16

/// The results of a tile that begins at (top, start); `from` to `to` are the steps.
DEVICE void multiply_alone(const Factors *f, i64 m, i64 n, i64 top, i64 start, i64 from, i64 to) {
  int bands = top + BANDS * ROWS <= m ? BANDS : (int)((m - top + ROWS - 1) / ROWS);
  i64 row[BANDS * ROWS], left_step[CHUNK];
  Place column[COLUMNS];
  T sum[BANDS * ROWS][COLUMNS], right[CHUNK][COLUMNS];
  for (int c = 0; c < COLUMNS; c++) column[c] = place_of_column(f, start + c < n ? start + c : n - 1);
  for (int r = 0; r < bands * ROWS; r++) {
    row[r] = left_of_row(f, top + r < m ? top + r : m - 1);
    for (int c = 0; c < COLUMNS; c++) sum[r][c] = 0;
  }
  Step step = step_at(f, from);
  for (i64 l = from; l < to; l += CHUNK) {
    int count = to - l < CHUNK ? (int)(to - l) : CHUNK;
    for (int d = 0; d < count; d++) {
      Place place = place_of_step(f, &step);
      left_step[d] = place.left;
#if COLUMNS_ARE_DENSE
      if (start + COLUMNS <= n) {
        Place next = column[0];
        for (int c = 0; c < COLUMNS; c++, next.right++) right[d][c] = right_factor(f, &place, &next);
      } else
#endif
      for (int c = 0; c < COLUMNS; c++) right[d][c] = right_factor(f, &place, &column[c]);
      step_on(f, &step);
    }
    for (int band = 0; band < bands; band++) {
      T own[ROWS][COLUMNS];
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) own[r][c] = 0;
      for (int d = 0; d < count; d++)
        for (int r = 0; r < ROWS; r++) {
          T left = left_factor(f, row[band * ROWS + r] + left_step[d]);
          for (int c = 0; c < COLUMNS; c++) own[r][c] = PLUS_PRODUCT(own[r][c], left, right[d][c]);
        }
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) sum[band * ROWS + r][c] += own[r][c];
    }
  }
  for (int r = 0; r < bands * ROWS; r++)
    for (int c = 0; c < COLUMNS; c++)
      if (top + r < m && start + c < n) finish(f, top + r, start + c, sum[r][c]);
}

#else

// A group together: EDGE x EDGE results, DEPTH steps at a time in memory that its threads share. Each thread has 4 x 4 results,
// LINE rows and columns apart.
#define EDGE 64
#define DEPTH 16
#define LINE 16
#define SHARED_TILES LOCAL T left_tile[DEPTH * (EDGE + 1)], right_tile[DEPTH * EDGE]

DEVICE void multiply_together(
  const Factors *f, SHARED *left_tile, SHARED *right_tile, i64 m, i64 n, i64 top, i64 start, i64 from, i64 to) {
  int lane = (int)LANE(0), y = lane / LINE, x = lane % LINE;
  i64 row[4];
  T sum[4][4];
  for (int r = 0; r < 4; r++) {
    i64 i = top + y + LINE * r;
    row[r] = left_of_row(f, i < m ? i : m - 1);
    for (int c = 0; c < 4; c++) sum[r][c] = 0;
  }
  i64 j = start + lane % EDGE;
  Place column = place_of_column(f, j < n ? j : n - 1);
  for (i64 l = from; l < to; l += DEPTH) {
    // Steps side by side lie in threads side by side on the left, columns on the right.
    if (l + x < to) {
      Step step = step_at(f, l + x);
      Place place = place_of_step(f, &step);
      for (int r = 0; r < 4; r++) left_tile[x * (EDGE + 1) + y + LINE * r] = left_factor(f, row[r] + place.left);
    } else {
      for (int r = 0; r < 4; r++) left_tile[x * (EDGE + 1) + y + LINE * r] = 0;
    }
    for (int d = lane / EDGE; d < DEPTH; d += GROUP_LANES / EDGE) {
      T right = 0;
      if (l + d < to) {
        Step step = step_at(f, l + d);
        Place place = place_of_step(f, &step);
        right = right_factor(f, &place, &column);
      }
      right_tile[d * EDGE + lane % EDGE] = right;
    }
    BARRIER;
    T own[4][4];
    for (int r = 0; r < 4; r++)
      for (int c = 0; c < 4; c++) own[r][c] = 0;
    for (int d = 0; d < DEPTH; d++) {
      T left[4], right[4];
      for (int r = 0; r < 4; r++) left[r] = left_tile[d * (EDGE + 1) + y + LINE * r];
      for (int c = 0; c < 4; c++) right[c] = right_tile[d * EDGE + x + LINE * c];
      for (int r = 0; r < 4; r++)
        for (int c = 0; c < 4; c++) own[r][c] = PLUS_PRODUCT(own[r][c], left[r], right[c]);
    }
    for (int r = 0; r < 4; r++)
      for (int c = 0; c < 4; c++) sum[r][c] += own[r][c];
    BARRIER;
  }
  for (int r = 0; r < 4; r++)
    for (int c = 0; c < 4; c++) {
      i64 i = top + y + LINE * r, k = start + x + LINE * c;
      if (i < m && k < n) finish(f, i, k, sum[r][c]);
    }
}

#endif
