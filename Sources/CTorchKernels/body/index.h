// Reads and writes through indices, by item size. A negative index counts from the end; all were checked before.

// Where index i points, in items.
#define INDEX_AT(index, i, si, size) \
  ({ \
    int64_t at_ = *(const int64_t *)(const void *)((index) + (i) * (si)); \
    at_ + ((at_ >> 63) & (size)); \
  })

static ptrdiff_t index_check(ptrdiff_t n, const char *index, ptrdiff_t si, ptrdiff_t lowest, ptrdiff_t size) {
  enum { lanes = sizeof(VUL) / 8 };
  unsigned long width = (unsigned long)(size - lowest), base = (unsigned long)lowest;
  ptrdiff_t i = 0;
  if (si == 8) {
    // Whole chunks without a branch; one with a bad index is looked through below.
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      VL bad = (TK_LOAD(VUL, index + i * 8) - base >= width) | (TK_LOAD(VUL, index + i * 8 + sizeof(VUL)) - base >= width) |
               (TK_LOAD(VUL, index + i * 8 + 2 * sizeof(VUL)) - base >= width) |
               (TK_LOAD(VUL, index + i * 8 + 3 * sizeof(VUL)) - base >= width);
      if (__builtin_reduce_or(bad)) break;
    }
  }
  for (; i < n; i++)
    if (*(const unsigned long *)(const void *)(index + i * si) - base >= width) return i;
  return -1;
}

static void index_offsets(
  ptrdiff_t n, int64_t *offsets, const char *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step, int adds) {
  if (si == 8) {
    for (ptrdiff_t i = 0; i < n; i++) offsets[i] = (adds ? offsets[i] : 0) + INDEX_AT(index, i, 8, size) * step;
  } else {
    for (ptrdiff_t i = 0; i < n; i++) offsets[i] = (adds ? offsets[i] : 0) + INDEX_AT(index, i, si, size) * step;
  }
}

// out[i] = in[i, index[i]] and out[i, index[i]] = in[i]; items at known byte offsets to a line and back.
#if TK_LEVEL == 2
// Eight at a time from a line of contiguous items; gives how many were done.
TK_INLINE ptrdiff_t gather_some_4(ptrdiff_t n, void *out, const void *in, const char *index, ptrdiff_t size) {
  ptrdiff_t i = 0;
  __m512i wrap = _mm512_set1_epi64(size), zero = _mm512_setzero_si512();
  for (; i + 8 <= n; i += 8) {
    __m512i at = _mm512_loadu_si512(index + i * 8);
    at = _mm512_mask_add_epi64(at, _mm512_cmplt_epi64_mask(at, zero), at, wrap);
    _mm256_storeu_si256((void *)((char *)out + i * 4), _mm512_i64gather_epi32(at, in, 4));
  }
  return i;
}
TK_INLINE ptrdiff_t gather_some_8(ptrdiff_t n, void *out, const void *in, const char *index, ptrdiff_t size) {
  ptrdiff_t i = 0;
  __m512i wrap = _mm512_set1_epi64(size), zero = _mm512_setzero_si512();
  for (; i + 8 <= n; i += 8) {
    __m512i at = _mm512_loadu_si512(index + i * 8);
    at = _mm512_mask_add_epi64(at, _mm512_cmplt_epi64_mask(at, zero), at, wrap);
    _mm512_storeu_si512((char *)out + i * 8, _mm512_i64gather_epi64(at, in, 8));
  }
  return i;
}
#else
#define gather_some_4(...) 0
#define gather_some_8(...) 0
#endif
#define gather_some_1(...) 0
#define gather_some_2(...) 0

#define INDEX_MOVES(size_, T) \
  static void gather_line_##size_( \
    ptrdiff_t n, char *out, ptrdiff_t so, const char *in, ptrdiff_t sx, const char *index, ptrdiff_t si, \
    ptrdiff_t size, ptrdiff_t step) { \
    if (so == (size_) && si == 8 && step == (size_) && sx == 0) { \
      T *restrict o = (T *)(void *)out; \
      const T *restrict p = (const T *)(const void *)in; \
      ptrdiff_t i = gather_some_##size_(n, o, p, index, size); \
      for (; i < n; i++) o[i] = p[INDEX_AT(index, i, 8, size)]; \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) \
        memcpy(out + i * so, in + i * sx + INDEX_AT(index, i, si, size) * step, size_); \
    } \
  } \
  static void scatter_line_##size_( \
    ptrdiff_t n, char *out, ptrdiff_t so, const char *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step, \
    const char *in, ptrdiff_t sx) { \
    for (ptrdiff_t i = 0; i < n; i++) \
      memcpy(out + i * so + INDEX_AT(index, i, si, size) * step, in + i * sx, size_); \
  } \
  static void gather_items_##size_(ptrdiff_t n, char *out, ptrdiff_t so, const char *in, const int64_t *offsets) { \
    if (so == (size_)) { \
      T *restrict o = (T *)(void *)out; \
      for (ptrdiff_t i = 0; i < n; i++) memcpy(o + i, in + offsets[i], size_); \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) memcpy(out + i * so, in + offsets[i], size_); \
    } \
  } \
  static void scatter_items_##size_(ptrdiff_t n, char *out, const int64_t *offsets, const char *in, ptrdiff_t sx) { \
    for (ptrdiff_t i = 0; i < n; i++) memcpy(out + offsets[i], in + i * sx, size_); \
  }
INDEX_MOVES(1, uint8_t)
INDEX_MOVES(2, uint16_t)
INDEX_MOVES(4, uint32_t)
INDEX_MOVES(8, uint64_t)

// Sums. Items that an index names more than once are added in the order of the line.
#define INDEX_ADD(P, T) \
  static void add_line_##P( \
    ptrdiff_t n, char *out, ptrdiff_t so, const char *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step, \
    const char *in, ptrdiff_t sx) { \
    for (ptrdiff_t i = 0; i < n; i++) { \
      T *o = (T *)(void *)(out + i * so + INDEX_AT(index, i, si, size) * step); \
      *o += *(const T *)(const void *)(in + i * sx); \
    } \
  }
INDEX_ADD(f32, float)
INDEX_ADD(f64, double)
INDEX_ADD(i8, uint8_t)
INDEX_ADD(i16, uint16_t)
INDEX_ADD(i32, uint32_t)
INDEX_ADD(i64, uint64_t)

// Positions of the set flags, counted from `base`. Every position is stored, and the end moves on where the flag is set.
static ptrdiff_t find_flags(ptrdiff_t n, int64_t *out, const uint8_t *flags, int64_t base, ptrdiff_t room) {
  ptrdiff_t found = 0, i = 0;
#if TK_LEVEL == 2
  __m512i place = _mm512_add_epi64(_mm512_set1_epi64(base), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
  __m512i eight = _mm512_set1_epi64(8);
  for (; i + 8 <= n && found + 8 <= room; i += 8) {
    uint64_t bytes;
    memcpy(&bytes, flags + i, 8);
    __mmask8 mask = _mm_movepi8_mask(_mm_sub_epi8(_mm_setzero_si128(), _mm_cvtsi64_si128((long long)bytes))) & 0xff;
    _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi64(mask, place));
    found += __builtin_popcount(mask);
    place = _mm512_add_epi64(place, eight);
  }
#endif
  for (; i < n && found < room; i++) {
    out[found] = base + i;
    found += flags[i] != 0;
  }
  return found;
}

static ptrdiff_t count_flags(ptrdiff_t n, const uint8_t *flags) {
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < n;) {
    // Sums of bytes that cannot run over.
    ptrdiff_t end = n - i < 255 * 16 ? n : i + 255 * 16;
    uint32_t part = 0;
    for (; i < end; i++) part += flags[i] != 0;
    count += part;
  }
  return count;
}
