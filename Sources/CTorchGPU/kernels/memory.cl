// Copies that cast, and fills.

/// From one dtype to another as C casts, but for what is out of range.
DEVICE NUMBER(O) converted(NUMBER(X) x) {
#if IS_BOOL(O)
  return (NUMBER(O))(x != 0);
#elif IS_FLOAT(X) && !IS_FLOAT(O)
  // As a processor's vectors do: what has no int64, or no int32, is the least one; narrower ones are cut out of these.
#if IS_I32(O)
  if (!(x >= (NUMBER(X))-2147483648.0f && x < (NUMBER(X))2147483648.0f)) return (NUMBER(O))(-2147483647 - 1);
#endif
  if (!(x >= (NUMBER(X))-9223372036854775808.0f && x < (NUMBER(X))9223372036854775808.0f))
    return (NUMBER(O))(-9223372036854775807L - 1);
  return (NUMBER(O))(i64)x;
#else
  return (NUMBER(O))x;
#endif
}

KERNEL copy_row(i64 count, IN(X, x), OUT(O, o)) {
  EACH(i, count) STORE(O, o, o_from + i, converted(LOAD(X, x, x_from + i)));
}

KERNEL copy(i64 count, SIZES(sizes), IN(X, x), STRIDES(along_x), OUT(O, o), STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_x = x_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_x += at * along_x.stride[d], at_o += at * along_o.stride[d]));
    STORE(O, o, at_o, converted(LOAD(X, x, at_x)));
  }
}

KERNEL fill(i64 count, SIZES(sizes), NUMBER(O) value, OUT(O, o), STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_o = o_from;
    EACH_DIM(i, sizes, d, at, at_o += at * along_o.stride[d]);
    STORE(O, o, at_o, value);
  }
}

/// Where the condition holds x, else y: bits as they are.
KERNEL choose(
  i64 count, SIZES(sizes), IN(b8, c), STRIDES(along_c), IN(X, x), STRIDES(along_x), IN(X, y), STRIDES(along_y), OUT(X, o),
  STRIDES(along_o)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_c);
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_y);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    i64 at_c = c_from, at_x = x_from, at_y = y_from, at_o = o_from;
    EACH_DIM(i, sizes, d, at, (at_c += at * along_c.stride[d], at_x += at * along_x.stride[d],
                               at_y += at * along_y.stride[d], at_o += at * along_o.stride[d]));
    o[at_o] = c[at_c] ? x[at_x] : y[at_y];
  }
}
