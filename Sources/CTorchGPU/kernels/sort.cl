// Order along rows. An item is a key and the element's place in its row: keys grow as elements do, or fall where the order is
// descending; equal elements (0 and -0, any two NaNs) have equal keys and NaN counts as the largest. Blocks are sorted in the
// memory of a group, then runs are merged, pass by pass; equal keys keep the order of their places.


#define SORT_BLOCK 1024

DEVICE u64 key_of(T x, i32 descending) {
  u64 key;
#if IS_DOUBLE(X)
  u64 bits = (u64)AS_LONG(x == 0 ? (T)0 : x);
  key = x != x ? ~(u64)0 : bits >> 63 ? ~bits : bits | HIGHEST_BIT;
#elif IS_FLOAT(X)
  u32 bits = AS_UINT(x == 0 ? (T)0 : x);
  key = x != x ? 0xffffffffu : bits >> 31 ? ~bits : bits | 0x80000000u;
#else
  key = (u64)x ^ HIGHEST_BIT;
#endif
  return descending ? ~key : key;
}

/// Short rows: each element goes where as many come before it as do; the first `k` are kept.
KERNEL sort_short(
  i64 count, SIZES(row_sizes), i64 n, i64 k, i32 descending, IN(X, x), STRIDES(rows_x), i64 along_x, OUT(X, v),
  STRIDES(rows_v), i64 along_v, OUT(i64, p), STRIDES(rows_p), i64 along_p) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(rows_x);
  OPEN_STRIDES(rows_v);
  OPEN_STRIDES(rows_p);
  EACH(number, count) {
    i64 row = number / n, i = number - row * n;
    i64 from = x_from + place(row, row_sizes, rows_x), rank = 0;
    u64 key = key_of(LOAD(X, x, from + i * along_x), descending);
    for (i64 j = 0; j < n; j++) {
      u64 other = key_of(LOAD(X, x, from + j * along_x), descending);
      rank += other < key || (other == key && j < i);
    }
    if (rank < k) {
      v[v_from + place(row, row_sizes, rows_v) + rank * along_v] = x[from + i * along_x];
      p[p_from + place(row, row_sizes, rows_p) + rank * along_p] = i;
    }
  }
}

/// A group for each block of a row: its items in order. `width` is a power of two, a block's length at least.
KERNEL sort_blocks(
  i64 rows, SIZES(row_sizes), i64 n, i64 blocks, i32 width, i32 descending, IN(X, x), STRIDES(rows_x), i64 along_x,
  GLOBAL u64 *keys, GLOBAL i64 *places) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(rows_x);
  LOCAL u64 key[SORT_BLOCK];
  LOCAL i32 at[SORT_BLOCK];
  int lane = (int)LANE(0);
  for (i64 number = (i64)GROUP(0); number < rows * blocks; number += (i64)GROUPS(0)) {
    i64 row = number / blocks, begin = (number - row * blocks) * width;
    i64 from = x_from + place(row, row_sizes, rows_x);
    int length = (int)(n - begin < width ? n - begin : width);
    for (int i = lane; i < width; i += GROUP_LANES) {
      // What fills up a block comes last: its places are the highest.
      key[i] = i < length ? key_of(LOAD(X, x, from + (begin + i) * along_x), descending) : ~(u64)0;
      at[i] = i;
    }
    BARRIER;
    for (int size = 2; size <= width; size *= 2) {
      for (int reach = size / 2; reach > 0; reach /= 2) {
        for (int pair = lane; pair < width / 2; pair += GROUP_LANES) {
          int a = (pair / reach) * reach * 2 + pair % reach, b = a + reach;
          int rises = (a & size) == 0;
          int is_after = key[a] > key[b] || (key[a] == key[b] && at[a] > at[b]);
          if (is_after == rises) {
            u64 k = key[a];
            i32 t = at[a];
            key[a] = key[b];
            at[a] = at[b];
            key[b] = k;
            at[b] = t;
          }
        }
        BARRIER;
      }
    }
    for (int i = lane; i < length; i += GROUP_LANES) {
      keys[row * n + begin + i] = key[i];
      places[row * n + begin + i] = begin + at[i];
    }
    BARRIER;
  }
}

/// Merges neighbouring runs of each row: an item goes behind those of the other run that come before it.
KERNEL merge_runs(
  i64 count, i64 n, i64 run, const GLOBAL u64 *keys, const GLOBAL i64 *places, GLOBAL u64 *merged_keys,
  GLOBAL i64 *merged_places) {
  EACH(number, count) {
    i64 row = number / n, i = number - row * n, from = row * n;
    i64 start = i / (2 * run) * (2 * run);
    i64 middle = start + run < n ? start + run : n, end = middle + run < n ? middle + run : n;
    u64 key = keys[number];
    i32 is_first = i < middle;
    i64 low = is_first ? middle : start, high = is_first ? end : middle, begin = low;
    while (low < high) {
      i64 half_way = low + (high - low) / 2;
      u64 other = keys[from + half_way];
      if (other < key || (!is_first && other == key)) low = half_way + 1;
      else high = half_way;
    }
    i64 to = from + (is_first ? i : start + (i - middle)) + (low - begin);
    merged_keys[to] = key;
    merged_places[to] = places[number];
  }
}

/// Stores the first `k` of each row's items: elements as they are, and their places.
KERNEL sort_store(
  i64 count, SIZES(row_sizes), i64 n, i64 k, const GLOBAL i64 *places, IN(X, x), STRIDES(rows_x), i64 along_x,
  OUT(X, v), STRIDES(rows_v), i64 along_v, OUT(i64, p), STRIDES(rows_p), i64 along_p) {
  OPEN_SIZES(row_sizes);
  OPEN_STRIDES(rows_x);
  OPEN_STRIDES(rows_v);
  OPEN_STRIDES(rows_p);
  EACH(number, count) {
    i64 row = number / k, i = number - row * k, from = places[row * n + i];
    v[v_from + place(row, row_sizes, rows_v) + i * along_v] = x[x_from + place(row, row_sizes, rows_x) + from * along_x];
    p[p_from + place(row, row_sizes, rows_p) + i * along_p] = from;
  }
}

/// Where in sorted rows values belong, all contiguous.
KERNEL search(
  i64 count, i64 per_row, i64 size, i32 right, i32 has_order, IN(X, x), IN(X, y), IN(i64, order), OUT(i64, o)) {
  EACH(i, count) {
    T value = LOAD(X, y, y_from + i);
    i64 first = i / per_row * size, low = 0, high = size;
    while (low < high) {
      i64 middle = (low + high) >> 1, at = first + middle;
      if (has_order) at = first + order[order_from + at];
      T here = LOAD(X, x, x_from + at);
      // Not `here < value`: what is no number belongs at the end.
      i32 is_before = right ? !(here > value) : !(here >= value);
      if (is_before) low = middle + 1;
      else high = middle;
    }
    o[o_from + i] = low;
  }
}
