// Moves of bfloat16, which is computed with in float32: the same names as those of float32 have.

typedef uint16_t HALF __attribute__((ext_vector_type(LANES)));
typedef uint16_t LOOSE_HALF __attribute__((ext_vector_type(LANES), aligned(2)));
typedef uint32_t BITS __attribute__((ext_vector_type(LANES)));
#define ALSO INLINE __attribute__((overloadable))

INLINE V widened(HALF x) { return (V)(__builtin_convertvector(x, BITS) << 16); }
/// To the nearest, ties to even.
INLINE HALF rounded(V x) {
  BITS bits = (BITS)x, nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector(x != x ? (BITS)0x7FC0 : nearest, HALF);
}

ALSO V load(const uint16_t *p) { return widened(*(const LOOSE_HALF *)p); }
ALSO void store(uint16_t *p, V v) { *(LOOSE_HALF *)p = rounded(v); }
ALSO V load_some(const uint16_t *p, ptrdiff_t count) {
  uint16_t some[LANES] = {0};
  for (ptrdiff_t i = 0; i < LANES && i < count; i++) some[i] = p[i];
  return load(some);
}
ALSO void store_some(uint16_t *p, ptrdiff_t count, V v) {
  uint16_t some[LANES];
  store(some, v);
  for (ptrdiff_t i = 0; i < LANES && i < count; i++) p[i] = some[i];
}

/// One number as a float.
ALSO float one(float x) { return x; }
ALSO float one(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
