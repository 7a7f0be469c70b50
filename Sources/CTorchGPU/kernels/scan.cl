// Running results along rows. A program is made for one op and dtype: JOINED, of what came before and what comes, is one of the
// macros below; PLACES says whether an extreme's position is wanted too.


#if IS_FLOAT(X)
#define JOINED_sum (x + y)
#define JOINED_prod (x * y)
DEVICE T log_add_exp(T x, T y) {
  if (x == y && fabs(x) == INFINITY_T) return x;
  T larger = IS_NAN(x) || x > y ? x : y;
  return larger + log1p(exp(-fabs(x - y)));
}
#define JOINED_logaddexp log_add_exp(x, y)
#else
#define JOINED_sum (i64)((u64)x + (u64)y)
#define JOINED_prod (i64)((u64)x * (u64)y)
#endif
// Of equal ones the last; NaN stays once met, and the newest is taken.
#define JOINED_max (IS_NAN(y) || y >= x ? y : x)
#define JOINED_min (IS_NAN(y) || y <= x ? y : x)
#define LATER_max (IS_NAN(y) || y >= x)
#define LATER_min (IS_NAN(y) || y <= x)

DEVICE T joined(T x, T y) { return (T)(JOINED); }
#if PLACES
DEVICE i32 is_later(T x, T y) { return LATER; }
#endif

// Sums begin at 0, which takes the sign from -0.
DEVICE T first_of(T x) { return STARTS_AT_0 ? x + (T)0 : x; }

/// A thread for each row: where rows are many or short.
KERNEL scan_rows(
  i64 rows, SIZES(row_sizes), i64 count, IN(X, x), STRIDES(rows_x), i64 along_x, OUT(X, o), STRIDES(rows_o),
  i64 along_o, OUT(i64, p), STRIDES(rows_p), i64 along_p) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(rows_x);
  OPEN_STRIDES(rows_o);
  OPEN_STRIDES(rows_p);
  EACH(row, rows) {
    i64 at_x = x_from + place(row, row_sizes, rows_x), at_o = o_from + place(row, row_sizes, rows_o);
    T value = first_of(LOAD(X, x, at_x));
    STORE(X, o, at_o, value);
#if PLACES
    i64 at_p = p_from + place(row, row_sizes, rows_p), best = 0;
    p[at_p] = 0;
#endif
    for (i64 i = 1; i < count; i++) {
      T next = LOAD(X, x, at_x + i * along_x);
#if PLACES
      if (is_later(value, next)) best = i;
      p[at_p + i * along_p] = best;
#endif
      value = joined(value, next);
      STORE(X, o, at_o + i * along_o, value);
    }
  }
}

/// A group for each chunk of `length` elements of a row. First only what the chunks come to (`totals`, with their positions),
/// which scan_totals joins; then, where `stores`, the running results, beginning at what the chunks before come to.
KERNEL scan_chunks(
  i64 rows, SIZES(row_sizes), i64 count, i64 chunks, i64 length, i32 stores, IN(X, x), STRIDES(rows_x), i64 along_x,
  OUT(X, o), STRIDES(rows_o), i64 along_o, OUT(i64, p), STRIDES(rows_p), i64 along_p, GLOBAL T *totals,
  GLOBAL i64 *total_places) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(rows_x);
  OPEN_STRIDES(rows_o);
  OPEN_STRIDES(rows_p);
  LOCAL T values[GROUP_LANES];
#if PLACES
  LOCAL i64 places[GROUP_LANES];
#endif
  int lane = (int)LANE(0);
  for (i64 number = (i64)GROUP(0); number < rows * chunks; number += (i64)GROUPS(0)) {
    i64 row = number / chunks, chunk = number - row * chunks;
    i64 begin = chunk * length, end = begin + length < count ? begin + length : count;
    i64 at_x = x_from + place(row, row_sizes, rows_x), at_o = o_from + place(row, row_sizes, rows_o);
    i32 carries = stores && chunk > 0;
    T carry = carries ? totals[number - 1] : (T)0;
#if PLACES
    i64 at_p = p_from + place(row, row_sizes, rows_p), carry_place = carries ? total_places[number - 1] : 0;
#endif
    for (i64 round = begin; round < end; round += GROUP_LANES) {
      i64 i = round + lane;
      T value = first_of(LOAD(X, x, at_x + (i < end ? i : round) * along_x));
      values[lane] = value;
#if PLACES
      i64 best = i;
      places[lane] = i;
#endif
      BARRIER;
      for (int reach = 1; reach < GROUP_LANES; reach *= 2) {
        T before = values[lane >= reach ? lane - reach : 0];
#if PLACES
        i64 place_before = places[lane >= reach ? lane - reach : 0];
#endif
        BARRIER;
        if (lane >= reach) {
#if PLACES
          if (!is_later(before, value)) best = place_before;
          places[lane] = best;
#endif
          value = joined(before, value);
          values[lane] = value;
        }
        BARRIER;
      }
      if (carries) {
#if PLACES
        if (!is_later(carry, value)) best = carry_place;
#endif
        value = joined(carry, value);
      }
      if (stores && i < end) {
        STORE(X, o, at_o + i * along_o, value);
#if PLACES
        p[at_p + i * along_p] = best;
#endif
      }
      // What the round comes to is at its last lane within the chunk.
      int last = (int)(end - round < GROUP_LANES ? end - round : GROUP_LANES) - 1;
      T total = values[last];
#if PLACES
      i64 total_place = places[last];
      carry_place = carries && !is_later(carry, total) ? carry_place : total_place;
#endif
      carry = carries ? joined(carry, total) : total;
      carries = 1;
      BARRIER;
    }
    if (!stores && lane == 0) {
      totals[number] = carry;
#if PLACES
      total_places[number] = carry_place;
#endif
    }
  }
}

/// Running results of what the chunks of each row come to.
KERNEL scan_totals(i64 rows, i64 chunks, GLOBAL T *totals, GLOBAL i64 *total_places) {
  EACH(row, rows) {
    i64 from = row * chunks;
    for (i64 i = from + 1; i < from + chunks; i++) {
#if PLACES
      if (!is_later(totals[i - 1], totals[i])) total_places[i] = total_places[i - 1];
#endif
      totals[i] = joined(totals[i - 1], totals[i]);
    }
  }
}
