// Matrix products, batched and by any strides, with a bias that may repeat. Where the results are few and the sums long, a sum is cut
// into parts, which the host adds up.

struct Factors {
  const GLOBAL STORED(X) *x, *y, *bias;
  GLOBAL STORED(O) *o;
  i64 x_from, y_from, bias_from, o_from;
  i64 x_row, x_step, y_step, y_column, bias_row, bias_column, o_row, o_column;
  i32 has_bias;
};

DEVICE i64 left_of_row(const Factors *f, i64 i) { return f->x_from + i * f->x_row; }
DEVICE Place place_of_column(const Factors *f, i64 j) {
  Place place = {0, f->y_from + j * f->y_column, 0, 0, 0};
  return place;
}
DEVICE Step step_at(const Factors *f, i64 l) {
  Step step = {l, 0, 0, 0};
  return step;
}
DEVICE void step_on(const Factors *f, Step *step) { step->outer++; }
DEVICE Place place_of_step(const Factors *f, const Step *step) {
  Place place = {step->outer * f->x_step, step->outer * f->y_step, 0, 0, 0};
  return place;
}
DEVICE T left_factor(const Factors *f, i64 at) { return LOAD(X, f->x, at); }
DEVICE T right_factor(const Factors *f, const Place *step, const Place *column) {
  return LOAD(X, f->y, step->right + column->right);
}
DEVICE void finish(const Factors *f, i64 i, i64 j, T sum) {
  if (f->has_bias) sum += LOAD(X, f->bias, f->bias_from + i * f->bias_row + j * f->bias_column);
  STORE(O, f->o, f->o_from + i * f->o_row + j * f->o_column, sum);
}

/// The factors of one part of the sums of one matrix of the batch.
#define PRODUCT_ARGUMENTS \
  SIZES(batch), i64 tiles, i64 tall, i64 wide, i64 m, i64 n, i64 steps, i64 parts, i64 each, i64 o_part, IN(X, x), \
    STRIDES(along_x), i64 x_row, i64 x_step, IN(X, y), STRIDES(along_y), i64 y_step, i64 y_column, i32 has_bias, \
    IN(X, bias), STRIDES(along_bias), i64 bias_row, i64 bias_column, OUT(O, o), STRIDES(along_o), i64 o_row, \
    i64 o_column
#define OPEN_PRODUCT \
  OPEN_SIZES(batch); \
  OPEN_STRIDES(along_x); \
  OPEN_STRIDES(along_y); \
  OPEN_STRIDES(along_bias); \
  OPEN_STRIDES(along_o)
#define OPEN_TILE(number) \
  Tile tile = tile_at(number, tall, wide); \
  i64 matrix = (i64)quotient((u64)tile.matrix, (u64)parts), part = tile.matrix - matrix * parts; \
  i64 from = part * each, to = from + each < steps ? from + each : steps; \
  Factors f = {x, y, bias, o, x_from, y_from, bias_from, o_from + part * o_part, x_row, x_step, y_step, y_column, \
               bias_row, bias_column, o_row, o_column, has_bias && part == 0}; \
  EACH_DIM( \
    matrix, batch, d, at, \
    (f.x_from += at * along_x.stride[d], f.y_from += at * along_y.stride[d], \
     f.bias_from += at * along_bias.stride[d], f.o_from += at * along_o.stride[d]))

#if !TOGETHER
KERNEL product_alone(PRODUCT_ARGUMENTS) {
  OPEN_PRODUCT;
  EACH(number, tiles) {
    OPEN_TILE(number);
    multiply_alone(&f, m, n, tile.row * BANDS * ROWS, tile.column * COLUMNS, from, to);
  }
}
#else
KERNEL product_together(PRODUCT_ARGUMENTS) {
  SHARED_TILES;
  OPEN_PRODUCT;
  for (i64 number = (i64)GROUP(0); number < tiles; number += (i64)GROUPS(0)) {
    OPEN_TILE(number);
    multiply_together(&f, left_tile, right_tile, m, n, tile.row * EDGE, tile.column * EDGE, from, to);
  }
}
#endif
