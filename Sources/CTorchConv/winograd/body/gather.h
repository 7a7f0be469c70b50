// From pixels to frequencies: B^T d B of each tile of the input, A dY A^T of each tile of a result's gradient.
//
// Tiles of one row go together. Their pixels are brought into a small buffer with the channels in the lanes, unless
// they lie so already; one pass down the columns, which neighbouring tiles share, and one along the rows of each tile.

enum { STAGE_WIDTH = MOST_TILES_ACROSS * 4 + 2 };

/// Pixels from...from + count of a row into vectors, zeros where there are none. `row` is the row's first pixel.
INLINE void stage_row(const struct picture *p, const float *row, ptrdiff_t lanes, ptrdiff_t from, ptrdiff_t count,
                      float *to) {
  ptrdiff_t begin = least(most(from, 0), p->width), end = most(least(from + count, p->width), begin);
  to -= from * LANES;
  for (ptrdiff_t x = from; x < least(begin, from + count); x++) store(to + x * LANES, (V)(0));
  for (ptrdiff_t x = most(end, from); x < from + count; x++) store(to + x * LANES, (V)(0));
  if (lanes < LANES) {
    for (ptrdiff_t x = begin; x < end; x++) store(to + x * LANES, load_apart(row + x * p->pixel, p->channel, lanes));
  } else if (p->channel == 1) {
    for (ptrdiff_t x = begin; x < end; x++) store(to + x * LANES, load(row + x * p->pixel));
  } else {
    ptrdiff_t x = begin;
    for (; x + 4 <= end; x += 4) {
      V v[4];
      load_turned(v, row + x, p->channel);
      UNROLL for (int i = 0; i < 4; i++) store(to + (x + i) * LANES, v[i]);
    }
    if (x < end && end >= 4) {
      // The last four pixels, some of them again.
      V v[4];
      load_turned(v, row + end - 4, p->channel);
      UNROLL for (int i = 0; i < 4; i++)
        if (end - 4 + i >= x) store(to + (end - 4 + i) * LANES, v[i]);
    } else {
      for (; x < end; x++) store(to + x * LANES, load_apart(row + x, p->channel, LANES));
    }
  }
}

INLINE void gather_tiles(int m, bool slopes, const struct gathering *g) {
  const struct picture *p = g->picture;
  const int n = m + 2, rows = slopes ? m : n, longest = MOST_TILES_ACROSS * 4 / m;
  const ptrdiff_t across = g->grid->across, each = g->grid->down * across, end = g->first + g->count;
  const ptrdiff_t lanes = least(p->channels - g->channel, LANES);
  float *stage[6], *passed = g->work + 6 * STAGE_WIDTH * LANES;
  for (int i = 0; i < 6; i++) stage[i] = g->work + i * STAGE_WIDTH * LANES;
  ptrdiff_t above = -1;  // the tile whose rows are in the buffer, if they can be used again
  V sum = 0;
  for (ptrdiff_t t = g->first, run; t < end; t += run) {
    ptrdiff_t picture = t / each, y = t % each / across, x = t % across;
    run = least(least(longest, across - x), end - t);
    ptrdiff_t top = y * m - (slopes ? 0 : g->grid->top), left = x * m - (slopes ? 0 : g->grid->left);
    ptrdiff_t width = run * m + (slopes ? 0 : 2);
    const float *image = g->image + picture * p->batch + g->channel * p->channel;
    const float *line[6];
    ptrdiff_t step = LANES;
    if (p->channel == 1 && lanes == LANES && top >= 0 && top + rows <= p->height && left >= 0 &&
        left + width <= p->width) {
      UNROLL for (int i = 0; i < rows; i++) line[i] = image + (top + i) * p->row + left * p->pixel;
      step = p->pixel;
      above = -1;
    } else {
      int known = 0;
      if (!slopes && above >= 0 && above + across == t && y > 0) {
        // The tiles above had the first two rows.
        float *old[6];
        for (int i = 0; i < n; i++) old[i] = stage[i];
        for (int i = 0; i < n; i++) stage[i] = old[(i + m) % n];
        known = 2;
      }
      for (int i = known; i < rows; i++) {
        if (top + i >= 0 && top + i < p->height) {
          stage_row(p, image + (top + i) * p->row, lanes, left, width, stage[i]);
        } else {
          memset(stage[i], 0, (size_t)width * LANES * sizeof(float));
        }
      }
      UNROLL for (int i = 0; i < rows; i++) line[i] = stage[i];
      // Only the same run of tiles in the next row finds its own columns here.
      above = x == 0 || x % longest == 0 ? t : -1;
      if (run < least(longest, across - x)) above = -1;
    }
    V part = 0;
    for (ptrdiff_t i = 0; i < width; i++) {
      V v[6];
      UNROLL for (int k = 0; k < rows; k++) v[k] = load(line[k] + i * step);
      if (slopes) {
        if (g->sums) UNROLL for (int k = 0; k < rows; k++) part += v[k];
        back(m, v);
      } else {
        toward(m, v);
      }
      UNROLL for (int k = 0; k < n; k++) store(passed + (k * STAGE_WIDTH + i) * LANES, v[k]);
    }
    sum += part;
    float *to = g->to + (t - g->first) * g->t_step;
    for (ptrdiff_t j = 0; j < run; j++, to += g->t_step) {
      for (int k = 0; k < n; k++) {
        const float *from = passed + (k * STAGE_WIDTH + j * m) * LANES;
        V v[6];
        UNROLL for (int i = 0; i < rows; i++) v[i] = load(from + i * LANES);
        if (slopes) back(m, v);
        else toward(m, v);
        UNROLL for (int i = 0; i < n; i++) store(to + (k * n + i) * g->f_step, v[i]);
      }
    }
  }
  if (slopes && g->sums) store(g->sums, load(g->sums) + sum);
}

static void ISA(gather2)(const struct gathering *g) { gather_tiles(2, false, g); }
static void ISA(gather4)(const struct gathering *g) { gather_tiles(4, false, g); }
static void ISA(gather_slopes2)(const struct gathering *g) { gather_tiles(2, true, g); }
static void ISA(gather_slopes4)(const struct gathering *g) { gather_tiles(4, true, g); }
