// Vectors of sixteen numbers, as the files about the matrix unit use them.
#pragma once

#include <immintrin.h>
#include <stddef.h>

#define UNIT_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16")))
#define INLINE UNIT_TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };

INLINE __mmask16 lanes_below(ptrdiff_t count) {
  return count >= LANES ? (__mmask16)0xffff : count <= 0 ? (__mmask16)0 : (__mmask16)((1u << count) - 1);
}

/// Rows become columns, 16 by 16 lanes of 32 bits.
INLINE void turn(__m512i v[16]) {
  UNROLL for (int stage = 0; stage < 4; stage++) {
    __m512i mixed[16];
    UNROLL for (int i = 0; i < 8; i++) {
      mixed[2 * i] = (__m512i)__builtin_shufflevector((__v16si)v[i], (__v16si)v[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4,
                                                      20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] = (__m512i)__builtin_shufflevector((__v16si)v[i], (__v16si)v[i + 8], 8, 24, 9, 25, 10, 26, 11,
                                                          27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (int i = 0; i < 16; i++) v[i] = mixed[i];
  }
}

// The block of C that is computed at once: tiles 0 to 3 are its sums, 4 and 5 one or two panels of A, 6 and 7 one or two of B.
// Numbers of tiles must be literals.
#define ZERO_SUMS \
  _tile_zero(0); \
  _tile_zero(1); \
  _tile_zero(2); \
  _tile_zero(3);
#define STORE_SUMS(two_a, two_b, out) \
  _tile_stored(0, out, UNIT_SIDE * sizeof(float)); \
  if (two_b) _tile_stored(1, out + UNIT_LINES, UNIT_SIDE * sizeof(float)); \
  if (two_a) _tile_stored(2, out + UNIT_LINES * UNIT_SIDE, UNIT_SIDE * sizeof(float)); \
  if (two_a && two_b) _tile_stored(3, out + UNIT_LINES * UNIT_SIDE + UNIT_LINES, UNIT_SIDE * sizeof(float));

// A function for each number of panels, by DEFINE(name, two_a, two_b), and the one that suits.
#define DEFINE_FOR_PANELS(DEFINE) \
  DEFINE(multiply_2_2, true, true) \
  DEFINE(multiply_2_1, true, false) \
  DEFINE(multiply_1_2, false, true) \
  DEFINE(multiply_1_1, false, false)
#define MULTIPLY_FOR(two_a, two_b) ((two_a) ? (two_b) ? multiply_2_2 : multiply_2_1 : (two_b) ? multiply_1_2 : multiply_1_1)

/// Asks for a tile that is wanted soon, whose rows are `row` bytes apart.
INLINE void soon(const char *tile, ptrdiff_t row) {
  UNROLL for (int i = 0; i < 16; i++) _mm_prefetch(tile + i * row, _MM_HINT_T0);
}
