#include "CTorchRandom.h"
#include "tk_types.h"

// Contraction would change the bits of the draws; the fused steps are written out in the body.
#pragma STDC FP_CONTRACT OFF

// Vectors are passed between static functions only: no ABI is at stake where the CPU lacks wide ones.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float ct_f32x8 __attribute__((ext_vector_type(8)));
typedef int32_t ct_i32x8 __attribute__((ext_vector_type(8)));
#define CT_FMA __builtin_elementwise_fma

#define CT_VECTOR(T, lanes) T __attribute__((ext_vector_type(lanes)))
typedef CT_VECTOR(uint32_t, 4) ct_words4;
typedef CT_VECTOR(int64_t, 2) ct_pairs2;
typedef CT_VECTOR(uint64_t, 2) ct_upairs2;
typedef CT_VECTOR(uint8_t, 2) ct_flags2;

#define CT_NAME(x) ct_##x##_base
#define CT_WORDS ct_words4
#define CT_PAIRS ct_pairs2
#define CT_UPAIRS ct_upairs2
#define CT_FLAGS ct_flags2
#include "random_body.h"
#undef CT_NAME
#undef CT_WORDS
#undef CT_PAIRS
#undef CT_UPAIRS
#undef CT_FLAGS

#if defined(__x86_64__)
typedef CT_VECTOR(uint32_t, 8) ct_words8;
typedef CT_VECTOR(int64_t, 4) ct_pairs4;
typedef CT_VECTOR(uint64_t, 4) ct_upairs4;
typedef CT_VECTOR(uint8_t, 4) ct_flags4;
typedef CT_VECTOR(uint32_t, 16) ct_words16;
typedef CT_VECTOR(int64_t, 8) ct_pairs8;
typedef CT_VECTOR(uint64_t, 8) ct_upairs8;
typedef CT_VECTOR(uint8_t, 8) ct_flags8;

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CT_NAME(x) ct_##x##_avx2
#define CT_WORDS ct_words8
#define CT_PAIRS ct_pairs4
#define CT_UPAIRS ct_upairs4
#define CT_FLAGS ct_flags4
#include "random_body.h"
#undef CT_NAME
#undef CT_WORDS
#undef CT_PAIRS
#undef CT_UPAIRS
#undef CT_FLAGS
#pragma clang attribute pop

#pragma clang attribute push( \
  __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define CT_NAME(x) ct_##x##_avx512
#define CT_WORDS ct_words16
#define CT_PAIRS ct_pairs8
#define CT_UPAIRS ct_upairs8
#define CT_FLAGS ct_flags8
#include "random_body.h"
#pragma clang attribute pop

#define CT_PICK(x) (tk_isa_level() == 2 ? ct_##x##_avx512 : tk_isa_level() == 1 ? ct_##x##_avx2 : ct_##x##_base)
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

void ct_mt_skip(uint32_t *state, long blocks) {
  for (; blocks > 0; blocks--) CT_PICK(refill)(state);
}

void ct_normal16_f32(float *data, long blocks, float mean, float std) {
  CT_PICK(normal16_f32)(data, blocks, mean, std);
}
