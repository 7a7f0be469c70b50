// Windows that look at each channel by itself: vectors of channels, a few pixels side by side.

enum { ABREAST = LANES == 16 ? 8 : 6 };

INLINE void window(int pixels, int way, const struct run *r, ptrdiff_t pixel, ptrdiff_t channel, ptrdiff_t left) {
  V sum[ABREAST];
  const float *a = r->a + pixel * r->a_step + channel;
  bool whole = left >= LANES;
  if (way == 0) {
    // Weights and biases are whole blocks.
    V first = load(r->bias + channel);
    UNROLL for (int i = 0; i < pixels; i++) sum[i] = first;
    const float *b = r->b + channel / BLOCK * r->taps * BLOCK + channel % BLOCK;
    for (ptrdiff_t t = 0; t < r->taps; t++, b += BLOCK) {
      V weight = load(b);
      const float *at = a + r->tap[t];
      UNROLL for (int i = 0; i < pixels; i++) {
        V x = whole ? load(at + i * r->a_step) : load_some(at + i * r->a_step, left);
        sum[i] = FMA(x, weight, sum[i]);
      }
    }
  } else {
    for (ptrdiff_t t = 0; t < r->taps; t++) {
      const float *at = a + r->tap[t];
      UNROLL for (int i = 0; i < pixels; i++) {
        V x = whole ? load(at + i * r->a_step) : load_some(at + i * r->a_step, left);
        sum[i] = t == 0 ? x : (x > sum[i] | x != x) ? x : sum[i];
      }
    }
  }
  finish(pixels, 1, r, pixel, channel, left, sum);
}

INLINE void windows(int way, const struct run *r) {
  for (ptrdiff_t channel = 0; channel < r->channels; channel += LANES) {
    ptrdiff_t left = r->channels - channel, pixel = 0;
    for (; pixel + ABREAST <= r->pixels; pixel += ABREAST) window(ABREAST, way, r, pixel, channel, left);
    for (; pixel + 2 <= r->pixels; pixel += 2) window(2, way, r, pixel, channel, left);
    for (; pixel < r->pixels; pixel++) window(1, way, r, pixel, channel, left);
  }
}

static void ISA(depthwise)(const struct run *r) { windows(0, r); }
static void ISA(greatest)(const struct run *r) { windows(1, r); }
