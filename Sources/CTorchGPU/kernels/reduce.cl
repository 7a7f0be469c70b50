// Many to one. A program is made for one op and dtype (X): IDENTITY, JOINED and WIDTH, what results grow in, are three of the macros
// below.
//
// The host turns every reduction into rows: `rows` results, each over `count` numbers, both by strides of several dimensions.

#if IS_FLOAT(X)
#define WIDTH_sum W
#define JOINED_sum (x + y)
#define JOINED_prod (x * y)
#else
#define WIDTH_sum T
#define JOINED_sum (i64)((u64)x + (u64)y)
#define JOINED_prod (i64)((u64)x * (u64)y)
#endif
#define WIDTH_prod T
#define WIDTH_max T
#define WIDTH_min T
#define WIDTH_any T
#define WIDTH_all T
#define IDENTITY_sum 0
#define IDENTITY_prod 1
#define IDENTITY_max LEAST
#define IDENTITY_min LARGEST
#define IDENTITY_any 0
#define IDENTITY_all 1
#define JOINED_max (IS_NAN(x) || x > y ? x : y)
#define JOINED_min (IS_NAN(x) || x < y ? x : y)
#define JOINED_any (x != 0 || y != 0)
#define JOINED_all (x != 0 && y != 0)
DEVICE WIDTH joined(WIDTH x, WIDTH y) { return (WIDTH)(JOINED); }

#define PART 8

/// A thread for each row: where rows are many.
KERNEL reduce_rows(
  i64 rows, SIZES(row_sizes), STRIDES(along_rows), i64 count, SIZES(sizes), STRIDES(along), IN(X, x), OUT(O, o),
  STRIDES(along_o)) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(along_rows);
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along);
  OPEN_STRIDES(along_o);
  EACH(row, rows) {
    i64 from = x_from + place(row, row_sizes, along_rows);
    WIDTH result = (WIDTH)(IDENTITY);
    // Part by part, so that rounding errors of long sums stay small where the device has no double.
    for (i64 part = 0; part < count; part += PART) {
      i64 end = part + PART < count ? part + PART : count;
      WIDTH some = (WIDTH)(IDENTITY);
      for (i64 i = part; i < end; i++) some = joined(some, LOAD(X, x, from + place(i, sizes, along)));
      result = joined(result, some);
    }
    STORE(O, o, o_from + place(row, row_sizes, along_o), result);
  }
}

/// A group for each row: where rows are long.
KERNEL reduce_row_in_group(
  i64 rows, SIZES(row_sizes), STRIDES(along_rows), i64 count, SIZES(sizes), STRIDES(along), IN(X, x), OUT(O, o),
  STRIDES(along_o)) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(along_rows);
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along);
  OPEN_STRIDES(along_o);
  LOCAL WIDTH part[GROUP_LANES];
  int lane = (int)LANE(0);
  for (i64 row = (i64)GROUP(0); row < rows; row += (i64)GROUPS(0)) {
    i64 from = x_from + place(row, row_sizes, along_rows);
    WIDTH result = (WIDTH)(IDENTITY);
    for (i64 i = lane; i < count; i += GROUP_LANES) result = joined(result, LOAD(X, x, from + place(i, sizes, along)));
    part[lane] = result;
    JOIN_LANES(lane, reach, part[lane] = joined(part[lane], part[lane + reach]));
    if (lane == 0) STORE(O, o, o_from + place(row, row_sizes, along_o), part[0]);
    BARRIER;
  }
}
