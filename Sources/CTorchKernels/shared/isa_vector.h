// Vectors of ITEM, which is a float or a double of ITEM_BITS, and their moves. Memory is never assumed to be aligned.

#define LANES (VECTOR_BYTES * 8 / ITEM_BITS)
typedef ITEM V __attribute__((ext_vector_type(LANES)));
typedef ITEM LOOSE __attribute__((ext_vector_type(LANES), aligned(sizeof(ITEM))));

INLINE V load(const ITEM *p) { return *(const LOOSE *)p; }
INLINE void store(ITEM *p, V v) { *(LOOSE *)p = v; }

// The first few lanes of a vector, the others zero and left alone: a MASK says how many, up to LANES, in the machine's way.
#if LEVEL == 2
enum { HAS_MASKS = 1 };
#if ITEM_BITS == 32
typedef __mmask16 MASK;
INLINE V load_masked(const ITEM *p, MASK m) { return (V)_mm512_maskz_loadu_ps(m, p); }
INLINE void store_masked(ITEM *p, MASK m, V v) { _mm512_mask_storeu_ps(p, m, (__m512)v); }
#else
typedef __mmask8 MASK;
INLINE V load_masked(const ITEM *p, MASK m) { return (V)_mm512_maskz_loadu_pd(m, p); }
INLINE void store_masked(ITEM *p, MASK m, V v) { _mm512_mask_storeu_pd(p, m, (__m512d)v); }
#endif
INLINE MASK mask_of(ptrdiff_t count) { return (MASK)((1u << count) - 1); }
#elif LEVEL == 1
enum { HAS_MASKS = 1 };
typedef __m256i MASK;
#if ITEM_BITS == 32
INLINE MASK mask_of(ptrdiff_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE V load_masked(const ITEM *p, MASK m) { return (V)_mm256_maskload_ps(p, m); }
INLINE void store_masked(ITEM *p, MASK m, V v) { _mm256_maskstore_ps(p, m, (__m256)v); }
#else
INLINE MASK mask_of(ptrdiff_t count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}
INLINE V load_masked(const ITEM *p, MASK m) { return (V)_mm256_maskload_pd(p, m); }
INLINE void store_masked(ITEM *p, MASK m, V v) { _mm256_maskstore_pd(p, m, (__m256d)v); }
#endif
#else
enum { HAS_MASKS = 0 };
typedef ptrdiff_t MASK;
INLINE MASK mask_of(ptrdiff_t count) { return count; }
INLINE V load_masked(const ITEM *p, MASK count) {
  ITEM some[LANES] = {0};
  for (ptrdiff_t i = 0; i < count; i++) some[i] = p[i];
  return load(some);
}
INLINE void store_masked(ITEM *p, MASK count, V v) {
  ITEM some[LANES];
  store(some, v);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = some[i];
}
#endif

/// The same of `count` lanes, which may be more than there are.
INLINE MASK mask_up_to(ptrdiff_t count) { return count >= LANES ? mask_of(LANES) : mask_of(count); }
INLINE V load_some(const ITEM *p, ptrdiff_t count) { return load_masked(p, mask_up_to(count)); }
INLINE void store_some(ITEM *p, ptrdiff_t count, V v) { store_masked(p, mask_up_to(count), v); }

/// The sum of the lanes: halves are added to halves, in the same order whatever the compiler thinks.
INLINE ITEM sum_of(V v) {
  ITEM lane[LANES];
  store(lane, v);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lane[i] += lane[i + half];
  return lane[0];
}
