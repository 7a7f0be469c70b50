// The maximum of each window of a plane, and where it is. Windows side by side are walked together, tap by tap: a single
// window is a chain of comparisons that wait for each other.

enum { pool_abreast = 32, pool_few = 8 };

/// The taps of a window that meet the input along one dimension: `first` to `end`; `start` is where tap 0 lies.
typedef struct taps {
  ptrdiff_t start, first, end;
} taps;

static taps taps_of(const tk_max_pool *o, int dim, ptrdiff_t window) {
  ptrdiff_t size = o->in[dim], step = o->step[dim];
  taps t = {window * o->stride[dim] - o->pad[dim], 0, o->kernel[dim]};
  if (t.start < 0) t.first = (-t.start + step - 1) / step;
  if (t.start + (t.end - 1) * step >= size) t.end = size <= t.start ? 0 : (size - t.start + step - 1) / step;
  return t;
}

// A NaN is taken, and kept but for a later one.
#define MAX_POOL(P, T, I) \
  static void pool_one_##P( \
    const T *in, const tk_max_pool *o, taps z, taps y, taps x, T *value, int64_t *position) { \
    T best = 0; \
    ptrdiff_t place = -1; \
    if (x.first < x.end) \
      for (ptrdiff_t kz = z.first; kz < z.end; kz++) \
        for (ptrdiff_t ky = y.first; ky < y.end; ky++) { \
          ptrdiff_t row = ((z.start + kz * o->step[0]) * o->in[1] + y.start + ky * o->step[1]) * o->in[2]; \
          ptrdiff_t at = row + x.start + x.first * o->step[2]; \
          if (place < 0) best = in[at], place = at; \
          for (ptrdiff_t kx = x.first; kx < x.end; kx++, at += o->step[2]) { \
            if (in[at] > best || in[at] != in[at]) best = in[at], place = at; \
          } \
        } \
    if (place < 0) { \
      /* No tap met the input. PyTorch gives its first tap's place, which may lie outside of the plane. */ \
      best = (T)-INFINITY; \
      place = ((z.start + z.first * o->step[0]) * o->in[1] + y.start + y.first * o->step[1]) * o->in[2] + x.start + \
              x.first * o->step[2]; \
    } \
    *value = best; \
    if (position) *position = place; \
  } \
  /* Windows whose taps all lie within the rows, `stride` apart; so many of them, and their places too where they are \
     wanted, as the compiler is told. */ \
  TK_INLINE void pool_many_##P( \
    const T *in, const tk_max_pool *o, taps z, taps y, ptrdiff_t x, ptrdiff_t stride, int count, int places, T *values, \
    int64_t *positions) { \
    T best[pool_abreast]; \
    I place[pool_abreast]; \
    int begun = 0; \
    for (ptrdiff_t kz = z.first; kz < z.end; kz++) \
      for (ptrdiff_t ky = y.first; ky < y.end; ky++) { \
        ptrdiff_t row = ((z.start + kz * o->step[0]) * o->in[1] + y.start + ky * o->step[1]) * o->in[2] + x; \
        for (ptrdiff_t kx = 0; kx < o->kernel[2]; kx++) { \
          const T *p = in + row + kx * o->step[2]; \
          I at = (I)(row + kx * o->step[2]); \
          if (!begun) { \
            for (I j = 0; j < count; j++) { \
              best[j] = p[j * stride]; \
              if (places) place[j] = at + j * (I)stride; \
            } \
            begun = 1; \
            continue; \
          } \
          for (I j = 0; j < count; j++) { \
            T v = p[j * stride]; \
            int better = (v > best[j]) | (v != v); \
            best[j] = better ? v : best[j]; \
            if (places) place[j] = better ? at + j * (I)stride : place[j]; \
          } \
        } \
      } \
    for (int j = 0; j < count; j++) values[j] = best[j]; \
    if (places) \
      for (int j = 0; j < count; j++) positions[j] = (int64_t)place[j]; \
  } \
  TK_INLINE void pool_strides_##P( \
    const T *in, const tk_max_pool *o, taps z, taps y, ptrdiff_t x, int count, int places, T *values, \
    int64_t *positions) { \
    if (o->stride[2] == 1) pool_many_##P(in, o, z, y, x, 1, count, places, values, positions); \
    else if (o->stride[2] == 2) pool_many_##P(in, o, z, y, x, 2, count, places, values, positions); \
    else pool_many_##P(in, o, z, y, x, o->stride[2], count, places, values, positions); \
  } \
  TK_INLINE void pool_planes_##P( \
    ptrdiff_t planes, T *out, int64_t *positions, const T *in, const tk_max_pool *o, int count, int places) { \
    ptrdiff_t plane = o->in[0] * o->in[1] * o->in[2], stride = o->stride[2], width = o->out[2]; \
    /* The windows of a row that have all their taps. */ \
    ptrdiff_t whole = 0, past = 0; \
    while (whole < width && taps_of(o, 2, whole).first > 0) whole++; \
    for (past = whole; past < width && taps_of(o, 2, past).end == o->kernel[2];) past++; \
    for (; planes > 0; planes--, in += plane) \
      for (ptrdiff_t oz = 0; oz < o->out[0]; oz++) { \
        taps z = taps_of(o, 0, oz); \
        for (ptrdiff_t oy = 0; oy < o->out[1]; oy++, out += width) { \
          taps y = taps_of(o, 1, oy); \
          int meets = z.first < z.end && y.first < y.end && plane <= INT32_MAX; \
          for (ptrdiff_t ox = 0; ox < width;) { \
            /* The last block goes back over windows that are done already. */ \
            ptrdiff_t at = ox + count > past ? past - count : ox; \
            if (!meets || ox < whole || ox >= past || at < whole) { \
              pool_one_##P(in, o, z, y, taps_of(o, 2, ox), out + ox, places ? positions + ox : NULL); \
              ox++; \
              continue; \
            } \
            ptrdiff_t x = at * stride - o->pad[2]; \
            pool_strides_##P(in, o, z, y, x, count, places, out + at, places ? positions + at : NULL); \
            ox = at + count; \
          } \
          if (places) positions += width; \
        } \
      } \
  } \
  static void max_pool_##P(ptrdiff_t planes, T *out, int64_t *positions, const T *in, const tk_max_pool *o) { \
    int wide = o->out[2] >= pool_abreast + 2; \
    if (wide && positions) pool_planes_##P(planes, out, positions, in, o, pool_abreast, 1); \
    else if (wide) pool_planes_##P(planes, out, NULL, in, o, pool_abreast, 0); \
    else if (positions) pool_planes_##P(planes, out, positions, in, o, pool_few, 1); \
    else pool_planes_##P(planes, out, NULL, in, o, pool_few, 0); \
  }
MAX_POOL(f32, float, int32_t)
MAX_POOL(f64, double, int64_t)
