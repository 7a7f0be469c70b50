// Elements to narrow sort items and back. KEY makes of an element's `bits` a number that grows with it, and BITS the element
// of the key; SPECIAL tells elements that BITS does not give back.

#define FLOAT_KEY(bits, sign, all) ((bits) & (sign) ? (all) & ~(bits) : (bits) | (sign))
#define FLOAT_BITS(key, sign, all) ((key) & (sign) ? (key) & ~(sign) : (all) & ~(key))

// Both for a line of contiguous elements, where the compiler finds vectors, and for one with gaps.
#define SORT_KEYS(P, T, SPECIAL, KEY, BITS) \
  TK_INLINE int sort_items_some_##P( \
    ptrdiff_t begin, ptrdiff_t end, const char *in, ptrdiff_t sx, uint32_t flip, int64_t lowest, tk_item *restrict items) { \
    uint32_t special = 0; \
    (void)lowest; \
    for (ptrdiff_t i = begin; i < end; i++) { \
      T bits = *(const T *)(const void *)(in + i * sx); \
      special |= SPECIAL; \
      uint32_t key = KEY; \
      items[i] = (tk_item)(key ^ flip) << 32 | (uint32_t)i; \
    } \
    return special != 0; \
  } \
  static int sort_items_##P( \
    ptrdiff_t begin, ptrdiff_t end, const char *in, ptrdiff_t sx, uint32_t flip, int64_t lowest, tk_item *items) { \
    return sx == sizeof(T) ? sort_items_some_##P(begin, end, in, sizeof(T), flip, lowest, items) \
                           : sort_items_some_##P(begin, end, in, sx, flip, lowest, items); \
  } \
  TK_INLINE void sort_store_some_##P( \
    ptrdiff_t n, const tk_item *restrict items, uint32_t flip, int64_t lowest, char *restrict values, ptrdiff_t sv, \
    char *restrict indices, ptrdiff_t si) { \
    (void)lowest; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      uint32_t key = (uint32_t)(items[i] >> 32) ^ flip; \
      *(T *)(void *)(values + i * sv) = (T)(BITS); \
      *(int64_t *)(void *)(indices + i * si) = (uint32_t)items[i]; \
    } \
  } \
  static void sort_store_##P( \
    ptrdiff_t n, const tk_item *items, uint32_t flip, int64_t lowest, int from_line, const char *in, ptrdiff_t sx, \
    char *values, ptrdiff_t sv, char *indices, ptrdiff_t si) { \
    if (from_line) { \
      for (ptrdiff_t i = 0; i < n; i++) { \
        *(T *)(void *)(values + i * sv) = *(const T *)(const void *)(in + (ptrdiff_t)(uint32_t)items[i] * sx); \
        *(int64_t *)(void *)(indices + i * si) = (uint32_t)items[i]; \
      } \
    } else if (sv == sizeof(T) && si == 8) { \
      sort_store_some_##P(n, items, flip, lowest, values, sizeof(T), indices, 8); \
    } else { \
      sort_store_some_##P(n, items, flip, lowest, values, sv, indices, si); \
    } \
  }

// A float is NaN where its magnitude is above that of infinity. NaN has the largest key, -0 that of 0.
#define SORT_FLOATS(P, T, sign, infinity, all) \
  SORT_KEYS( \
    P, T, (uint32_t)((bits & (T) ~(sign)) > (infinity)) | (uint32_t)(bits == (sign)), \
    ((bits & (T) ~(sign)) > (infinity) ? (all) : bits == (sign) ? (sign) : FLOAT_KEY((uint32_t)bits, sign, all)), \
    FLOAT_BITS(key, sign, all))
SORT_FLOATS(f32, uint32_t, 0x80000000u, 0x7f800000u, 0xffffffffu)
SORT_FLOATS(f16, uint16_t, 0x8000u, 0x7c00u, 0xffffu)
SORT_FLOATS(bf16, uint16_t, 0x8000u, 0x7f80u, 0xffffu)
SORT_KEYS(u8, uint8_t, 0, bits, key)
SORT_KEYS(i8, uint8_t, 0, bits ^ 0x80u, key ^ 0x80u)
SORT_KEYS(i16, uint16_t, 0, bits ^ 0x8000u, key ^ 0x8000u)
SORT_KEYS(i32, uint32_t, 0, bits ^ 0x80000000u, key ^ 0x80000000u)
SORT_KEYS(i64, uint64_t, 0, (uint32_t)(bits - (uint64_t)lowest), (uint64_t)lowest + key)
