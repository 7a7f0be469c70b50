// From frequencies to pixels: A^T M A of each tile, what is to be done to results, and the store.

INLINE V end_with(const struct ending *e, V v, V scale, V shift) {
  if (e->scale) v = FMA(v, scale, shift);
  else if (e->shift) v += shift;
  return v;
}

INLINE V bound(const struct ending *e, V v) {
  // What is no number stays so.
  v = v < e->low ? (V)(e->low) : v;
  return v > e->high ? (V)(e->high) : v;
}

/// Stores `count` pixels of a row, whose first is `to`, from vectors.
INLINE void unstage_row(const struct picture *p, const struct ending *e, float *to, const float *residual,
                        ptrdiff_t lanes, ptrdiff_t count, const float *from) {
  if (lanes < LANES || (p->channel != 1 && count < 4)) {
    for (ptrdiff_t x = 0; x < count; x++) {
      V v = load(from + x * LANES);
      if (residual) v += load_apart(residual + x * p->pixel, p->channel, lanes);
      if (e->bounded) v = bound(e, v);
      store_apart(to + x * p->pixel, p->channel, lanes, v);
    }
  } else if (p->channel == 1) {
    for (ptrdiff_t x = 0; x < count; x++) {
      V v = load(from + x * LANES);
      if (residual) v += load(residual + x * p->pixel);
      if (e->bounded) v = bound(e, v);
      store(to + x * p->pixel, v);
    }
  } else {
    ptrdiff_t x = 0;
    for (; x + LANES <= count; x += LANES) {
      V v[LANES];
      UNROLL for (int i = 0; i < LANES; i++) v[i] = load(from + (x + i) * LANES);
      if (residual) {
        UNROLL for (int i = 0; i < LANES; i += 4) {
          V more[4];
          load_turned(more, residual + x + i, p->channel);
          UNROLL for (int k = 0; k < 4; k++) v[i + k] += more[k];
        }
      }
      if (e->bounded) UNROLL for (int i = 0; i < LANES; i++) v[i] = bound(e, v[i]);
      store_square(to + x, p->channel, v);
    }
    for (; x < count; x += 4) {
      if (x + 4 > count) x = count - 4;  // the last four, some of them again
      V v[4];
      UNROLL for (int i = 0; i < 4; i++) v[i] = load(from + (x + i) * LANES);
      if (residual) {
        V more[4];
        load_turned(more, residual + x, p->channel);
        UNROLL for (int i = 0; i < 4; i++) v[i] += more[i];
      }
      if (e->bounded) UNROLL for (int i = 0; i < 4; i++) v[i] = bound(e, v[i]);
      store_turned(to + x, p->channel, v);
    }
  }
}

INLINE void scatter_tiles(int m, const struct scattering *s) {
  const struct picture *p = s->picture;
  const struct ending *e = s->ending;
  const int n = m + 2, longest = MOST_TILES_ACROSS * 4 / m;
  const ptrdiff_t across = s->grid->across, each = s->grid->down * across, end = s->first + s->count;
  const ptrdiff_t lanes = least(p->channels - s->channel, LANES);
  V scale = e->scale ? load_apart(e->scale + s->channel, 1, lanes) : (V)(1);
  V shift = e->shift ? load_apart(e->shift + s->channel, 1, lanes) : (V)(0);
  for (ptrdiff_t t = s->first, run; t < end; t += run) {
    ptrdiff_t picture = t / each, y = t % each / across, x = t % across;
    run = least(least(longest, across - x), end - t);
    ptrdiff_t place = picture * p->batch + s->channel * p->channel + y * m * p->row + x * m * p->pixel;
    ptrdiff_t count = least(run * m, p->width - x * m), rows = least(m, p->height - y * m);
    if (p->channel == 1) {
      // Lines that lie a pixel's channels apart are not foreseen by the machine.
      for (ptrdiff_t k = 0; k < rows; k++)
        for (ptrdiff_t i = 0; i < count; i++) __builtin_prefetch(s->image + place + k * p->row + i * p->pixel, 1, 3);
    }
    const float *from = s->from + (t - s->first) * s->t_step;
    for (ptrdiff_t j = 0; j < run; j++, from += s->t_step) {
      V half[4][6];
      UNROLL for (int i = 0; i < n; i++) {
        V v[6];
        UNROLL for (int k = 0; k < n; k++) v[k] = load(from + (k * n + i) * s->f_step);
        out(m, v);
        UNROLL for (int k = 0; k < m; k++) half[k][i] = v[k];
      }
      UNROLL for (int k = 0; k < m; k++) {
        out(m, half[k]);
        UNROLL for (int i = 0; i < m; i++)
          store(s->work + (k * STAGE_WIDTH + j * m + i) * LANES, end_with(e, half[k][i], scale, shift));
      }
    }
    for (ptrdiff_t k = 0; k < rows; k++, place += p->row)
      unstage_row(p, e, s->image + place, e->residual ? e->residual + place : NULL, lanes, count,
                  s->work + k * STAGE_WIDTH * LANES);
  }
}

static void ISA(scatter2)(const struct scattering *s) { scatter_tiles(2, s); }
static void ISA(scatter4)(const struct scattering *s) { scatter_tiles(4, s); }
