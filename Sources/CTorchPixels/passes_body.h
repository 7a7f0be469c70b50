// Both passes of resizing bytes. The including file has set CP_LEVEL.
#include <stdint.h>
#include <string.h>
#include "taps.h"
#if CP_LEVEL > 0
#include <immintrin.h>
#endif

#if CP_LEVEL == 2
#define CP_ISA(name) name##_avx512
#pragma clang attribute push( \
  __attribute__((target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#elif CP_LEVEL == 1
#define CP_ISA(name) name##_avx2
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#define CP_ISA(name) name##_base
#endif

typedef int32_t four __attribute__((ext_vector_type(4)));
typedef uint8_t four_bytes __attribute__((ext_vector_type(4)));

enum { rows_at_once = 4, half = 1 << (CP_PRECISION - 1) };

static inline __attribute__((always_inline)) uint8_t clipped(int32_t sum) {
  int32_t value = sum >> CP_PRECISION;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Pixels of three or four bytes, four lanes each; several rows share the weights. Reads four bytes of each pixel.
static inline __attribute__((always_inline)) void wide_rows(
  uint8_t *out, ptrdiff_t out_stride, const uint8_t *in, ptrdiff_t in_stride, const cp_taps *taps, int channels, int rows) {
  for (int32_t x = 0; x < taps->count; x++) {
    const int32_t *weights = taps->fixed + (ptrdiff_t)x * taps->room;
    const uint8_t *from = in + (ptrdiff_t)taps->first[x] * channels;
    four sums[rows_at_once];
    for (int r = 0; r < rows; r++) sums[r] = (four)half;
    for (int32_t t = 0; t < taps->length[x]; t++) {
      four weight = (four)weights[t];
      for (int r = 0; r < rows; r++) {
        four_bytes pixel;
        memcpy(&pixel, from + r * in_stride, 4);
        sums[r] += __builtin_convertvector(pixel, four) * weight;
      }
      from += channels;
    }
    for (int r = 0; r < rows; r++) {
      four value = sums[r] >> CP_PRECISION;
      value = __builtin_elementwise_min(__builtin_elementwise_max(value, (four)0), (four)255);
      four_bytes bytes = __builtin_convertvector(value, four_bytes);
      memcpy(out + r * out_stride + (ptrdiff_t)x * channels, &bytes, (size_t)channels);
    }
  }
}

#if CP_LEVEL > 0
enum { pair_rows = 8, low_bits = 12 };

// The same for eight rows: two neighbours and their weights are multiplied and added in one step of 16-bit numbers, the
// lower bits of the weights apart from the upper ones. Reads eight bytes from each pair of pixels on.
static inline __attribute__((always_inline)) void paired_rows(
  uint8_t *out, ptrdiff_t out_stride, const uint8_t *in, ptrdiff_t in_stride, const cp_taps *taps, int channels) {
  const __m256i three = _mm256_broadcastsi128_si256(
    _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i all = _mm256_broadcastsi128_si256(
    _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
  const __m256i order = channels == 3 ? three : all;
  const int32_t low_mask = (1 << low_bits) - 1;
  for (int32_t x = 0; x < taps->count; x++) {
    const int32_t *weights = taps->fixed + (ptrdiff_t)x * taps->room;
    const uint8_t *from = in + (ptrdiff_t)taps->first[x] * channels;
    __m256i low[pair_rows / 2], high[pair_rows / 2];
    for (int r = 0; r < pair_rows / 2; r++) low[r] = high[r] = _mm256_setzero_si256();
    for (int32_t t = 0; t < taps->length[x]; t += 2) {
      int32_t a = weights[t], b = t + 1 < taps->length[x] ? weights[t + 1] : 0;
      __m256i lower = _mm256_set1_epi32((a & low_mask) | (b & low_mask) << 16);
      __m256i upper = _mm256_set1_epi32(
        (int32_t)(((uint32_t)(a >> low_bits) & 0xffff) | (uint32_t)(b >> low_bits) << 16));
      for (int r = 0; r < pair_rows / 2; r++) {
        const uint8_t *row = from + 2 * r * in_stride;
        __m128i first = _mm_loadl_epi64((const __m128i *)row);
        __m128i second = _mm_loadl_epi64((const __m128i *)(row + in_stride));
        __m256i pixels = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), order);
        low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(pixels, lower));
        high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(pixels, upper));
      }
      from += 2 * channels;
    }
    for (int r = 0; r < pair_rows / 2; r++) {
      __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high[r], low_bits), low[r]);
      sum = _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(half)), CP_PRECISION);
      __m256i words = _mm256_packs_epi32(sum, sum), bytes = _mm256_packus_epi16(words, words);
      uint32_t first = (uint32_t)_mm256_extract_epi32(bytes, 0), second = (uint32_t)_mm256_extract_epi32(bytes, 4);
      uint8_t *target = out + 2 * r * out_stride + (ptrdiff_t)x * channels;
      memcpy(target, &first, (size_t)channels);
      memcpy(target + out_stride, &second, (size_t)channels);
    }
  }
}
#endif

static void plain_row(uint8_t *out, const uint8_t *in, const cp_taps *taps, int channels) {
  for (int32_t x = 0; x < taps->count; x++) {
    const int32_t *weights = taps->fixed + (ptrdiff_t)x * taps->room;
    const uint8_t *from = in + (ptrdiff_t)taps->first[x] * channels;
    for (int c = 0; c < channels; c++) {
      int32_t sum = half;
      for (int32_t t = 0; t < taps->length[x]; t++) sum += from[t * channels + c] * weights[t];
      out[(ptrdiff_t)x * channels + c] = clipped(sum);
    }
  }
}

void CP_ISA(cp_across)(const cp_picture *out, const cp_picture *in, const cp_taps *taps) {
  int channels = in->channels, y = 0;
  const uint8_t *from = in->base;
  uint8_t *to = out->base;
#if CP_LEVEL > 0
  // What is read beyond a row of eight pixels lies in the next.
  bool pairs = (channels == 3 || channels == 4) && in->width >= 8;
  for (; pairs && y + pair_rows < in->height; y += pair_rows) {
    const uint8_t *source = from + y * in->row_bytes;
    uint8_t *target = to + y * out->row_bytes;
    if (channels == 3) paired_rows(target, out->row_bytes, source, in->row_bytes, taps, 3);
    else paired_rows(target, out->row_bytes, source, in->row_bytes, taps, 4);
  }
#endif
  // The last pixel of the last row has no fourth byte to read.
  int wide = channels == 4 ? in->height : channels == 3 ? in->height - 1 : 0;
  for (; y + rows_at_once <= wide; y += rows_at_once) {
    const uint8_t *source = from + y * in->row_bytes;
    uint8_t *target = to + y * out->row_bytes;
    if (channels == 3) wide_rows(target, out->row_bytes, source, in->row_bytes, taps, 3, rows_at_once);
    else wide_rows(target, out->row_bytes, source, in->row_bytes, taps, 4, rows_at_once);
  }
  for (; y < in->height; y++) plain_row(to + y * out->row_bytes, from + y * in->row_bytes, taps, channels);
}

void CP_ISA(cp_down)(const cp_picture *out, const cp_picture *in, const cp_taps *taps) {
  enum { block = 64 };
  ptrdiff_t count = (ptrdiff_t)in->width * in->channels;
  for (int32_t y = 0; y < taps->count; y++) {
    const int32_t *weights = taps->fixed + (ptrdiff_t)y * taps->room;
    const uint8_t *from = (const uint8_t *)in->base + taps->first[y] * in->row_bytes;
    uint8_t *to = (uint8_t *)out->base + y * out->row_bytes;
    ptrdiff_t x = 0;
    for (; x + block <= count; x += block) {
      int32_t sums[block];
      for (int i = 0; i < block; i++) sums[i] = half;
      for (int32_t t = 0; t < taps->length[y]; t++) {
        const uint8_t *row = from + t * in->row_bytes + x;
        int32_t weight = weights[t];
        for (int i = 0; i < block; i++) sums[i] += row[i] * weight;
      }
      for (int i = 0; i < block; i++) to[x + i] = clipped(sums[i]);
    }
    for (; x < count; x++) {
      int32_t sum = half;
      for (int32_t t = 0; t < taps->length[y]; t++) sum += from[t * in->row_bytes + x] * weights[t];
      to[x] = clipped(sum);
    }
  }
}

#if CP_LEVEL > 0
#pragma clang attribute pop
#endif
