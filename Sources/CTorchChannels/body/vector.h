// Vectors of floats and their moves. Memory is never assumed to be aligned.

enum { PARTS = BLOCK / LANES };
typedef float V __attribute__((ext_vector_type(LANES)));
typedef float LOOSE __attribute__((ext_vector_type(LANES), aligned(4)));

INLINE V load(const float *p) { return *(const LOOSE *)p; }
INLINE void store(float *p, V v) { *(LOOSE *)p = v; }

// The first few lanes of a vector, the others zero and left alone; `count` may be more than there are.
#if LEVEL == 2
INLINE __mmask16 mask_of(ptrdiff_t count) { return count >= LANES ? 0xffff : (__mmask16)((1u << count) - 1); }
INLINE V load_some(const float *p, ptrdiff_t count) { return (V)_mm512_maskz_loadu_ps(mask_of(count), p); }
INLINE void store_some(float *p, ptrdiff_t count, V v) { _mm512_mask_storeu_ps(p, mask_of(count), (__m512)v); }
#elif LEVEL == 1
INLINE __m256i mask_of(ptrdiff_t count) {
  int lanes = (int)(count < LANES ? count : LANES);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE V load_some(const float *p, ptrdiff_t count) { return (V)_mm256_maskload_ps(p, mask_of(count)); }
INLINE void store_some(float *p, ptrdiff_t count, V v) { _mm256_maskstore_ps(p, mask_of(count), (__m256)v); }
#else
INLINE V load_some(const float *p, ptrdiff_t count) {
  float some[LANES] = {0};
  for (ptrdiff_t i = 0; i < LANES && i < count; i++) some[i] = p[i];
  return load(some);
}
INLINE void store_some(float *p, ptrdiff_t count, V v) {
  float some[LANES];
  store(some, v);
  for (ptrdiff_t i = 0; i < LANES && i < count; i++) p[i] = some[i];
}
#endif

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
