// Many to one. A program is made for one op and dtype (X): IDENTITY and JOINED are two of the macros below.
//
// The host turns every reduction into rows: `rows` results, each over `count` numbers, both by strides of several dimensions.

typedef NUMBER(X) T;
#if IS_DOUBLE(X)
#define INF_T AS_DOUBLE(0x7ff0000000000000L)
#else
#define INF_T AS_FLOAT(0x7f800000u)
#endif

#if IS_FLOAT(X)
#define IDENTITY_max (-INF_T)
#define IDENTITY_min INF_T
#define ISNAN(x) ((x) != (x))
#define JOINED_sum (x + y)
#define JOINED_prod (x * y)
#else
#define IDENTITY_max (-9223372036854775807L - 1)
#define IDENTITY_min 9223372036854775807L
#define ISNAN(x) 0
#define JOINED_sum (i64)((u64)x + (u64)y)
#define JOINED_prod (i64)((u64)x * (u64)y)
#endif
#define IDENTITY_sum 0
#define IDENTITY_prod 1
#define IDENTITY_any 0
#define IDENTITY_all 1
#define JOINED_max (ISNAN(x) || x > y ? x : y)
#define JOINED_min (ISNAN(x) || x < y ? x : y)
#define JOINED_any (x != 0 || y != 0)
#define JOINED_all (x != 0 && y != 0)
DEVICE T joined(T x, T y) { return (T)(JOINED); }

DEVICE i64 place(i64 i, Sizes sizes, Strides along) {
  i64 position = 0;
  EACH_DIM(i, sizes, d, at, position += at * along.stride[d]);
  return position;
}

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
    T result = (T)(IDENTITY);
    // Part by part, so that rounding errors of long sums stay small.
    for (i64 part = 0; part < count; part += PART) {
      i64 end = part + PART < count ? part + PART : count;
      T some = (T)(IDENTITY);
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
  LOCAL T part[GROUP_LANES];
  int lane = (int)LANE(0);
  for (i64 row = (i64)GROUP(0); row < rows; row += (i64)GROUPS(0)) {
    i64 from = x_from + place(row, row_sizes, along_rows);
    T result = (T)(IDENTITY);
    for (i64 i = lane; i < count; i += GROUP_LANES) result = joined(result, LOAD(X, x, from + place(i, sizes, along)));
    part[lane] = result;
    BARRIER;
    for (int reach = GROUP_LANES / 2; reach > 0; reach /= 2) {
      if (lane < reach) part[lane] = joined(part[lane], part[lane + reach]);
      BARRIER;
    }
    if (lane == 0) STORE(O, o, o_from + place(row, row_sizes, along_o), part[0]);
    BARRIER;
  }
}
