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

/// Asks for a tile that is wanted soon, whose rows are `row` bytes apart.
INLINE void soon(const char *tile, ptrdiff_t row) {
  UNROLL for (int i = 0; i < 16; i++) _mm_prefetch(tile + i * row, _MM_HINT_T0);
}
