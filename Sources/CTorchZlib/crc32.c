#include "CTorchZlib.h"

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>

// A checksum is the remainder of a polynomial over bits, so 16 bytes may be replaced by their product with a power of x
// when they move that many bits further on: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009. Both halves of `x` move by the pair of powers in `by`, onto the 16 bytes at `next`.
__attribute__((target("pclmul,sse4.1"), always_inline)) static inline __m128i moved(__m128i x, __m128i by,
                                                                                    __m128i next) {
  __m128i low = _mm_clmulepi64_si128(x, by, 0x00), high = _mm_clmulepi64_si128(x, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The checksum going on over `count` bytes, which is at least 64.
__attribute__((target("pclmul,sse4.1"))) static uint32_t folded(uint32_t crc, const unsigned char *bytes,
                                                                size_t count) {
  // Remainders of x^(512 +- 32), which move four blocks on, and of x^(128 +- 32), which move one, bits reversed.
  const __m128i by_four = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by_one = _mm_set_epi64x(0xccaa009e, 0x1751997d0);
  const __m128i *next = (const __m128i *)bytes;
  // Four sums at once hide the product's latency. The checksum so far goes into the first bytes.
  __m128i a = _mm_xor_si128(_mm_loadu_si128(next), _mm_cvtsi32_si128((int)~crc)), b = _mm_loadu_si128(next + 1),
          c = _mm_loadu_si128(next + 2), d = _mm_loadu_si128(next + 3);
  for (count -= 64, next += 4; count >= 64; count -= 64, next += 4) {
    a = moved(a, by_four, _mm_loadu_si128(next));
    b = moved(b, by_four, _mm_loadu_si128(next + 1));
    c = moved(c, by_four, _mm_loadu_si128(next + 2));
    d = moved(d, by_four, _mm_loadu_si128(next + 3));
  }
  a = moved(moved(moved(a, by_one, b), by_one, c), by_one, d);
  for (; count >= 16; count -= 16, next++) a = moved(a, by_one, _mm_loadu_si128(next));
  // The last sum stands for all bytes so far; zlib takes it from there. It inverts before and after.
  unsigned char last[16];
  _mm_storeu_si128((__m128i *)last, a);
  uint32_t sum = (uint32_t)crc32_z(0xffffffff, last, 16);
  return (uint32_t)crc32_z(sum, (const unsigned char *)next, count);
}
#endif

uint32_t torch_crc32(uint32_t crc, const void *bytes, size_t count) {
  // zlib takes an absent buffer as the wish to begin.
  if (count == 0) return crc;
#if defined(__x86_64__)
  if (count >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
    return folded(crc, bytes, count);
#endif
  return (uint32_t)crc32_z(crc, bytes, count);
}

uint32_t torch_crc32_joined(uint32_t first, uint32_t second, size_t second_count) {
  return (uint32_t)crc32_combine(first, second, (z_off_t)second_count);
}
