// How pixels come to lie in vectors, one channel in each lane: squares of numbers are turned around.

typedef float Q __attribute__((ext_vector_type(4)));
typedef float LOOSE_Q __attribute__((ext_vector_type(4), aligned(4)));

INLINE Q load_quad(const float *p) { return *(const LOOSE_Q *)p; }
INLINE void store_quad(float *p, Q v) { *(LOOSE_Q *)p = v; }

#define SHUFFLE __builtin_shufflevector
#if LANES == 16
#define EACH_FOUR(a, b, c, d) \
  a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12, d + 12
/// Four numbers of every fourth row of p, one row after another.
INLINE V load_fours(const float *p, ptrdiff_t stride) {
  Q a = load_quad(p), b = load_quad(p + 4 * stride), c = load_quad(p + 8 * stride), d = load_quad(p + 12 * stride);
  return SHUFFLE(SHUFFLE(a, b, 0, 1, 2, 3, 4, 5, 6, 7), SHUFFLE(c, d, 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3, 4, 5, 6, 7,
                 8, 9, 10, 11, 12, 13, 14, 15);
}
INLINE void store_fours(float *p, ptrdiff_t stride, V v) {
  store_quad(p, SHUFFLE(v, v, 0, 1, 2, 3));
  store_quad(p + 4 * stride, SHUFFLE(v, v, 4, 5, 6, 7));
  store_quad(p + 8 * stride, SHUFFLE(v, v, 8, 9, 10, 11));
  store_quad(p + 12 * stride, SHUFFLE(v, v, 12, 13, 14, 15));
}
#elif LANES == 8
#define EACH_FOUR(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
INLINE V load_fours(const float *p, ptrdiff_t stride) {
  return SHUFFLE(load_quad(p), load_quad(p + 4 * stride), 0, 1, 2, 3, 4, 5, 6, 7);
}
INLINE void store_fours(float *p, ptrdiff_t stride, V v) {
  store_quad(p, SHUFFLE(v, v, 0, 1, 2, 3));
  store_quad(p + 4 * stride, SHUFFLE(v, v, 4, 5, 6, 7));
}
#else
#define EACH_FOUR(a, b, c, d) a, b, c, d
INLINE V load_fours(const float *p, [[maybe_unused]] ptrdiff_t stride) { return load_quad(p); }
INLINE void store_fours(float *p, [[maybe_unused]] ptrdiff_t stride, V v) { store_quad(p, v); }
#endif

/// Turns each square of four vectors' fours around.
INLINE void turn_squares(V *r) {
  V low = SHUFFLE(r[0], r[1], EACH_FOUR(0, LANES, 1, LANES + 1));
  V high = SHUFFLE(r[0], r[1], EACH_FOUR(2, LANES + 2, 3, LANES + 3));
  V low2 = SHUFFLE(r[2], r[3], EACH_FOUR(0, LANES, 1, LANES + 1));
  V high2 = SHUFFLE(r[2], r[3], EACH_FOUR(2, LANES + 2, 3, LANES + 3));
  r[0] = SHUFFLE(low, low2, EACH_FOUR(0, 1, LANES, LANES + 1));
  r[1] = SHUFFLE(low, low2, EACH_FOUR(2, 3, LANES + 2, LANES + 3));
  r[2] = SHUFFLE(high, high2, EACH_FOUR(0, 1, LANES, LANES + 1));
  r[3] = SHUFFLE(high, high2, EACH_FOUR(2, 3, LANES + 2, LANES + 3));
}

/// Four numbers of each of LANES rows: to[i], lane l = p[l * stride + i].
INLINE void load_turned(V *to, const float *p, ptrdiff_t stride) {
  UNROLL for (int i = 0; i < 4; i++) to[i] = load_fours(p + i * stride, stride);
  turn_squares(to);
}

/// The way back; `from` is used up.
INLINE void store_turned(float *p, ptrdiff_t stride, V *from) {
  turn_squares(from);
  UNROLL for (int i = 0; i < 4; i++) store_fours(p + i * stride, stride, from[i]);
}

/// LANES numbers of LANES rows on their way back: p[l * stride + i] = from[i * LANES + l]. Whole lines are written.
INLINE void store_square(float *p, ptrdiff_t stride, const V *from) {
  V v[LANES];
  UNROLL for (int i = 0; i < LANES; i++) v[i] = from[i];
  UNROLL for (int i = 0; i < LANES; i += 4) turn_squares(v + i);
#if LANES == 16
  // v[4 q + i] has the pixels 4 q ... of the rows i, 4 + i, 8 + i and 12 + i.
  UNROLL for (int i = 0; i < 4; i++) {
    V low = SHUFFLE(v[i], v[4 + i], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    V high = SHUFFLE(v[i], v[4 + i], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    V low2 = SHUFFLE(v[8 + i], v[12 + i], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    V high2 = SHUFFLE(v[8 + i], v[12 + i], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    store(p + i * stride, SHUFFLE(low, low2, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27));
    store(p + (4 + i) * stride, SHUFFLE(low, low2, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
    store(p + (8 + i) * stride, SHUFFLE(high, high2, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27));
    store(p + (12 + i) * stride, SHUFFLE(high, high2, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
  }
#elif LANES == 8
  UNROLL for (int i = 0; i < 4; i++) {
    store(p + i * stride, SHUFFLE(v[i], v[4 + i], 0, 1, 2, 3, 8, 9, 10, 11));
    store(p + (4 + i) * stride, SHUFFLE(v[i], v[4 + i], 4, 5, 6, 7, 12, 13, 14, 15));
  }
#else
  UNROLL for (int i = 0; i < 4; i++) store(p + i * stride, v[i]);
#endif
}

/// The first `count` lanes of numbers that lie `stride` apart, zeros after them.
INLINE V load_apart(const float *p, ptrdiff_t stride, ptrdiff_t count) {
  float some[LANES] = {0};
  for (ptrdiff_t i = 0; i < count; i++) some[i] = p[i * stride];
  return load(some);
}
INLINE void store_apart(float *p, ptrdiff_t stride, ptrdiff_t count, V v) {
  float some[LANES];
  store(some, v);
  for (ptrdiff_t i = 0; i < count; i++) p[i * stride] = some[i];
}
