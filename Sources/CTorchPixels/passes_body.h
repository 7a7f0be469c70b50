// Both passes of resizing bytes. The including file has set CP_LEVEL.
#include <stdint.h>
#include <string.h>
#include "taps.h"

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
