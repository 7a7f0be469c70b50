// Sums along dimensions by tables of taps. The including file has set REAL_T, REAL_V and REAL_NAME.

// Numbers `at` and on of the sum of lines, each times its weight.
#define SUM_OF_LINES(V, at) \
  ({ \
    V sum_ = TK_LOAD(V, in + place[0] * row + (at)); \
    if (weight) sum_ *= weight[0]; \
    for (ptrdiff_t k_ = 1; k_ < taps; k_++) { \
      V more_ = TK_LOAD(V, in + place[k_] * row + (at)); \
      sum_ = weight ? FMA(more_, (V)weight[k_], sum_) : sum_ + more_; \
    } \
    sum_; \
  })
// A line of at least `lanes` numbers; the last block goes back over numbers that are done already.
#define SUM_OF_BLOCKS(V, lanes) \
  do { \
    ptrdiff_t i_ = 0; \
    for (; i_ + (lanes) <= n; i_ += (lanes)) TK_STORE(V, out + i_, SUM_OF_LINES(V, i_)); \
    if (i_ < n) TK_STORE(V, out + n - (lanes), SUM_OF_LINES(V, n - (lanes))); \
  } while (0)

// Lines `row` apart.
static void REAL_NAME(sum_lines)(
  ptrdiff_t n, REAL_T *restrict out, const REAL_T *in, ptrdiff_t row, ptrdiff_t taps, const int32_t *place,
  const REAL_T *weight) {
  enum { lanes = sizeof(REAL_V) / sizeof(REAL_T), few = 16 / sizeof(REAL_T) };
  typedef TK_VECTOR(REAL_T, 16 / sizeof(REAL_T)) Few;
  if (taps == 0) {
    memset(out, 0, (size_t)n * sizeof(REAL_T));
    return;
  }
  if (taps == 1 && !weight) {
    memcpy(out, in + place[0] * row, (size_t)n * sizeof(REAL_T));
    return;
  }
  if (n >= lanes) {
    ptrdiff_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      const REAL_T *p = in + place[0] * row + i;
      REAL_V w = (REAL_V)(weight ? weight[0] : (REAL_T)1);
      REAL_V s0 = TK_LOAD(REAL_V, p), s1 = TK_LOAD(REAL_V, p + lanes), s2 = TK_LOAD(REAL_V, p + 2 * lanes);
      REAL_V s3 = TK_LOAD(REAL_V, p + 3 * lanes);
      if (weight) s0 *= w, s1 *= w, s2 *= w, s3 *= w;
      for (ptrdiff_t k = 1; k < taps; k++) {
        p = in + place[k] * row + i;
        REAL_V m0 = TK_LOAD(REAL_V, p), m1 = TK_LOAD(REAL_V, p + lanes), m2 = TK_LOAD(REAL_V, p + 2 * lanes);
        REAL_V m3 = TK_LOAD(REAL_V, p + 3 * lanes);
        if (weight) {
          w = (REAL_V)weight[k];
          s0 = FMA(m0, w, s0), s1 = FMA(m1, w, s1), s2 = FMA(m2, w, s2), s3 = FMA(m3, w, s3);
        } else {
          s0 += m0, s1 += m1, s2 += m2, s3 += m3;
        }
      }
      TK_STORE(REAL_V, out + i, s0);
      TK_STORE(REAL_V, out + i + lanes, s1);
      TK_STORE(REAL_V, out + i + 2 * lanes, s2);
      TK_STORE(REAL_V, out + i + 3 * lanes, s3);
    }
    if (i == n) return;
    out += i, in += i, n -= i;
    if (n < lanes) out -= lanes - n, in -= lanes - n, n = lanes;
    SUM_OF_BLOCKS(REAL_V, lanes);
    return;
  }
  if (n >= few) {
    SUM_OF_BLOCKS(Few, few);
    return;
  }
  for (ptrdiff_t i = 0; i < n; i++) {
    REAL_T sum = in[place[0] * row + i];
    if (weight) sum *= weight[0];
    for (ptrdiff_t k = 1; k < taps; k++) {
      REAL_T more = in[place[k] * row + i];
      sum = weight ? FMA(more, weight[k], sum) : sum + more;
    }
    out[i] = sum;
  }
}

// New elements `begin` and on, one after another.
static void REAL_NAME(sum_taps)(ptrdiff_t begin, REAL_T *restrict out, const REAL_T *in, const tk_taps *t) {
  const REAL_T *weight = t->weight;
  for (ptrdiff_t j = begin; j < t->to; j++) {
    ptrdiff_t k = t->first[j], end = t->first[j + 1];
    if (k == end) {
      out[j] = 0;
      continue;
    }
    REAL_T sum = in[t->place[k]];
    if (weight) {
      sum *= weight[k];
      for (k++; k < end; k++) sum = FMA(in[t->place[k]], weight[k], sum);
    } else {
      for (k++; k < end; k++) sum += in[t->place[k]];
    }
    out[j] = sum;
  }
}

// A line of blocks of `inner` numbers.
TK_INLINE void REAL_NAME(resize_line)(REAL_T *restrict out, const REAL_T *in, const tk_taps *t, ptrdiff_t inner) {
  if (inner == 1) {
    REAL_NAME(sum_taps)(REAL_NAME(sum_side_by_side)(out, in, t), out, in, t);
    return;
  }
  const REAL_T *weight = t->weight;
  for (ptrdiff_t j = 0; j < t->to; j++) {
    ptrdiff_t k = t->first[j];
    REAL_NAME(sum_lines)(
      inner, out + j * inner, in, inner, t->first[j + 1] - k, t->place + k, weight ? weight + k : NULL);
  }
}

// Divides a new line by what its row and its columns ask for.
static void REAL_NAME(divide_line)(REAL_T *out, const tk_resampling *o, ptrdiff_t i) {
  const REAL_T *rows = o->rows ? o->rows->divisor : NULL, *cols = o->cols ? o->cols->divisor : NULL;
  if (!rows && !cols) return;
  REAL_T by = rows ? rows[i] : 1;
  ptrdiff_t inner = o->inner, count = o->cols ? o->cols->to : 1;
  if (!cols) {
    for (ptrdiff_t j = 0; j < count * inner; j++) out[j] /= by;
  } else if (inner == 1) {
    for (ptrdiff_t j = 0; j < count; j++) out[j] /= by * cols[j];
  } else {
    for (ptrdiff_t j = 0; j < count; j++)
      for (ptrdiff_t c = 0; c < inner; c++) out[j * inner + c] /= by * cols[j];
  }
}

static void REAL_NAME(resample)(
  ptrdiff_t begin, ptrdiff_t end, REAL_T *out, const REAL_T *in, const tk_resampling *o, REAL_T *scratch) {
  const tk_taps *rows = o->rows, *cols = o->cols;
  ptrdiff_t inner = o->inner;
  ptrdiff_t old_line = (cols ? cols->from : 1) * inner, new_line = (cols ? cols->to : 1) * inner;
  if (!rows) {
    for (ptrdiff_t i = begin; i < end; i++) {
      REAL_NAME(resize_line)(out + i * new_line, in + i * old_line, cols, inner);
      REAL_NAME(divide_line)(out + i * new_line, o, 0);
    }
    return;
  }
  const REAL_T *weights = rows->weight;
  ptrdiff_t blocks = (rows->to + o->block - 1) / o->block;
  for (ptrdiff_t item = begin; item < end; item++) {
    ptrdiff_t plane = item / blocks, first = item % blocks * o->block;
    ptrdiff_t past = first + o->block < rows->to ? first + o->block : rows->to;
    const REAL_T *source = in + plane * rows->from * old_line;
    REAL_T *target = out + (plane * rows->to + first) * new_line;
    ptrdiff_t low = 0, high = 0;
    if (cols && o->cols_first) {
      low = rows->from;
      for (ptrdiff_t k = rows->first[first]; k < rows->first[past]; k++) {
        low = rows->place[k] < low ? rows->place[k] : low;
        high = rows->place[k] >= high ? rows->place[k] + 1 : high;
      }
      for (ptrdiff_t r = low; r < high; r++)
        REAL_NAME(resize_line)(scratch + (r - low) * new_line, source + r * old_line, cols, inner);
    }
    for (ptrdiff_t i = first; i < past; i++, target += new_line) {
      ptrdiff_t k = rows->first[i], taps = rows->first[i + 1] - k;
      const REAL_T *weight = weights ? weights + k : NULL;
      const int32_t *place = rows->place + k;
      if (!cols) {
        REAL_NAME(sum_lines)(new_line, target, source, new_line, taps, place, weight);
      } else if (o->cols_first) {
        REAL_NAME(sum_lines)(new_line, target, scratch - low * new_line, new_line, taps, place, weight);
      } else if (taps == 1 && !weight) {
        REAL_NAME(resize_line)(target, source + place[0] * old_line, cols, inner);
      } else {
        REAL_NAME(sum_lines)(old_line, scratch, source, old_line, taps, place, weight);
        REAL_NAME(resize_line)(target, scratch, cols, inner);
      }
      REAL_NAME(divide_line)(target, o, i);
    }
  }
}

#undef SUM_OF_LINES
#undef SUM_OF_BLOCKS
