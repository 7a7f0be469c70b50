// The first position of the extreme of each row. A program is made for one dtype (X) and one order: BETTER is one of the macros
// below.


#define BETTER_max (x > y)
#define BETTER_min (x < y)

/// Whether x is taken where y stands too: NaN counts as the extreme, and of equal ones the first is.
DEVICE i32 is_taken(T x, i64 at_x, T y, i64 at_y) {
  if (IS_NAN(x) || IS_NAN(y)) return IS_NAN(x) && (!IS_NAN(y) || at_x < at_y);
  return BETTER || (x == y && at_x < at_y);
}

/// A thread for each row: where rows are many.
KERNEL arg_rows(
  i64 rows, SIZES(row_sizes), i64 count, i64 along, IN(X, x), STRIDES(along_x), OUT(i64, o), STRIDES(along_o)) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  EACH(row, rows) {
    i64 from = x_from + place(row, row_sizes, along_x), at = 0;
    T best = LOAD(X, x, from);
    for (i64 i = 1; i < count; i++) {
      T value = LOAD(X, x, from + i * along);
      if (is_taken(value, i, best, at)) best = value, at = i;
    }
    o[o_from + place(row, row_sizes, along_o)] = at;
  }
}

/// A group for each row: where rows are long.
KERNEL arg_row_in_group(
  i64 rows, SIZES(row_sizes), i64 count, i64 along, IN(X, x), STRIDES(along_x), OUT(i64, o), STRIDES(along_o)) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  LOCAL T values[GROUP_LANES];
  LOCAL i64 places[GROUP_LANES];
  int lane = (int)LANE(0);
  for (i64 row = (i64)GROUP(0); row < rows; row += (i64)GROUPS(0)) {
    i64 from = x_from + place(row, row_sizes, along_x);
    // Lanes beyond the row's end look at its first element.
    i64 at = lane < count ? lane : 0;
    T best = LOAD(X, x, from + at * along);
    for (i64 i = at + GROUP_LANES; i < count; i += GROUP_LANES) {
      T value = LOAD(X, x, from + i * along);
      if (is_taken(value, i, best, at)) best = value, at = i;
    }
    values[lane] = best;
    places[lane] = at;
    JOIN_LANES(lane, reach, {
      if (is_taken(values[lane + reach], places[lane + reach], values[lane], places[lane])) {
        values[lane] = values[lane + reach];
        places[lane] = places[lane + reach];
      }
    });
    if (lane == 0) o[o_from + place(row, row_sizes, along_o)] = places[0];
    BARRIER;
  }
}
