// Rows of attention: scores to weights and back, and dropout by masks of bytes.
#pragma once
#include <stdbool.h>

#include "tk_types.h"

/// A block of rows of scores, float32; a row's scores are contiguous. Strides count items.
typedef struct tk_score_rows {
  ptrdiff_t rows, cols;
  float *scores;
  ptrdiff_t row_stride;
  /// What products of queries and keys are multiplied by.
  float scale;
  /// What is added after that, NULL for nothing.
  const float *bias;
  ptrdiff_t bias_row, bias_col;
  /// How many keys the first row sees, and each row after it one more; cols for all, and none below zero.
  ptrdiff_t visible;
  /// 1 where dropout keeps a weight, which is then multiplied by keep_scale; NULL for no dropout.
  const uint8_t *keep;
  ptrdiff_t keep_row;
  float keep_scale;
} tk_score_rows;

/// Products become weights after dropout; `logs` receives the logarithm of each row's sum of exponentials. A row that sees
/// nothing gets zeros.
void tk_attention_weights_f32(const tk_score_rows *block, float *logs);
/// Products become weights before dropout by those logarithms; `dropped`, whose rows lie as the block's, receives them after it,
/// or is NULL.
void tk_attention_again_f32(const tk_score_rows *block, const float *logs, float *dropped);
/// Weights before dropout become the gradients of products, by the gradients of weights after dropout, whose rows lie as the
/// block's, and the mean of these in each row.
void tk_attention_slopes_f32(const tk_score_rows *block, const float *gradients, const float *means);
/// Numbers split into three bfloat16 each, as CTorchGemm's matrix unit multiplies them: panels of 16 rows, or of 16 columns, so
/// many bytes apart.
typedef struct tk_parts {
  char *at;
  ptrdiff_t panel;
} tk_parts;

/// Of a panel: its lines, the bytes of a tile, which has a part of 32 numbers of each, and of all parts of these.
enum { TK_PART_LINES = 16, TK_PART_TILE = 1024, TK_PART_STEP = 3 * TK_PART_TILE };

/// The same as the three above for at most 32 rows, whose results go to a product of the matrix unit. Rows of scores and
/// gradients may be read and written up to a multiple of 16. What is missing of panels is filled with zeros: columns up to a
/// multiple of 32 in those of rows, rows up to 32 in those of columns. False: something is infinite or NaN, and has no parts, or
/// the machine has no kernels for this.
///
/// Products become weights not yet divided by their sums; `shares` receives what each row is to be multiplied by for that.
bool tk_attention_weights_parts_f32(const tk_score_rows *block, float *logs, float *shares, const tk_parts *rows);
/// Products become weights before dropout, where they lie, and after it in `columns`.
bool tk_attention_again_parts_f32(const tk_score_rows *block, const float *logs, const tk_parts *columns);
/// The gradients of products, in both ways.
bool tk_attention_slopes_parts_f32(
  const tk_score_rows *block, const float *gradients, const float *means, const tk_parts *rows,
  const tk_parts *columns);
/// The product of each row of `x` with that of `y`.
void tk_row_dots_f32(
  ptrdiff_t rows, ptrdiff_t cols, float *out, const float *x, ptrdiff_t x_row, const float *y, ptrdiff_t y_row);

/// Bits of a byte that says what became of an element.
enum {
  /// Dropout keeps it.
  TK_KEPT = 1,
  /// The activation before it lets its gradient through.
  TK_PASSED = 2,
};

/// What dropout does to a row of float32. Strides are in bytes.
typedef enum tk_dropout_kind {
  /// out = x * mask
  TK_DROPOUT_plain,
  /// out = y + x * mask
  TK_DROPOUT_add,
  /// out = relu(x) * mask, and TK_PASSED is written
  TK_DROPOUT_relu,
  /// out = x * mask where TK_PASSED, else 0
  TK_DROPOUT_reluBackward,
} tk_dropout_kind;

void tk_dropout_f32(
  tk_dropout_kind kind, ptrdiff_t n, float *out, ptrdiff_t so, const float *x, ptrdiff_t sx, uint8_t *keep,
  ptrdiff_t sk, const float *y, ptrdiff_t sy, float scale);
