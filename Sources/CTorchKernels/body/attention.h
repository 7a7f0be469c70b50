// Rows of attention. A row is read where it lies; what is left of it beyond whole vectors goes through a block.

// `count` is less than a vector's lanes.
TK_INLINE VF score_part(const float *p, ptrdiff_t count, float pad) {
#if TK_LEVEL == 2
  return (VF)_mm512_mask_loadu_ps((__m512)(VF)pad, (__mmask16)((1u << count) - 1), p);
#else
  float block[TK_VB / 4];
  TK_STORE(VF, block, (VF)pad);
  memcpy(block, p, (size_t)count * sizeof(float));
  return TK_LOAD(VF, block);
#endif
}

TK_INLINE void score_part_store(float *p, ptrdiff_t count, VF v) {
#if TK_LEVEL == 2
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#else
  float block[TK_VB / 4];
  TK_STORE(VF, block, v);
  memcpy(p, block, (size_t)count * sizeof(float));
#endif
}

// e^x, where numbers too low for any result are left out: arithmetic that underflows is slow.
TK_INLINE VF score_exp(VF x) {
  VI gone = x < -104.0f;
  return SEL(gone, (VF)0.0f, f32_exp(SEL(gone, (VF)0.0f, x)));
}

// The factor of each weight: `scale` where it is kept, else 0. Bytes beyond `count` are not read.
TK_INLINE VF score_mask(const uint8_t *keep, ptrdiff_t count, int bit, float scale) {
  enum { lanes = TK_VB / 4 };
  typedef uint8_t Bytes __attribute__((ext_vector_type(TK_VB / 4)));
  Bytes bytes = (Bytes)(uint8_t)0;
  if (count >= lanes) {
    bytes = TK_LOAD(Bytes, keep);
  } else {
#if TK_LEVEL == 2
    bytes = (Bytes)_mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), keep);
#else
    memcpy(&bytes, keep, (size_t)count);
#endif
  }
  VI flags = (VI)__builtin_convertvector(bytes, VUI) & bit;
  return SEL(flags != 0, (VF)scale, (VF)0.0f);
}

static ptrdiff_t seen(const tk_score_rows *b, ptrdiff_t row) {
  ptrdiff_t n = b->visible >= b->cols ? b->cols : b->visible + row;
  return n < 0 ? 0 : n < b->cols ? n : b->cols;
}

// The score at i... of a row, with what is added to it.
TK_INLINE VF score_at(const tk_score_rows *b, const float *row, const float *bias, ptrdiff_t i, ptrdiff_t count) {
  enum { lanes = TK_VB / 4 };
  VF x = (count >= lanes ? TK_LOAD(VF, row + i) : score_part(row + i, count, 0)) * b->scale;
  if (!bias) return x;
  if (b->bias_col == 0) return x + *bias;
  return x + (count >= lanes ? TK_LOAD(VF, bias + i) : score_part(bias + i, count, 0));
}

TK_INLINE void score_store(float *p, ptrdiff_t count, VF v) {
  if (count >= TK_VB / 4) {
    TK_STORE(VF, p, v);
  } else {
    score_part_store(p, count, v);
  }
}

// The lanes before `count` of v, then `pad`.
TK_INLINE VF score_first(VF v, ptrdiff_t count, float pad) {
#if TK_LEVEL == 2
  if (count < 16) return (VF)_mm512_mask_mov_ps((__m512)(VF)pad, (__mmask16)((1u << count) - 1), (__m512)v);
#endif
  return count >= TK_VB / 4 ? v : score_part((const float *)&v, count, pad);
}

static void attention_weights_f32(const tk_score_rows *b, float *logs) {
  enum { lanes = TK_VB / 4 };
  for (ptrdiff_t r = 0; r < b->rows; r++) {
    float *row = b->scores + r * b->row_stride;
    const float *bias = b->bias ? b->bias + r * b->bias_row : NULL;
    const uint8_t *keep = b->keep ? b->keep + r * b->keep_row : NULL;
    ptrdiff_t n = seen(b, r);
    VF top = (VF)-INFINITY;
    for (ptrdiff_t i = 0; i < n; i += lanes) {
      VF x = score_at(b, row, bias, i, n - i);
      score_store(row + i, n - i, x);
      VF known = score_first(x, n - i, -INFINITY);
      top = SEL(known > top, known, top);
    }
    float high = tk_top_f32(top);
    if (high == -INFINITY) {
      // Nothing is seen, or nothing but what is no number.
      float none = 0;
      for (ptrdiff_t i = 0; i < n; i++)
        if (row[i] != row[i]) none = row[i];
      for (ptrdiff_t i = 0; i < b->cols; i++) row[i] = none;
      logs[r] = none == none ? INFINITY : none;
      continue;
    }
    VF sums = (VF)0.0f;
    for (ptrdiff_t i = 0; i < n; i += lanes) {
      ptrdiff_t count = n - i;
      VF e = score_exp((count >= lanes ? TK_LOAD(VF, row + i) : score_part(row + i, count, -INFINITY)) - high);
      score_store(row + i, count, e);
      sums += e;
    }
    float sum = tk_sum_f32(sums);
    logs[r] = high + logf(sum);
    float share = 1 / sum;
    for (ptrdiff_t i = 0; i < n; i += lanes) {
      ptrdiff_t count = n - i;
      VF w = (count >= lanes ? TK_LOAD(VF, row + i) : score_part(row + i, count, 0)) * share;
      if (keep) w *= score_mask(keep + i, count, TK_KEPT, b->keep_scale);
      score_store(row + i, count, w);
    }
    for (ptrdiff_t i = n; i < b->cols; i++) row[i] = 0;
  }
}

static void attention_again_f32(const tk_score_rows *b, const float *logs, float *dropped) {
  enum { lanes = TK_VB / 4 };
  for (ptrdiff_t r = 0; r < b->rows; r++) {
    float *row = b->scores + r * b->row_stride, *out = dropped ? dropped + r * b->row_stride : NULL;
    const float *bias = b->bias ? b->bias + r * b->bias_row : NULL;
    const uint8_t *keep = b->keep ? b->keep + r * b->keep_row : NULL;
    ptrdiff_t n = seen(b, r);
    float log = logs[r];
    for (ptrdiff_t i = 0; i < n; i += lanes) {
      ptrdiff_t count = n - i;
      VF w = score_exp(score_at(b, row, bias, i, count) - log);
      score_store(row + i, count, w);
      if (out) score_store(out + i, count, keep ? w * score_mask(keep + i, count, TK_KEPT, b->keep_scale) : w);
    }
    for (ptrdiff_t i = n; i < b->cols; i++) {
      row[i] = 0;
      if (out) out[i] = 0;
    }
  }
}

static void attention_slopes_f32(const tk_score_rows *b, const float *gradients, const float *means) {
  enum { lanes = TK_VB / 4 };
  for (ptrdiff_t r = 0; r < b->rows; r++) {
    float *row = b->scores + r * b->row_stride;
    const float *slopes = gradients + r * b->row_stride;
    const uint8_t *keep = b->keep ? b->keep + r * b->keep_row : NULL;
    float mean = means[r];
    for (ptrdiff_t i = 0; i < b->cols; i += lanes) {
      ptrdiff_t count = b->cols - i;
      VF w = count >= lanes ? TK_LOAD(VF, row + i) : score_part(row + i, count, 0);
      VF g = count >= lanes ? TK_LOAD(VF, slopes + i) : score_part(slopes + i, count, 0);
      if (keep) g *= score_mask(keep + i, count, TK_KEPT, b->keep_scale);
      score_store(row + i, count, w * (g - mean) * b->scale);
    }
  }
}

static void row_dots_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, const float *x, ptrdiff_t x_row, const float *y, ptrdiff_t y_row) {
  enum { lanes = TK_VB / 4 };
  for (ptrdiff_t r = 0; r < rows; r++, x += x_row, y += y_row) {
    VF sums = (VF)0.0f;
    ptrdiff_t i = 0;
    for (; i + lanes <= cols; i += lanes) sums = FMA(TK_LOAD(VF, x + i), TK_LOAD(VF, y + i), sums);
    if (i < cols) sums = FMA(score_part(x + i, cols - i, 0), score_part(y + i, cols - i, 0), sums);
    out[r] = tk_sum_f32(sums);
  }
}

// One vector of what dropout does; `flags` receives what is to be written of the activation.
TK_INLINE VF dropped(tk_dropout_kind kind, VF x, VF y, VF mask, VI kept, VI *flags) {
  switch (kind) {
  case TK_DROPOUT_plain: return x * mask;
  case TK_DROPOUT_add: return y + x * mask;
  case TK_DROPOUT_relu: {
    VI stopped = x <= 0.0f;
    *flags = (kept & TK_KEPT) | SEL(stopped, (VI)0, (VI)TK_PASSED);
    return SEL(stopped, (VF)0.0f, x) * mask;
  }
  case TK_DROPOUT_reluBackward: return SEL((kept & TK_PASSED) != 0, x * mask, (VF)0.0f);
  }
  return x;
}

TK_INLINE void dropout_row(
  tk_dropout_kind kind, ptrdiff_t n, float *out, ptrdiff_t so, const float *x, ptrdiff_t sx, uint8_t *keep,
  ptrdiff_t sk, const float *y, ptrdiff_t sy, float scale) {
  enum { lanes = TK_VB / 4 };
  typedef uint8_t Bytes __attribute__((ext_vector_type(TK_VB / 4)));
  ptrdiff_t i = 0, item = sizeof(float);
  int adds = kind == TK_DROPOUT_add, writes = kind == TK_DROPOUT_relu;
  VI flags = (VI)0;
  if (so == item && sx == item && sk == 1 && (!adds || sy == item)) {
    for (; i + lanes <= n; i += lanes) {
      VI kept = (VI)__builtin_convertvector(TK_LOAD(Bytes, keep + i), VUI);
      VF mask = SEL((kept & TK_KEPT) != 0, (VF)scale, (VF)0.0f);
      VF v = dropped(kind, TK_LOAD(VF, x + i), adds ? TK_LOAD(VF, y + i) : mask, mask, kept, &flags);
      if (writes) TK_STORE(Bytes, keep + i, __builtin_convertvector((VUI)flags, Bytes));
      TK_STORE(VF, out + i, v);
    }
  }
  for (; i < n; i++) {
    float in, plus = 0, result;
    memcpy(&in, (const char *)x + i * sx, sizeof in);
    if (adds) memcpy(&plus, (const char *)y + i * sy, sizeof plus);
    uint8_t kept = keep[i * sk];
    VF v = dropped(
      kind, (VF)in, (VF)plus, (VF)(kept & TK_KEPT ? scale : 0.0f), (VI)(int32_t)kept, &flags);
    if (writes) keep[i * sk] = (uint8_t)flags[0];
    result = v[0];
    memcpy((char *)out + i * so, &result, sizeof result);
  }
}

static void dropout_f32(
  tk_dropout_kind kind, ptrdiff_t n, float *out, ptrdiff_t so, const float *x, ptrdiff_t sx, uint8_t *keep,
  ptrdiff_t sk, const float *y, ptrdiff_t sy, float scale) {
  switch (kind) {
  case TK_DROPOUT_plain: dropout_row(TK_DROPOUT_plain, n, out, so, x, sx, keep, sk, y, sy, scale); break;
  case TK_DROPOUT_add: dropout_row(TK_DROPOUT_add, n, out, so, x, sx, keep, sk, y, sy, scale); break;
  case TK_DROPOUT_relu: dropout_row(TK_DROPOUT_relu, n, out, so, x, sx, keep, sk, y, sy, scale); break;
  case TK_DROPOUT_reluBackward:
    dropout_row(TK_DROPOUT_reluBackward, n, out, so, x, sx, keep, sk, y, sy, scale);
    break;
  }
}

#include "attention_parts.h"

const tk_attention_kernels TK_ISA(tk_attention_kernels) = {
  attention_weights_f32, attention_again_f32, attention_slopes_f32, row_dots_f32, dropout_f32,
  ATTENTION_PARTS_ROWS
};
