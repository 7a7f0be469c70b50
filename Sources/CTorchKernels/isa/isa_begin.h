// Opens one compilation of the kernel bodies: the including file has set TK_LEVEL (0, 1 or 2). System headers come first,
// so that the target attribute falls on nothing but the bodies. `isa_end.h` closes it.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if TK_LEVEL > 0
#include <immintrin.h>
#endif
#include "../include/CTorchKernels.h"
#include "../internal.h"

// Results are those of separate operations; fused ones are written out.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than the baseline's registers never cross a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#if TK_LEVEL == 2
#define TK_VB 64
#define TK_ISA(name) name##_avx512
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#elif TK_LEVEL == 1
#define TK_VB 32
#define TK_ISA(name) name##_avx2
#pragma clang attribute push( \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#define TK_VB 16
#define TK_ISA(name) name##_base
#endif

#include "../simd.h"
