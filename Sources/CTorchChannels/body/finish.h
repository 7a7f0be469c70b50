// What becomes of sums before they are stored.

/// NaN stays NaN.
INLINE V at_least(V x, float least) { return x < least ? (V)least : x; }
INLINE V at_most(V x, float most) { return x > most ? (V)most : x; }

INLINE V activated(V x, int activation) {
  switch (activation) {
    case 1: return at_least(x, 0);
    case 2: return at_most(at_least(x, 0), 6);
    case 3: return x * at_most(at_least(x + 3, 0), 6) / 6;
    default: return x;
  }
}

/// Writes the sums of `rows` pixels by `vectors` of channels, of which `channels` exist.
INLINE void finish(int rows, int vectors, const struct run *r, ptrdiff_t pixel, ptrdiff_t channel, ptrdiff_t channels,
                   V *sum) {
  float *c = r->c + pixel * r->c_step + channel;
  const float *plus = r->plus ? r->plus + pixel * r->plus_step + channel : NULL;
  if (channels >= vectors * LANES) {
    if (plus)
      UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++) sum[i * vectors + j] += load(plus + i * r->plus_step + j * LANES);
#define STORE_ALL(activation) \
  UNROLL for (int i = 0; i < rows; i++) \
    UNROLL for (int j = 0; j < vectors; j++) \
      store(c + i * r->c_step + j * LANES, activated(sum[i * vectors + j], activation))
    if (r->activation == 0) STORE_ALL(0);
    else if (r->activation == 1) STORE_ALL(1);
    else if (r->activation == 2) STORE_ALL(2);
    else STORE_ALL(3);
    return;
  }
  UNROLL for (int j = 0; j < vectors; j++) {
    ptrdiff_t left = channels - j * LANES;
    if (left <= 0) break;
    UNROLL for (int i = 0; i < rows; i++) {
      V v = sum[i * vectors + j];
      if (plus) v += load_some(plus + i * r->plus_step + j * LANES, left);
      store_some(c + i * r->c_step + j * LANES, left, activated(v, r->activation));
    }
  }
}
