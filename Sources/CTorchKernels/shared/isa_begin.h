// Opens one compilation of a room's kernels: the including file has set LEVEL (0, 1 or 2). System headers come first, so
// that the target attribute falls on nothing but the bodies; the room's own headers must have come before. `isa_end.h`
// closes it.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if LEVEL > 0
#include <immintrin.h>
#endif

// Fused operations are written out; everything else is done step by step.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than the baseline's registers never cross a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline, unused))
#define UNROLL _Pragma("clang loop unroll(full)")

#if LEVEL == 2
#define VECTOR_BYTES 64
#define ISA(name) name##_avx512
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#elif LEVEL == 1
#define VECTOR_BYTES 32
#define ISA(name) name##_avx2
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#define VECTOR_BYTES 16
#define ISA(name) name##_base
#endif

// One fused operation where the machine has it, else two.
#if LEVEL > 0 || defined(__aarch64__)
#define HAS_FMA 1
#define FMA(x, y, z) __builtin_elementwise_fma((x), (y), (z))
#else
#define HAS_FMA 0
#define FMA(x, y, z) ((x) * (y) + (z))
#endif
