// Opens one compilation of the kernels: the including file has set LEVEL (0, 1 or 2). System headers come first, so
// that the target attribute falls on nothing but the bodies. `isa_end.h` closes it.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if LEVEL > 0
#include <immintrin.h>
#endif
#include "../kernels.h"

// Fused operations are written out; everything else is done step by step.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than the baseline's registers never cross a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline, unused))
#define UNROLL _Pragma("clang loop unroll(full)")

// ROWS pixels by GROUP blocks are the sums that the registers hold.
#if LEVEL == 2
#define LANES 16
#define ROWS 8
#define GROUP 3
#define ISA(name) name##_avx512
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#elif LEVEL == 1
#define LANES 8
#define ROWS 6
#define GROUP 1
#define ISA(name) name##_avx2
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#define LANES 4
#define GROUP 1
#define ISA(name) name##_base
#if defined(__aarch64__)
#define ROWS 6
#else
#define ROWS 3
#endif
#endif

// One fused operation where the machine has it, else two.
#if LEVEL > 0 || defined(__aarch64__)
#define FMA(x, y, z) __builtin_elementwise_fma((x), (y), (z))
#else
#define FMA(x, y, z) ((x) * (y) + (z))
#endif
