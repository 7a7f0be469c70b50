// Convolution over three spatial dimensions (of which the first may be ones) and both its gradients, each as products of matrices whose
// right factor is gathered from where it lies. PURPOSE is one of the numbers below. A matrix of the batch is a group of channels.
//
//              row             column             step                   left      right
//   forward    out channel     sample, place      in channel, tap        weight    input
//   input      in channel      sample, pixel      out channel, tap       weight    gradient
//   weight     out channel     in channel, tap    sample, place          gradient  input
#define FORWARD 0
#define INPUT_GRADIENT 1
#define WEIGHT_GRADIENT 2

/// Three sizes, or strides.
typedef struct {
  i64 z, y, x;
} Three;

struct Factors {
  const GLOBAL STORED(X) *left, *right, *bias;
  GLOBAL STORED(O) *o;
  i64 left_from, right_from, bias_from, o_from;
  /// Of samples and places, or of channels and taps: how many there are of what columns and steps are made of.
  Three column_sizes, step_sizes;
  /// The image on the right.
  Three size, along;
  Three stride, dilation, padding;
  /// What a row, and a step's outer number and position, add on the left; what outer numbers add on the right.
  i64 left_row, left_outer, right_outer, right_column;
  Three left_along;
  i64 o_row, o_outer;
  Three o_along;
  i64 bias_row;
  i32 has_bias;
};

DEVICE Step split(i64 number, Three sizes) {
  Step step;
  u64 rest = quotient((u64)number, (u64)sizes.x);
  step.x = number - (i64)rest * sizes.x;
  u64 next = quotient(rest, (u64)sizes.y);
  step.y = (i64)rest - (i64)next * sizes.y;
  step.outer = (i64)quotient(next, (u64)sizes.z);
  step.z = (i64)next - step.outer * sizes.z;
  return step;
}

DEVICE i64 left_of_row(const Factors *f, i64 i) { return f->left_from + i * f->left_row; }

/// Adds the position of a place or a tap to where the other one is.
#if PURPOSE == FORWARD
#define COLUMN_POSITION(d) (at.d * f->stride.d - f->padding.d)
#define STEP_POSITION(d) (step->d * f->dilation.d)
#elif PURPOSE == INPUT_GRADIENT
#define COLUMN_POSITION(d) (at.d + f->padding.d)
#define STEP_POSITION(d) (-(step->d * f->dilation.d))
#else
#define COLUMN_POSITION(d) (at.d * f->dilation.d)
#define STEP_POSITION(d) (step->d * f->stride.d - f->padding.d)
#endif

DEVICE Place place_of_column(const Factors *f, i64 j) {
  Step at = split(j, f->column_sizes);
  Place place = {0, f->right_from + at.outer * f->right_column, COLUMN_POSITION(z), COLUMN_POSITION(y), COLUMN_POSITION(x)};
  return place;
}
DEVICE Step step_at(const Factors *f, i64 l) { return split(l, f->step_sizes); }
DEVICE void step_on(const Factors *f, Step *step) {
  if (++step->x < f->step_sizes.x) return;
  step->x = 0;
  if (++step->y < f->step_sizes.y) return;
  step->y = 0;
  if (++step->z < f->step_sizes.z) return;
  step->z = 0;
  step->outer++;
}
DEVICE Place place_of_step(const Factors *f, const Step *step) {
  Place place = {
    step->outer * f->left_outer + step->z * f->left_along.z + step->y * f->left_along.y + step->x * f->left_along.x,
    step->outer * f->right_outer, STEP_POSITION(z), STEP_POSITION(y), STEP_POSITION(x)};
  return place;
}
DEVICE T left_factor(const Factors *f, i64 at) { return LOAD(X, f->left, at); }
DEVICE T right_factor(const Factors *f, const Place *step, const Place *column) {
  i64 z = step->z + column->z, y = step->y + column->y, x = step->x + column->x;
#if PURPOSE == INPUT_GRADIENT
  // A pixel is met by the places whose stride leads to it.
  if (z < 0 || y < 0 || x < 0) return 0;
  if (f->stride.z != 1) {
    i64 place = (i64)quotient((u64)z, (u64)f->stride.z);
    if (place * f->stride.z != z) return 0;
    z = place;
  }
  if (f->stride.y != 1) {
    i64 place = (i64)quotient((u64)y, (u64)f->stride.y);
    if (place * f->stride.y != y) return 0;
    y = place;
  }
  if (f->stride.x != 1) {
    i64 place = (i64)quotient((u64)x, (u64)f->stride.x);
    if (place * f->stride.x != x) return 0;
    x = place;
  }
#endif
  if ((u64)z >= (u64)f->size.z || (u64)y >= (u64)f->size.y || (u64)x >= (u64)f->size.x) return 0;
  return LOAD(X, f->right, step->right + column->right + z * f->along.z + y * f->along.y + x * f->along.x);
}
DEVICE void finish(const Factors *f, i64 i, i64 j, T sum) {
  Step at = split(j, f->column_sizes);
  if (f->has_bias) sum += LOAD(X, f->bias, f->bias_from + i * f->bias_row);
  STORE(
    O, f->o,
    f->o_from + i * f->o_row + at.outer * f->o_outer + at.z * f->o_along.z + at.y * f->o_along.y + at.x * f->o_along.x,
    sum);
}

/// `sizes`: of columns, of steps, of the image on the right (three each, the last one in `more`). `along_`: for a row, for the outer number
/// of steps or columns, for three dimensions, for a group.
#define CONVOLUTION_ARGUMENTS \
  i64 tiles, i64 tall, i64 wide, i64 m, i64 n, i64 steps, i64 parts, i64 each, i64 o_part, STRIDES(sizes), \
    STRIDES(more), STRIDES(along_left), STRIDES(along_right), STRIDES(along_o), IN(X, left), IN(X, right), \
    i32 has_bias, IN(X, bias), OUT(O, o), i64 bias_row, STRIDES(window)
#define OPEN_CONVOLUTION \
  OPEN_STRIDES(sizes); \
  OPEN_STRIDES(more); \
  OPEN_STRIDES(along_left); \
  OPEN_STRIDES(along_right); \
  OPEN_STRIDES(along_o); \
  OPEN_STRIDES(window)
#define THREE(words, first) \
  { words.stride[first], words.stride[first + 1], words.stride[first + 2] }
#define OPEN_TILE(number) \
  Tile tile = tile_at(number, tall, wide); \
  i64 group = (i64)quotient((u64)tile.matrix, (u64)parts), part = tile.matrix - group * parts; \
  i64 from = part * each, to = from + each < steps ? from + each : steps; \
  Factors f = { \
    left, \
    right, \
    bias, \
    o, \
    left_from + group * along_left.stride[5], \
    right_from + group * along_right.stride[5], \
    bias_from + group * m * bias_row, \
    o_from + group * along_o.stride[5] + part * o_part, \
    THREE(sizes, 0), \
    THREE(sizes, 3), \
    THREE(more, 0), \
    THREE(along_right, 2), \
    THREE(window, 0), \
    THREE(window, 3), \
    THREE(more, 3), \
    along_left.stride[0], \
    along_left.stride[1], \
    along_right.stride[0], \
    along_right.stride[1], \
    THREE(along_left, 2), \
    along_o.stride[0], \
    along_o.stride[1], \
    THREE(along_o, 2), \
    bias_row, \
    has_bias && part == 0}

#if !TOGETHER
KERNEL convolution_alone(CONVOLUTION_ARGUMENTS) {
  OPEN_CONVOLUTION;
  EACH(number, tiles) {
    OPEN_TILE(number);
    multiply_alone(&f, m, n, tile.row * BANDS * ROWS, tile.column * COLUMNS, from, to);
  }
}
#else
KERNEL convolution_together(CONVOLUTION_ARGUMENTS) {
  SHARED_TILES;
  OPEN_CONVOLUTION;
  for (i64 number = (i64)GROUP(0); number < tiles; number += (i64)GROUPS(0)) {
    OPEN_TILE(number);
    multiply_together(&f, left_tile, right_tile, m, n, tile.row * EDGE, tile.column * EDGE, from, to);
  }
}
#endif
