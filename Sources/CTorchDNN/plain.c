#include "plain.h"

#include <string.h>

size_t size_of_type(int32_t type) { return type == CD_FLOAT32 ? 4 : type == CD_BFLOAT16 || type == CD_FLOAT16 ? 2 : 0; }

// MARK: walking a batch

/// Calls `body` with the element offsets of each matrix of the batch.
#define FOR_EACH_MATRIX(desc, body)                                                                       \
  do {                                                                                                    \
    int64_t at[CD_MAX_BATCH_RANK] = {0}, oa = 0, ob = 0, oc = 0, obias = 0;                               \
    int d;                                                                                                \
    do {                                                                                                  \
      body;                                                                                               \
      for (d = (desc)->batch_rank - 1; d >= 0; d--) {                                                     \
        oa += (desc)->a.batch[d], ob += (desc)->b.batch[d];                                               \
        oc += (desc)->c.batch[d], obias += (desc)->bias.batch[d];                                         \
        if (++at[d] < (desc)->batch[d]) break;                                                            \
        oa -= (desc)->batch[d] * (desc)->a.batch[d], ob -= (desc)->batch[d] * (desc)->b.batch[d];         \
        oc -= (desc)->batch[d] * (desc)->c.batch[d], obias -= (desc)->batch[d] * (desc)->bias.batch[d];   \
        at[d] = 0;                                                                                        \
      }                                                                                                   \
    } while (d >= 0);                                                                                     \
    (void)oa, (void)ob, (void)oc, (void)obias;                                                            \
  } while (0)

// MARK: tiny products

// Sixteen columns of C at a time, `DEPTH` steps of k at a time: the piece of B is used where it lies when it is whole
// and contiguous, else it is copied side by side first. Four rows go together to hide the latency of the additions.
enum { WIDTH = 16, DEPTH = 128, ROWS = 4 };
typedef float lanes __attribute__((ext_vector_type(WIDTH), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

/// Copies fewer than WIDTH contiguous numbers, by powers of two: a loop or a call would take longer than the sums.
INLINE void copy_some(float *to, const float *from, int64_t count) {
  int64_t at = 0;
  if (count & 8) memcpy(to, from, 8 * sizeof *to), at = 8;
  if (count & 4) memcpy(to + at, from + at, 4 * sizeof *to), at += 4;
  if (count & 2) memcpy(to + at, from + at, 2 * sizeof *to), at += 2;
  if (count & 1) to[at] = from[at];
}

INLINE void load(lanes *to, const float *from, int64_t stride, int64_t count) {
  if (stride == 1 && count == WIDTH) {
    memcpy(to, from, sizeof *to);
    return;
  }
  float values[WIDTH] = {0};
  if (stride == 1) copy_some(values, from, count);
  else
    for (int64_t j = 0; j < count; j++) values[j] = from[j * stride];
  memcpy(to, values, sizeof *to);
}

INLINE void store(float *to, int64_t stride, int64_t count, const lanes *from) {
  if (stride == 1 && count == WIDTH) {
    memcpy(to, from, sizeof *from);
    return;
  }
  float values[WIDTH];
  memcpy(values, from, sizeof values);
  if (stride == 1) copy_some(to, values, count);
  else
    for (int64_t j = 0; j < count; j++) to[j * stride] = values[j];
}

INLINE float sum_of(const lanes *values) {
  float v[WIDTH];
  memcpy(v, values, sizeof v);
  for (int half = WIDTH / 2; half > 0; half /= 2)
    for (int j = 0; j < half; j++) v[j] += v[j + half];
  return v[0];
}

/// The inner products of one row of A with `count` columns of B, all contiguous along k.
INLINE void dot(int count, int64_t k, const float *a, const float *b, int64_t b_column, float *results) {
  lanes sum[ROWS];
  for (int j = 0; j < count; j++) sum[j] = 0;
  int64_t p = 0;
  for (; p + WIDTH <= k; p += WIDTH) {
    lanes left, right;
    memcpy(&left, a + p, sizeof left);
    for (int j = 0; j < count; j++) {
      memcpy(&right, b + p + j * b_column, sizeof right);
      sum[j] += left * right;
    }
  }
  if (p < k) {
    lanes left, right;
    load(&left, a + p, 1, k - p);
    for (int j = 0; j < count; j++) {
      load(&right, b + p + j * b_column, 1, k - p);
      sum[j] += left * right;
    }
  }
  for (int j = 0; j < count; j++) results[j] = sum_of(&sum[j]);
}

/// A product with few rows or columns where both A and B are contiguous along k.
INLINE void matrix_by_dots(const cd_matmul_desc *desc, const float *a, const float *b, const float *bias, float *c) {
  for (int64_t i = 0; i < desc->m; i++) {
    const float *left = a + i * desc->a.row;
    for (int64_t j = 0; j < desc->n;) {
      float results[ROWS];
      int64_t count = desc->n - j >= ROWS ? ROWS : 1;
      const float *right = b + j * desc->b.column;
      if (count == ROWS) dot(ROWS, desc->k, left, right, desc->b.column, results);
      else dot(1, desc->k, left, right, desc->b.column, results);
      for (int64_t r = 0; r < count; r++, j++) {
        float *out = c + i * desc->c.row + j * desc->c.column;
        float value = results[r] + (bias ? bias[i * desc->bias.row + j * desc->bias.column] : 0);
        *out = desc->accumulate ? *out + value : value;
      }
    }
  }
}

INLINE void some_rows(int rows, int64_t depth, int64_t width, const float *a, int64_t a_row, int64_t a_column,
                      const float *b, int64_t b_row, float *c, int64_t c_row, int64_t c_column, const float *bias,
                      int64_t bias_row, int64_t bias_column, int fresh) {
  lanes sum[ROWS];
  for (int r = 0; r < rows; r++) {
    if (fresh) sum[r] = 0;
    else load(&sum[r], c + r * c_row, c_column, width);
    if (bias) {
      lanes extra;
      load(&extra, bias + r * bias_row, bias_column, width);
      sum[r] += extra;
    }
  }
  for (int64_t p = 0; p < depth; p++) {
    lanes row;
    memcpy(&row, b + p * b_row, sizeof row);
    for (int r = 0; r < rows; r++) sum[r] += row * a[r * a_row + p * a_column];
  }
  for (int r = 0; r < rows; r++) store(c + r * c_row, c_column, width, &sum[r]);
}

INLINE void one_matrix(const cd_matmul_desc *desc, const float *a, const float *b, const float *bias, float *c) {
  if (desc->a.column == 1 && desc->b.row == 1 && desc->k >= WIDTH && (desc->m < ROWS || desc->n < ROWS)) {
    matrix_by_dots(desc, a, b, bias, c);
    return;
  }
  float piece[DEPTH * WIDTH];
  for (int64_t column = 0; column < desc->n; column += WIDTH) {
    int64_t width = desc->n - column < WIDTH ? desc->n - column : WIDTH;
    for (int64_t start = 0; start < desc->k; start += DEPTH) {
      int64_t depth = desc->k - start < DEPTH ? desc->k - start : DEPTH;
      const float *from = b + start * desc->b.row + column * desc->b.column;
      int64_t b_row = desc->b.row;
      if (width < WIDTH || desc->b.column != 1) {
        if (width < WIDTH) memset(piece, 0, (size_t)depth * WIDTH * sizeof *piece);
        if (desc->b.row == 1) {
          for (int64_t j = 0; j < width; j++)
            for (int64_t p = 0; p < depth; p++) piece[p * WIDTH + j] = from[p + j * desc->b.column];
        } else {
          for (int64_t p = 0; p < depth; p++)
            for (int64_t j = 0; j < width; j++) piece[p * WIDTH + j] = from[p * b_row + j * desc->b.column];
        }
        from = piece;
        b_row = WIDTH;
      }
      const float *extra = start == 0 && bias ? bias + column * desc->bias.column : NULL;
      int fresh = start == 0 && !desc->accumulate;
      for (int64_t i = 0; i < desc->m;) {
        const float *left = a + i * desc->a.row + start * desc->a.column;
        float *out = c + i * desc->c.row + column * desc->c.column;
        const float *add = extra ? extra + i * desc->bias.row : NULL;
        if (desc->m - i >= ROWS) {
          some_rows(ROWS, depth, width, left, desc->a.row, desc->a.column, from, b_row, out, desc->c.row,
                    desc->c.column, add, desc->bias.row, desc->bias.column, fresh);
          i += ROWS;
        } else {
          some_rows(1, depth, width, left, desc->a.row, desc->a.column, from, b_row, out, desc->c.row,
                    desc->c.column, add, desc->bias.row, desc->bias.column, fresh);
          i += 1;
        }
      }
    }
  }
}

#define ALL_MATRICES FOR_EACH_MATRIX(desc, one_matrix(desc, a + oa, b + ob, bias ? bias + obias : NULL, c + oc))

static void matmul_baseline(const cd_matmul_desc *desc, const float *a, const float *b, const float *bias, float *c) {
  ALL_MATRICES;
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void matmul_avx2(const cd_matmul_desc *desc, const float *a, const float *b,
                                                            const float *bias, float *c) {
  ALL_MATRICES;
}

__attribute__((target("avx512f,avx512vl,avx2,fma"))) static void matmul_avx512(const cd_matmul_desc *desc,
                                                                               const float *a, const float *b,
                                                                               const float *bias, float *c) {
  ALL_MATRICES;
}
#endif

void plain_matmul(const cd_matmul_desc *desc, const float *a, const float *b, const float *bias, float *c) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vl")) {
    matmul_avx512(desc, a, b, bias, c);
    return;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    matmul_avx2(desc, a, b, bias, c);
    return;
  }
#endif
  matmul_baseline(desc, a, b, bias, c);
}

// MARK: bias

static float get(const void *data, int32_t type, int64_t index) {
  if (type == CD_FLOAT32) return ((const float *)data)[index];
  if (type == CD_FLOAT16) return (float)((const _Float16 *)data)[index];
  uint32_t bits = (uint32_t)((const uint16_t *)data)[index] << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void put(void *data, int32_t type, int64_t index, float value) {
  if (type == CD_FLOAT32) {
    ((float *)data)[index] = value;
  } else if (type == CD_FLOAT16) {
    ((_Float16 *)data)[index] = (_Float16)value;
  } else {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) bits |= 0x00400000;              // stays a number that is none
    else bits += 0x7FFF + ((bits >> 16) & 1);            // to the nearest, ties to even
    ((uint16_t *)data)[index] = (uint16_t)(bits >> 16);
  }
}

static void spread_one(const cd_matmul_desc *desc, const void *bias, int64_t bias_at, void *c, int64_t c_at) {
  for (int64_t i = 0; i < desc->m; i++) {
    int64_t from = bias_at + i * desc->bias.row, to = c_at + i * desc->c.row;
    if (desc->bias_type == CD_FLOAT32 && desc->output_type == CD_FLOAT32 && bias && !desc->accumulate) {
      const float *source = (const float *)bias + from;
      float *target = (float *)c + to;
      for (int64_t j = 0; j < desc->n; j++) target[j * desc->c.column] = source[j * desc->bias.column];
      continue;
    }
    for (int64_t j = 0; j < desc->n; j++) {
      float value = bias ? get(bias, desc->bias_type, from + j * desc->bias.column) : 0;
      int64_t at = to + j * desc->c.column;
      put(c, desc->output_type, at, desc->accumulate ? get(c, desc->output_type, at) + value : value);
    }
  }
}

void plain_spread(const cd_matmul_desc *desc, const void *bias, void *c) {
  if (!bias && desc->accumulate) return;
  FOR_EACH_MATRIX(desc, spread_one(desc, bias, obias, c, oc));
}
