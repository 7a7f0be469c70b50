// Resizing, gates and losses of float32 and float64, and their table.

// New elements of a line, a vector of them at once where numbers can be fetched from anywhere. Gives how many are done.
TK_INLINE ptrdiff_t f32_layer_sum_side_by_side(float *out, const float *in, const tk_taps *t) {
  ptrdiff_t j = 0;
#if TK_LEVEL == 2
  const int32_t *place = t->place_by;
  const float *weight = t->weight_by;
  if (!place) return 0;
  for (; j < t->to; j += 16) {
    __mmask16 wanted = t->to - j >= 16 ? (__mmask16)-1 : (__mmask16)((1u << (t->to - j)) - 1);
    __m512 sum = _mm512_setzero_ps();
    for (ptrdiff_t k = 0; k < t->most; k++) {
      __m512i at = _mm512_maskz_loadu_epi32(wanted, place + k * t->to + j);
      __mmask16 there = _mm512_mask_cmpge_epi32_mask(wanted, at, _mm512_setzero_si512());
      __m512 x = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), there, at, in, 4);
      if (weight) {
        sum = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(wanted, weight + k * t->to + j), sum);
      } else {
        sum = _mm512_add_ps(sum, x);
      }
    }
    _mm512_mask_storeu_ps(out + j, wanted, sum);
  }
  return t->to;
#elif TK_LEVEL == 1
  const int32_t *place = t->place_by;
  const float *weight = t->weight_by;
  if (!place) return 0;
  for (; j + 8 <= t->to; j += 8) {
    __m256 sum = _mm256_setzero_ps();
    for (ptrdiff_t k = 0; k < t->most; k++) {
      __m256i at = _mm256_loadu_si256((const void *)(place + k * t->to + j));
      // The sign bit says that nothing is fetched.
      __m256 there = _mm256_castsi256_ps(_mm256_xor_si256(at, _mm256_set1_epi32(-1)));
      __m256 x = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), in, at, there, 4);
      sum = weight ? _mm256_fmadd_ps(x, _mm256_loadu_ps(weight + k * t->to + j), sum) : _mm256_add_ps(sum, x);
    }
    _mm256_storeu_ps(out + j, sum);
  }
  return j;
#else
  (void)out, (void)in, (void)t;
  return j;
#endif
}
TK_INLINE ptrdiff_t f64_layer_sum_side_by_side(double *out, const double *in, const tk_taps *t) {
  (void)out, (void)in, (void)t;
  return 0;
}

#define REAL_T float
#define REAL_V VF
#define REAL_NAME(name) f32_layer_##name
#include "resample.h"
#include "bend.h"
#include "row_numbers.h"
#undef REAL_T
#undef REAL_V
#undef REAL_NAME
#define REAL_T double
#define REAL_V VD
#define REAL_NAME(name) f64_layer_##name
#include "resample.h"
#include "bend.h"
#include "row_numbers.h"
#undef REAL_T
#undef REAL_V
#undef REAL_NAME

static void glu_f32(ptrdiff_t n, float *out, const float *x, const float *gate) {
  enum { lanes = TK_VB / 4 };
  ptrdiff_t i = 0;
  for (; i + lanes <= n; i += lanes) TK_STORE(VF, out + i, TK_LOAD(VF, x + i) * f32_sigmoid(TK_LOAD(VF, gate + i)));
  if (i == n) return;
  float some[lanes] = {0}, other[lanes] = {0};
  memcpy(some, x + i, (size_t)(n - i) * 4);
  memcpy(other, gate + i, (size_t)(n - i) * 4);
  TK_STORE(VF, some, TK_LOAD(VF, some) * f32_sigmoid(TK_LOAD(VF, other)));
  memcpy(out + i, some, (size_t)(n - i) * 4);
}

static void glu_slope_f32(
  ptrdiff_t n, float *for_x, float *for_gate, const float *gradient, const float *x, const float *gate) {
  enum { lanes = TK_VB / 4 };
#define GLU_SLOPE(g, x, gate, for_x, for_gate) \
  do { \
    VF s_ = f32_sigmoid(TK_LOAD(VF, gate)), by_ = TK_LOAD(VF, g) * s_; \
    TK_STORE(VF, for_gate, by_ * TK_LOAD(VF, x) * (1.0f - s_)); \
    TK_STORE(VF, for_x, by_); \
  } while (0)
  ptrdiff_t i = 0;
  for (; i + lanes <= n; i += lanes) GLU_SLOPE(gradient + i, x + i, gate + i, for_x + i, for_gate + i);
  if (i == n) return;
  float g[lanes] = {0}, some[lanes] = {0}, other[lanes] = {0};
  size_t rest = (size_t)(n - i) * 4;
  memcpy(g, gradient + i, rest);
  memcpy(some, x + i, rest);
  memcpy(other, gate + i, rest);
  GLU_SLOPE(g, some, other, some, other);
  memcpy(for_x + i, some, rest);
  memcpy(for_gate + i, other, rest);
#undef GLU_SLOPE
}

#define LAYER_TABLE(s) \
  .resample_##s = s##_layer_resample, .bend_##s = s##_layer_bend, .bend_slope_##s = s##_layer_bend_slope, \
  .row_squares_##s = s##_layer_row_squares, \
  .stretch_rows_##s = s##_layer_stretch_rows
const tk_layer_kernels TK_ISA(tk_layer_kernels) = {
  LAYER_TABLE(f32),
  LAYER_TABLE(f64),
  .glu_f32 = glu_f32,
  .glu_slope_f32 = glu_slope_f32,
};
