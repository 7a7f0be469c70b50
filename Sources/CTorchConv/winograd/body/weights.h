// Weights into frequencies, and the slopes of frequencies back into slopes of weights.

/// The taps of `count` inputs from `first` as vectors over outputs: taps[(i * 9 + tap) * LANES + lane].
INLINE void stage_taps(const struct turning *t, ptrdiff_t channel, ptrdiff_t first, ptrdiff_t count, float *taps) {
  ptrdiff_t row = t->inputs * 9, lanes = least((t->turned ? t->inputs : t->outputs) - channel, LANES);
  const float *from = t->turned ? t->weight + first * row + channel * 9 : t->weight + channel * row + first * 9;
  ptrdiff_t stride = t->turned ? 9 : row, columns = t->turned ? 9 : count * 9;
  // Turned around, the depth is the outer dimension: each of it has columns of its own.
  for (ptrdiff_t i = 0; i < (t->turned ? count : 1); i++, from += row, taps += 9 * LANES) {
    if (lanes < LANES) {
      for (ptrdiff_t j = 0; j < columns; j++) {
        ptrdiff_t place = t->turned ? 8 - j : j;
        store(taps + place * LANES, lanes > 0 ? load_apart(from + j, stride, lanes) : (V)(0));
      }
      continue;
    }
    for (ptrdiff_t j = 0; j < columns; j += 4) {
      if (j + 4 > columns) j = columns - 4;
      V v[4];
      load_turned(v, from + j, stride);
      UNROLL for (int k = 0; k < 4; k++) store(taps + (t->turned ? 8 - j - k : j + k) * LANES, v[k]);
    }
  }
}

INLINE void turn_weights(int m, const struct turning *t) {
  enum { AT_ONCE = 4 };
  const int n = m + 2;
  float taps[AT_ONCE * 9 * LANES];
  for (ptrdiff_t d = 0; d < t->depth; d += AT_ONCE) {
    ptrdiff_t count = least(AT_ONCE, t->depth - d);
    for (int vector = 0; vector < 2; vector++) {
      stage_taps(t, t->lane_channel + vector * LANES, t->first + d, count, taps);
      for (ptrdiff_t i = 0; i < count; i++) {
        float *to = t->to + (d + i) * PANEL + vector * LANES;
        for (int half = 0; half < 2; half++, to += LANES / 2) {
          const float *from = taps + i * 9 * LANES + half * (LANES / 2);
          D some[3][6];
          UNROLL for (int k = 0; k < 3; k++) {
            D w[6];
            UNROLL for (int l = 0; l < 3; l++)
              w[l] = __builtin_convertvector(*(const LOOSE_HALF *)(from + (l * 3 + k) * LANES), D);
            weigh(m, w);
            UNROLL for (int l = 0; l < n; l++) some[k][l] = w[l];
          }
          UNROLL for (int l = 0; l < n; l++) {
            D w[6];
            UNROLL for (int k = 0; k < 3; k++) w[k] = some[k][l];
            weigh(m, w);
            UNROLL for (int k = 0; k < n; k++)
              *(LOOSE_HALF *)(to + (l * n + k) * t->f_step) = __builtin_convertvector(w[k], HALF);
          }
        }
      }
    }
  }
}

INLINE void fold_slopes(int m, float *sums, const float *from, ptrdiff_t f_step, ptrdiff_t count, bool first) {
  const int n = m + 2;
  for (ptrdiff_t c = 0; c < count; c++) {
    for (int vector = 0; vector < 2; vector++) {
      const float *u = from + c * PANEL + vector * LANES;
      float *sum = sums + c * 9 * PANEL + vector * LANES;
      V some[3][6];
      UNROLL for (int k = 0; k < n; k++) {
        V v[6];
        UNROLL for (int l = 0; l < n; l++) v[l] = load(u + (l * n + k) * f_step);
        unweigh(m, v);
        UNROLL for (int l = 0; l < 3; l++) some[l][k] = v[l];
      }
      UNROLL for (int l = 0; l < 3; l++) {
        unweigh(m, some[l]);
        UNROLL for (int k = 0; k < 3; k++) {
          float *to = sum + (l * 3 + k) * PANEL;
          store(to, first ? some[l][k] : load(to) + some[l][k]);
        }
      }
    }
  }
}

static void ISA(collect)(float *weight, ptrdiff_t columns, ptrdiff_t channel, ptrdiff_t channels, const float *part,
                         ptrdiff_t parts, ptrdiff_t part_step, ptrdiff_t begin, ptrdiff_t end) {
  for (int vector = 0; vector < 2; vector++, channel += LANES, part += LANES) {
    ptrdiff_t lanes = least(channels - channel, LANES);
    if (lanes <= 0) return;
    float *to = weight + channel * columns;
    ptrdiff_t i = begin;
    for (; i + 4 <= end; i += 4) {
      V v[4];
      UNROLL for (int k = 0; k < 4; k++) v[k] = load(part + (i + k) * PANEL);
      for (ptrdiff_t p = 1; p < parts; p++)
        UNROLL for (int k = 0; k < 4; k++) v[k] += load(part + p * part_step + (i + k) * PANEL);
      if (lanes == LANES) store_turned(to + i, columns, v);
      else UNROLL for (int k = 0; k < 4; k++) store_apart(to + i + k, columns, lanes, v[k]);
    }
    for (; i < end; i++) {
      V v = load(part + i * PANEL);
      for (ptrdiff_t p = 1; p < parts; p++) v += load(part + p * part_step + i * PANEL);
      store_apart(to + i, columns, lanes, v);
    }
  }
}

static void ISA(turn2)(const struct turning *t) { turn_weights(2, t); }
static void ISA(turn4)(const struct turning *t) { turn_weights(4, t); }
static void ISA(fold2)(float *sums, const float *from, ptrdiff_t f_step, ptrdiff_t count, bool first) {
  fold_slopes(2, sums, from, f_step, count, first);
}
static void ISA(fold4)(float *sums, const float *from, ptrdiff_t f_step, ptrdiff_t count, bool first) {
  fold_slopes(4, sums, from, f_step, count, first);
}
