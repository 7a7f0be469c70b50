#include "CTorchRandom.h"

// Contraction would change the bits of the draws; the fused steps are written out in the body.
#pragma STDC FP_CONTRACT OFF

// Vectors are passed between static functions only: no ABI is at stake where the CPU lacks wide ones.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float ct_f32x8 __attribute__((ext_vector_type(8)));
typedef int32_t ct_i32x8 __attribute__((ext_vector_type(8)));
#define CT_FMA __builtin_elementwise_fma

#define CT_NAME(x) ct_##x##_base
#include "random_body.h"
#undef CT_NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CT_NAME(x) ct_##x##_avx2
#include "random_body.h"
#undef CT_NAME
#pragma clang attribute pop
#define CT_PICK(x) (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? ct_##x##_avx2 : ct_##x##_base)
#else
#define CT_PICK(x) ct_##x##_base
#endif

void ct_mt_refill(uint32_t *state) { CT_PICK(refill)(state); }

void ct_uniform_f32(const uint32_t *words, float *out, long n, float from, float range) {
  CT_PICK(uniform_f32)(words, out, n, from, range);
}

void ct_uniform_f64(const uint32_t *words, double *out, long n, double from, double range) {
  CT_PICK(uniform_f64)(words, out, n, from, range);
}

void ct_bernoulli_u8(const uint32_t *words, uint8_t *out, long n, uint64_t threshold) {
  CT_PICK(bernoulli_u8)(words, out, n, threshold);
}

void ct_normal16_f32(float *data, long blocks, float mean, float std) {
  CT_PICK(normal16_f32)(data, blocks, mean, std);
}
