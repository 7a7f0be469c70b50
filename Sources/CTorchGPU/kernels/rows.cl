// Passes over the rows of contiguous matrices: softmax, layer norm, and those that norms of channels share. A thread takes a row
// where rows are short, else a group does. Sums are as wide as the device has it, and so of one precision for any length.

#if IS_DOUBLE(X)
#define KEPT f64
#else
#define KEPT f32
#endif

#if BY_GROUPS
// Each thread of a group has its columns; what they find is joined.
#define EACH_ROW(row, rows) \
  LOCAL W shared[GROUP_LANES]; \
  int lane = (int)LANE(0); \
  for (i64 row = (i64)GROUP(0); row < (rows); row += (i64)GROUPS(0))
#define EACH_COLUMN(i, columns) for (i64 i = lane; i < (columns); i += GROUP_LANES)
#define JOIN_ROW(value, JOINED) \
  do { \
    BARRIER; \
    shared[lane] = value; \
    JOIN_LANES(lane, reach, shared[lane] = JOINED(shared[lane], shared[lane + reach])); \
    value = shared[0]; \
  } while (0)
#define IS_FIRST_LANE (lane == 0)
#else
#define EACH_ROW(row, rows) EACH(row, rows)
#define EACH_COLUMN(i, columns) for (i64 i = 0; i < (columns); i++)
#define JOIN_ROW(value, JOINED)
#define IS_FIRST_LANE 1
#endif

// FAMILY is one of these.
#define SOFTMAX 0
#define LAYER_NORM 1
#define CHANNEL_NORM 2

#define LARGER(x, y) ((x) != (x) || (x) > (y) ? (x) : (y))
#define ADDED(x, y) ((x) + (y))

#if FAMILY == SOFTMAX

/// Exponentials that add up to one, or their logarithms.
KERNEL softmax(i64 rows, i64 columns, i32 logarithm, IN(X, x), OUT(X, o)) {
  EACH_ROW(row, rows) {
    i64 from = x_from + row * columns, to = o_from + row * columns;
    W high = -INFINITY_T;
    EACH_COLUMN(i, columns) {
      W value = LOAD(X, x, from + i);
      high = LARGER(value, high);
    }
    JOIN_ROW(high, LARGER);
    T top = (T)high;
    W sum = 0;
    EACH_COLUMN(i, columns) sum += exp(LOAD(X, x, from + i) - top);
    JOIN_ROW(sum, ADDED);
    if (logarithm) {
      T shift = (T)log(sum);
      EACH_COLUMN(i, columns) STORE(X, o, to + i, LOAD(X, x, from + i) - top - shift);
    } else {
      T scale = (T)(1 / sum);
      EACH_COLUMN(i, columns) STORE(X, o, to + i, exp(LOAD(X, x, from + i) - top) * scale);
    }
  }
}

KERNEL softmax_slope(i64 rows, i64 columns, i32 logarithm, IN(X, x), IN(X, y), OUT(X, o)) {
  EACH_ROW(row, rows) {
    i64 from = x_from + row * columns, with = y_from + row * columns, to = o_from + row * columns;
    W sum = 0;
    EACH_COLUMN(i, columns) sum += (W)LOAD(X, x, from + i) * (logarithm ? 1 : LOAD(X, y, with + i));
    JOIN_ROW(sum, ADDED);
    // Where one weight is nearly 1, all that is left of its gradient is what rounding leaves: no more than it must.
    if (logarithm) {
      EACH_COLUMN(i, columns) STORE(X, o, to + i, LOAD(X, x, from + i) - exp(LOAD(X, y, with + i)) * (T)sum);
    } else {
      EACH_COLUMN(i, columns) STORE(X, o, to + i, (T)((LOAD(X, x, from + i) - sum) * LOAD(X, y, with + i)));
    }
  }
}

#elif FAMILY == LAYER_NORM

KERNEL layer_norm(
  i64 rows, i64 columns, PARAMETER(X) eps, IN(X, x), i32 has_weight, IN(X, weight), i32 has_bias, IN(X, bias), OUT(X, o),
  OUT(KEPT, mean), OUT(KEPT, scale)) {
  EACH_ROW(row, rows) {
    i64 from = x_from + row * columns, to = o_from + row * columns;
    W sum = 0;
    EACH_COLUMN(i, columns) sum += LOAD(X, x, from + i);
    JOIN_ROW(sum, ADDED);
    T middle = (T)(sum / (W)columns);
    W spread = 0;
    EACH_COLUMN(i, columns) {
      W distance = LOAD(X, x, from + i) - middle;
      spread += distance * distance;
    }
    JOIN_ROW(spread, ADDED);
    T factor = (T)(1 / sqrt(spread / (W)columns + eps));
    if (IS_FIRST_LANE) {
      mean[mean_from + row] = middle;
      scale[scale_from + row] = factor;
    }
    EACH_COLUMN(i, columns) {
      T y = (LOAD(X, x, from + i) - middle) * factor;
      if (has_weight) y *= LOAD(X, weight, weight_from + i);
      if (has_bias) y += LOAD(X, bias, bias_from + i);
      STORE(X, o, to + i, y);
    }
  }
}

KERNEL layer_norm_slope(
  i64 rows, i64 columns, IN(X, g), IN(X, x), IN(KEPT, mean), IN(KEPT, scale), i32 has_weight, IN(X, weight), OUT(X, o)) {
  EACH_ROW(row, rows) {
    i64 from_g = g_from + row * columns, from_x = x_from + row * columns, to = o_from + row * columns;
    T middle = mean[mean_from + row], factor = scale[scale_from + row];
    W total = 0, product = 0;
    EACH_COLUMN(i, columns) {
      T v = LOAD(X, g, from_g + i), normal = (LOAD(X, x, from_x + i) - middle) * factor;
      if (has_weight) v *= LOAD(X, weight, weight_from + i);
      total += v;
      product += (W)v * normal;
    }
    JOIN_ROW(total, ADDED);
    JOIN_ROW(product, ADDED);
    T shift = (T)(total / (W)columns), pull = (T)(product / (W)columns);
    EACH_COLUMN(i, columns) {
      T v = LOAD(X, g, from_g + i), normal = (LOAD(X, x, from_x + i) - middle) * factor;
      if (has_weight) v *= LOAD(X, weight, weight_from + i);
      STORE(X, o, to + i, (v - shift - normal * pull) * factor);
    }
  }
}

/// What the rows of each piece add up to, for weights and for biases: [2, pieces, columns].
KERNEL layer_norm_sums(
  i64 rows, i64 columns, i64 pieces, i64 each, IN(X, g), IN(X, x), IN(KEPT, mean), IN(KEPT, scale), OUT(KEPT, o)) {
  EACH(number, pieces * columns) {
    i64 piece = number / columns, column = number - piece * columns;
    i64 end = (piece + 1) * each < rows ? (piece + 1) * each : rows;
    W weight = 0, bias = 0;
    for (i64 row = piece * each; row < end; row++) {
      T v = LOAD(X, g, g_from + row * columns + column);
      T normal = (LOAD(X, x, x_from + row * columns + column) - mean[mean_from + row]) * scale[scale_from + row];
      weight += (W)v * normal;
      bias += v;
    }
    o[o_from + number] = (T)weight;
    o[o_from + pieces * columns + number] = (T)bias;
  }
}

#else

/// The mean of each row and the sum of squared distances from it.
KERNEL row_moments(i64 rows, i64 columns, IN(X, x), OUT(O, mean), OUT(O, spread)) {
  EACH_ROW(row, rows) {
    i64 from = x_from + row * columns;
    W sum = 0;
    EACH_COLUMN(i, columns) sum += LOAD(X, x, from + i);
    JOIN_ROW(sum, ADDED);
    W exact = sum / (W)columns, squares = 0;
    T middle = (T)exact;
    EACH_COLUMN(i, columns) {
      W distance = LOAD(X, x, from + i) - middle;
      squares += distance * distance;
    }
    JOIN_ROW(squares, ADDED);
    if (IS_FIRST_LANE) {
      STORE(O, mean, mean_from + row, exact);
      STORE(O, spread, spread_from + row, squares);
    }
  }
}

/// The sum of each row of the gradient, and of its products with the distances from the mean.
KERNEL row_slopes(i64 rows, i64 columns, IN(X, g), IN(X, x), IN(X, mean), OUT(O, o), OUT(O, along)) {
  EACH_ROW(row, rows) {
    i64 from_g = g_from + row * columns, from_x = x_from + row * columns;
    T middle = LOAD(X, mean, mean_from + row);
    W sum = 0, product = 0;
    EACH_COLUMN(i, columns) {
      T v = LOAD(X, g, from_g + i);
      sum += v;
      product += (W)v * (LOAD(X, x, from_x + i) - middle);
    }
    JOIN_ROW(sum, ADDED);
    JOIN_ROW(product, ADDED);
    if (IS_FIRST_LANE) {
      STORE(O, o, o_from + row, sum);
      STORE(O, along, along_from + row, product);
    }
  }
}

KERNEL row_affine(i64 count, i64 columns, IN(X, x), IN(X, mean), IN(X, factor), IN(X, shift), OUT(X, o)) {
  EACH(i, count) {
    i64 row = i / columns;
    T y = (LOAD(X, x, x_from + i) - LOAD(X, mean, mean_from + row)) * LOAD(X, factor, factor_from + row);
    STORE(X, o, o_from + i, y + LOAD(X, shift, shift_from + row));
  }
}

KERNEL row_combine(
  i64 count, i64 columns, IN(X, g), IN(X, x), IN(X, mean), IN(X, by_g), IN(X, by_x), IN(X, shift), OUT(X, o)) {
  EACH(i, count) {
    i64 row = i / columns;
    T y = LOAD(X, g, g_from + i) * LOAD(X, by_g, by_g_from + row) + LOAD(X, shift, shift_from + row);
    y += (LOAD(X, x, x_from + i) - LOAD(X, mean, mean_from + row)) * LOAD(X, by_x, by_x_from + row);
    STORE(X, o, o_from + i, y);
  }
}

#endif
