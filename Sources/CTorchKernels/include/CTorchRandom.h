#pragma once
// The hot loops of the random streams: MT19937 blocks and the arithmetic of PyTorch's draws.
// "words" are outputs of the twister before tempering; every function tempers them itself.
#include <stdint.h>

// Words in one block of MT19937.
#define CT_MT_WORDS 624

// Replaces the 624 words of state by the next 624.
void ct_mt_refill(uint32_t *_Nonnull state);

// Goes on by so many blocks.
void ct_mt_skip(uint32_t *_Nonnull state, long blocks);

// The tempered value of one word.
static inline uint32_t ct_mt_temper(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

// n uniform floats in [from, from + range): 24 bits of a word each, one fused multiply-add.
void ct_uniform_f32(const uint32_t *_Nonnull words, float *_Nonnull out, long n, float from, float range);

// n uniform doubles: 53 bits of two words each, the first word being the high half.
void ct_uniform_f64(const uint32_t *_Nonnull words, double *_Nonnull out, long n, double from, double range);

// n bytes, 1 where the 53-bit uniform of two words is below threshold / 2^53.
void ct_bernoulli_u8(const uint32_t *_Nonnull words, uint8_t *_Nonnull out, long n, uint64_t threshold);

// Box-Muller in place over blocks of 16 uniforms: the first 8 of a block give the radius, the last 8 the angle.
// Bit for bit what PyTorch computes on x86 with AVX2.
void ct_normal16_f32(float *_Nonnull data, long blocks, float mean, float std);
