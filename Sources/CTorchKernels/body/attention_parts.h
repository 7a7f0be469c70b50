// Rows of attention that end as parts for the matrix unit, in the pass that makes them: 32 rows at most, of which each 16 are a
// panel.
//
// The vectors are those of the one instruction set that machines with the unit have; the others have no such kernels. What is
// the same for a whole block, whether there is a bias or dropout, is asked for outside of the loops: `plain` is a constant there.
#if TK_LEVEL == 2
enum { PART_LINES = TK_PART_LINES, PART_STEP = TK_PART_STEP, PART_TILE = TK_PART_TILE, PART_ROW = 64, PART_LANES = 16 };

// Writes two vectors, side by side in the lanes, as three parts each: a part is the upper half of what is left of the number.
// What is left at the end is no number where one has no parts.
TK_INLINE VF parts_store(char *to, VF x, VF y) {
  const uint32_t upper = 0xffff0000u;
  for (int part = 0; part < 2; part++) {
    VUI a = (VUI)x, b = (VUI)y & upper;
    TK_STORE(VUI, to + part * PART_TILE, (a >> 16) | b);
    x -= (VF)(a & upper);
    y -= (VF)b;
  }
  TK_STORE(VUI, to + 2 * PART_TILE, ((VUI)x >> 16) | ((VUI)y & upper));
  return x + y;
}

static int no_number(VF v) {
  float sum = tk_sum_f32(v);
  return sum != sum;
}

// A row's number i... in front of the exponential; low from `n` on.
TK_INLINE VF score_known(const tk_score_rows *b, ptrdiff_t r, ptrdiff_t i, ptrdiff_t n, bool plain) {
  const float *row = b->scores + r * b->row_stride;
  if (n - i <= 0) return (VF)-INFINITY;
  if (plain && n - i >= PART_LANES) return TK_LOAD(VF, row + i) * b->scale;
  const float *bias = b->bias ? b->bias + r * b->bias_row : NULL;
  return score_first(score_at(b, row, bias, i, n - i), n - i, -INFINITY);
}

TK_INLINE VF kept_of(const tk_score_rows *b, ptrdiff_t r, ptrdiff_t i, VF x, bool plain) {
  if (plain || !b->keep || i >= b->cols) return x;
  return x * score_mask(b->keep + r * b->keep_row + i, b->cols - i, TK_KEPT, b->keep_scale);
}

TK_INLINE VF larger(VF x, VF y) { return SEL(x > y, x, y); }

TK_INLINE float top_of(const tk_score_rows *b, ptrdiff_t r, ptrdiff_t n, bool plain) {
  VF tops[4] = {(VF)-INFINITY, (VF)-INFINITY, (VF)-INFINITY, (VF)-INFINITY};
  ptrdiff_t i = 0;
  for (; i + 4 * PART_LANES <= n; i += 4 * PART_LANES)
    for (int j = 0; j < 4; j++) tops[j] = larger(score_known(b, r, i + j * PART_LANES, n, plain), tops[j]);
  for (; i < n; i += PART_LANES) tops[0] = larger(score_known(b, r, i, n, plain), tops[0]);
  return tk_top_f32(larger(larger(tops[0], tops[1]), larger(tops[2], tops[3])));
}

// Exponentials of a row and their sum.
TK_INLINE float powers_of(
  const tk_score_rows *b, ptrdiff_t r, ptrdiff_t n, float high, char *line, bool plain) {
  VF sums = (VF)0.0f;
  for (ptrdiff_t i = 0; i < n; i += 2 * PART_LANES, line += PART_STEP) {
    VF x = score_exp(score_known(b, r, i, n, plain) - high);
    VF y = score_exp(score_known(b, r, i + PART_LANES, n, plain) - high);
    sums += x + y;
    parts_store(line, kept_of(b, r, i, x, plain), kept_of(b, r, i + PART_LANES, y, plain));
  }
  return tk_sum_f32(sums);
}

TK_INLINE int weights_parts(
  const tk_score_rows *b, float *logs, float *shares, const tk_parts *to, bool plain) {
  for (ptrdiff_t r = 0; r < b->rows; r++) {
    ptrdiff_t n = seen(b, r), i = 0;
    float high = top_of(b, r, n, plain);
    char *line = to->at + r / PART_LINES * to->panel + r % PART_LINES * PART_ROW;
    logs[r] = INFINITY;
    shares[r] = 0;
    if (high > -INFINITY) {
      float sum = powers_of(b, r, n, high, line, plain);
      if (sum != sum) return 0;
      logs[r] = high + logf(sum);
      shares[r] = 1 / sum;
      i = (n + 2 * PART_LANES - 1) / (2 * PART_LANES) * (2 * PART_LANES);
    } else {
      // Nothing is seen, or nothing but what is no number.
      VF all = (VF)0.0f;
      for (ptrdiff_t k = 0; k < n; k += PART_LANES) {
        VF x = score_known(b, r, k, n, plain);
        all = SEL(x != x, x, all);
      }
      if (no_number(all)) return 0;
    }
    for (line += i / (2 * PART_LANES) * PART_STEP; i < b->cols; i += 2 * PART_LANES, line += PART_STEP)
      parts_store(line, (VF)0.0f, (VF)0.0f);
  }
  return 1;
}

static int attention_weights_parts_f32(const tk_score_rows *b, float *logs, float *shares, const tk_parts *to) {
  if (!b->bias && !b->keep) return weights_parts(b, logs, shares, to, true);
  return weights_parts(b, logs, shares, to, false);
}

// The weights i... of a row before dropout, which are left where its scores were; zeros from `n` on, and for a row that is none.
TK_INLINE VF weights_again(const tk_score_rows *b, ptrdiff_t r, ptrdiff_t i, ptrdiff_t n, float log, bool plain) {
  if (r >= b->rows) return (VF)0.0f;
  VF x = i < n ? score_exp(score_known(b, r, i, n, plain) - log) : (VF)0.0f;
  TK_STORE(VF, b->scores + r * b->row_stride + i, x);
  return kept_of(b, r, i, x, plain);
}

TK_INLINE int again_parts(const tk_score_rows *b, const float *logs, const tk_parts *columns, bool plain) {
  VF rest = (VF)0.0f;
  char *to = columns->at;
  for (ptrdiff_t i = 0; i < b->cols; i += PART_LANES, to += columns->panel) {
    bool all = plain && b->rows == 2 * PART_LINES && i + PART_LANES <= seen(b, 0);
    for (ptrdiff_t r = 0; r < PART_LINES; r++) {
      ptrdiff_t other = r + PART_LINES;
      VF x, y;
      if (all) {
        x = weights_again(b, r, i, i + PART_LANES, logs[r], true);
        y = weights_again(b, other, i, i + PART_LANES, logs[other], true);
      } else {
        x = weights_again(b, r, i, seen(b, r), r < b->rows ? logs[r] : 0, plain);
        y = weights_again(b, other, i, seen(b, other), other < b->rows ? logs[other] : 0, plain);
      }
      rest += parts_store(to + r * PART_ROW, x, y);
    }
  }
  return !no_number(rest);
}

static int attention_again_parts_f32(const tk_score_rows *b, const float *logs, const tk_parts *columns) {
  if (!b->bias && !b->keep) return again_parts(b, logs, columns, true);
  return again_parts(b, logs, columns, false);
}

// The gradients of the products i... of a row; zeros from cols on, and for a row that is none.
TK_INLINE VF slopes_at(
  const tk_score_rows *b, const float *gradients, ptrdiff_t r, ptrdiff_t i, const float *means, bool plain) {
  if (r >= b->rows || i >= b->cols) return (VF)0.0f;
  VF g = kept_of(b, r, i, TK_LOAD(VF, gradients + r * b->row_stride + i), plain);
  VF d = TK_LOAD(VF, b->scores + r * b->row_stride + i) * (g - means[r]) * b->scale;
  return score_first(d, b->cols - i, 0);
}

TK_INLINE int slopes_parts(
  const tk_score_rows *b, const float *gradients, const float *means, const tk_parts *rows, const tk_parts *columns,
  bool plain) {
  VF rest = (VF)0.0f;
  char *line = rows->at, *to = columns->at;
  bool two = b->rows > PART_LINES;
  for (ptrdiff_t i = 0; i < b->cols; i += 2 * PART_LANES, line += PART_STEP, to += 2 * columns->panel) {
    ptrdiff_t next = i + PART_LANES;
    for (ptrdiff_t r = 0; r < PART_LINES; r++) {
      ptrdiff_t other = r + PART_LINES, place = r * PART_ROW;
      VF x = slopes_at(b, gradients, r, i, means, plain), x2 = slopes_at(b, gradients, r, next, means, plain);
      VF y = slopes_at(b, gradients, other, i, means, plain), y2 = slopes_at(b, gradients, other, next, means, plain);
      rest += parts_store(line + place, x, x2);
      if (two) rest += parts_store(line + rows->panel + place, y, y2);
      parts_store(to + place, x, y);
      if (next < b->cols) parts_store(to + columns->panel + place, x2, y2);
    }
  }
  return !no_number(rest);
}

static int attention_slopes_parts_f32(
  const tk_score_rows *b, const float *gradients, const float *means, const tk_parts *rows, const tk_parts *columns) {
  if (!b->keep) return slopes_parts(b, gradients, means, rows, columns, true);
  return slopes_parts(b, gradients, means, rows, columns, false);
}

#define ATTENTION_PARTS_ROWS attention_weights_parts_f32, attention_again_parts_f32, attention_slopes_parts_f32,
#else
#define ATTENTION_PARTS_ROWS NULL, NULL, NULL,
#endif
