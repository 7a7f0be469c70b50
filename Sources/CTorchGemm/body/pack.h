// Laying out a few rows of A, or columns of B, side by side for each k.

// One half of interleaving two vectors, and the other.
#if LANES == 16
#define ZIP_LOW(x, y) __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(x, y) __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif LANES == 8
#define ZIP_LOW(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#elif LANES == 4
#define ZIP_LOW(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define ZIP_HIGH(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#else
#define ZIP_LOW(x, y) __builtin_shufflevector(x, y, 0, 2)
#define ZIP_HIGH(x, y) __builtin_shufflevector(x, y, 1, 3)
#endif

/// Rows become columns: interleaving the upper with the lower half, once for each power of two.
INLINE void turn(V v[LANES]) {
  UNROLL for (int stage = 1; stage < LANES; stage *= 2) {
    V mixed[LANES];
    UNROLL for (int i = 0; i < LANES / 2; i++) {
      mixed[2 * i] = ZIP_LOW(v[i], v[i + LANES / 2]);
      mixed[2 * i + 1] = ZIP_HIGH(v[i], v[i + LANES / 2]);
    }
    UNROLL for (int i = 0; i < LANES; i++) v[i] = mixed[i];
  }
}

// Rows lie far apart and are read a line at a time, which the machine's own prefetching does not follow well.
enum { AHEAD = 256 / sizeof(ITEM) };

/// Up to LANES contiguous rows of `from` become columns of `to`.
INLINE void pack_turned(ITEM *to, ptrdiff_t step, const ITEM *from, ptrdiff_t across, ptrdiff_t count, ptrdiff_t k) {
  ptrdiff_t p = 0;
  V v[LANES];
  if (count == LANES) {
    for (; p + LANES <= k; p += LANES) {
      UNROLL for (int i = 0; i < LANES; i++) {
        v[i] = load(from + i * across + p);
        __builtin_prefetch(from + i * across + p + AHEAD, 0, 3);
      }
      turn(v);
      UNROLL for (int i = 0; i < LANES; i++) store(to + (p + i) * step, v[i]);
    }
  } else {
    for (; p + LANES <= k; p += LANES) {
      UNROLL for (int i = 0; i < LANES; i++) {
        v[i] = i < count ? load(from + i * across + p) : (V)(0);
        __builtin_prefetch(from + i * across + p + AHEAD, 0, 3);
      }
      turn(v);
      UNROLL for (int i = 0; i < LANES; i++) store(to + (p + i) * step, v[i]);
    }
  }
  if (p < k) {
    MASK mask = mask_of(k - p);
    UNROLL for (int i = 0; i < LANES; i++) v[i] = i < count ? load_masked(from + i * across + p, mask) : (V)(0);
    turn(v);
    UNROLL for (int i = 0; i < LANES; i++)
      if (p + i < k) store(to + (p + i) * step, v[i]);
  }
}

INLINE void pack_straight(ITEM *to, ptrdiff_t step, const ITEM *from, ptrdiff_t along, ptrdiff_t count, ptrdiff_t k) {
  if (count == LANES) {
    for (ptrdiff_t p = 0; p < k; p++) store(to + p * step, load(from + p * along));
  } else {
    MASK mask = mask_of(count);
    for (ptrdiff_t p = 0; p < k; p++) store(to + p * step, load_masked(from + p * along, mask));
  }
}

static void TYPED(pack)(void *to_, ptrdiff_t step, const void *from_, ptrdiff_t across, ptrdiff_t along,
                        ptrdiff_t count, ptrdiff_t k) {
  ITEM *to = to_;
  const ITEM *from = from_;
  if (across == 1 && step == WIDTH && count == WIDTH) {
    for (ptrdiff_t p = 0; p < k; p++)
      UNROLL for (int j = 0; j < GROUP; j++) {
        store(to + p * WIDTH + j * LANES, load(from + p * along + j * LANES));
        __builtin_prefetch(from + p * along + j * LANES + WIDTH, 0, 3);
      }
    return;
  }
  // From the last vector of a row to the first: where `step` is no whole number of vectors, the last one reaches into the
  // row that follows, whose first vector comes later.
  for (ptrdiff_t i = (step - 1) / LANES * LANES; i >= 0; i -= LANES) {
    ITEM *column = to + i;
    ptrdiff_t some = count - i < LANES ? count - i : LANES;
    if (some <= 0) {
      for (ptrdiff_t p = 0; p < k; p++) store(column + p * step, (V)(0));
    } else if (along == 1) {
      pack_turned(column, step, from + i * across, across, some, k);
    } else if (across == 1) {
      pack_straight(column, step, from + i, along, some, k);
    } else {
      for (ptrdiff_t p = 0; p < k; p++) {
        ITEM row[LANES] = {0};
        for (ptrdiff_t j = 0; j < some; j++) row[j] = from[(i + j) * across + p * along];
        store(column + p * step, load(row));
      }
    }
  }
}
