// Reading and writing by index. Where several indices name one place, writes keep the order of the indices, on any device: one
// thread does all that meets in one place. So the sums of floats are the same in every run, `assign` leaves the last, and no
// dtype needs atomics of its size.


/// The offset of what an index out of range names: reported, neither read nor written.
#define NOWHERE ((i64)HIGHEST_BIT)

#if IS_FLOAT(X)
#define JOINED_add (x + y)
#define JOINED_multiply (x * y)
#else
#define JOINED_add (i64)((u64)x + (u64)y)
#define JOINED_multiply (i64)((u64)x * (u64)y)
#endif
#define JOINED_assign y
#define JOINED_amax (IS_NAN(x) || x > y ? x : y)
#define JOINED_amin (IS_NAN(x) || x < y ? x : y)

#if JOINS
DEVICE T joined(T x, T y) { return (T)(JOINED); }
#endif

/// An index within 0..<size; -1, reported, where it is not. What counts from the end may be negative.
DEVICE i64 checked(i64 index, i64 size, i32 from_end, i64 dim, GLOBAL i32 *trouble) {
  i64 at = from_end && index < 0 ? index + size : index;
  if (at >= 0 && at < size) return at;
  report(trouble, INDEX_OUT_OF_RANGE, index, size, dim);
  return -1;
}

KERNEL gather(
  i64 count, SIZES(sizes), i64 size, i64 along, i64 dim, IN(X, x), STRIDES(along_x), IN(i64, index),
  STRIDES(along_index), OUT(X, o), STRIDES(along_o), GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_index);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_x = x_from, at_index = index_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_index += at * along_index.stride[d],
                               at_o += at * along_o.stride[d]));
    i64 found = checked(index[at_index], size, 0, dim, trouble);
    if (found >= 0) o[at_o] = x[at_x + found * along];
  }
}

/// Where the indices of one dimension, `step` elements apart, point: alone where `first`, else with those before.
KERNEL index_offsets(
  i64 count, SIZES(sizes), i64 size, i64 step, i64 dim, i32 from_end, i32 first, IN(i64, index),
  STRIDES(along_index), OUT(i64, o), GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_index);
  EACH(i, count) {
    i64 found = checked(index[index_from + place(i, sizes, along_index)], size, from_end, dim, trouble);
    i64 before = first ? 0 : o[o_from + i];
    o[o_from + i] = found < 0 || before == NOWHERE ? NOWHERE : before + found * step;
  }
}

/// The offsets in `x` that a scatter's indices name.
KERNEL scatter_offsets(
  i64 count, SIZES(sizes), i64 size, i64 along, i64 dim, STRIDES(along_x), IN(i64, index), STRIDES(along_index),
  OUT(i64, o), GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_index);
  EACH(i, count) {
    i64 at_x = 0, at_index = index_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_index += at * along_index.stride[d]));
    i64 found = checked(index[at_index], size, 0, dim, trouble);
    o[o_from + i] = found < 0 ? NOWHERE : at_x + found * along;
  }
}

/// o = x[offset + ...], element by element.
KERNEL index_read(
  i64 count, SIZES(sizes), IN(i64, offsets), STRIDES(along_offsets), IN(X, x), STRIDES(along_x), OUT(X, o),
  STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_offsets);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_offset = offsets_from, at_x = x_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_offset += at * along_offsets.stride[d], at_x += at * along_x.stride[d],
                               at_o += at * along_o.stride[d]));
    i64 offset = offsets[at_offset];
    if (offset != NOWHERE) o[at_o] = x[at_x + offset];
  }
}

#if JOINS

/// A thread for each line along the indexed dimension, in order.
KERNEL scatter_lines(
  i64 lines, SIZES(sizes), i64 count, i64 size, i64 along, i64 dim, IN(X, x), STRIDES(along_x), i64 step_x,
  IN(i64, index), STRIDES(along_index), i64 step_index, OUT(X, o), STRIDES(along_o), GLOBAL i32 *trouble) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_index);
  OPEN_STRIDES(along_o);
  EACH(line, lines) {
    i64 at_x = x_from + place(line, sizes, along_x), at_index = index_from + place(line, sizes, along_index);
    i64 at_o = o_from + place(line, sizes, along_o);
    for (i64 i = 0; i < count; i++) {
      i64 found = checked(index[at_index + i * step_index], size, 0, dim, trouble);
      if (found < 0) continue;
      i64 to = at_o + found * along;
#if ASSIGNS
      o[to] = x[at_x + i * step_x];
#else
      STORE(X, o, to, joined(LOAD(X, o, to), LOAD(X, x, at_x + i * step_x)));
#endif
    }
  }
}

/// Writes blocks of `inner` elements to the places that the offsets name. `order` has equal offsets side by side, in the order
/// of their indices: the thread at the first of them goes through them all, or the one at the last writes alone.
KERNEL write_runs(
  i64 count, i64 inner, SIZES(sizes), const GLOBAL i64 *order, IN(i64, offsets), IN(X, x), OUT(X, o),
  STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_o);
  EACH(number, count * inner) {
    i64 i = number / inner, r = number - i * inner;
    i64 from = order[i], offset = offsets[offsets_from + from];
    if (offset == NOWHERE) continue;
#if ASSIGNS
    if (i + 1 < count && offsets[offsets_from + order[i + 1]] == offset) continue;
    o[o_from + offset + place(r, sizes, along_o)] = x[x_from + from * inner + r];
#else
    if (i > 0 && offsets[offsets_from + order[i - 1]] == offset) continue;
    i64 to = o_from + offset + place(r, sizes, along_o);
    for (i64 j = i;;) {
      STORE(X, o, to, joined(LOAD(X, o, to), LOAD(X, x, x_from + from * inner + r)));
      if (++j == count) break;
      from = order[j];
      if (offsets[offsets_from + from] != offset) break;
    }
#endif
  }
}

#else

/// How many elements of each chunk are not zero: a group for each.
KERNEL count_nonzero(i64 count, SIZES(sizes), i64 chunks, i64 length, IN(X, x), STRIDES(along_x), OUT(i64, o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  LOCAL i32 part[GROUP_LANES];
  int lane = (int)LANE(0);
  for (i64 chunk = (i64)GROUP(0); chunk < chunks; chunk += (i64)GROUPS(0)) {
    i64 begin = chunk * length, end = begin + length < count ? begin + length : count;
    i32 found = 0;
    for (i64 i = begin + lane; i < end; i += GROUP_LANES) found += LOAD(X, x, x_from + place(i, sizes, along_x)) != 0;
    part[lane] = found;
    JOIN_LANES(lane, reach, part[lane] += part[lane + reach]);
    if (lane == 0) o[o_from + chunk] = part[0];
    BARRIER;
  }
}

/// The positions of those elements, row-major; those of a chunk begin at its entry of `starts`.
KERNEL find_nonzero(
  i64 count, SIZES(sizes), i64 chunks, i64 length, IN(X, x), STRIDES(along_x), IN(i64, starts), OUT(i64, o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  LOCAL i32 part[GROUP_LANES];
  int lane = (int)LANE(0);
  for (i64 chunk = (i64)GROUP(0); chunk < chunks; chunk += (i64)GROUPS(0)) {
    i64 begin = chunk * length, end = begin + length < count ? begin + length : count;
    i64 to = o_from + starts[starts_from + chunk];
    for (i64 round = begin; round < end; round += GROUP_LANES) {
      i64 i = round + lane;
      i32 is_found = i < end && LOAD(X, x, x_from + place(i < end ? i : begin, sizes, along_x)) != 0, sum = is_found;
      part[lane] = sum;
      BARRIER;
      for (int reach = 1; reach < GROUP_LANES; reach *= 2) {
        i32 before = lane >= reach ? part[lane - reach] : 0;
        BARRIER;
        sum += before;
        part[lane] = sum;
        BARRIER;
      }
      if (is_found) o[to + sum - 1] = i;
      to += part[GROUP_LANES - 1];
      BARRIER;
    }
  }
}

/// One dimension's part of positions: with `step` elements from one of its indices to the next.
KERNEL split_positions(i64 count, i64 step, i64 size, IN(i64, x), OUT(i64, o)) {
  EACH(i, count) o[o_from + i] = x[x_from + i] / step % size;
}

#endif
