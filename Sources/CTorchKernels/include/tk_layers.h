// Single layers of networks: resizing and pooling by tables, gates, losses. Everything is contiguous.
#pragma once
#include "tk_types.h"

/// What the elements of a dimension are made of. New element `i` is the sum of the old ones at `place[first[i]]` to before
/// `place[first[i + 1]]`, each times its `weight`.
typedef struct tk_taps {
  ptrdiff_t from, to;
  const int32_t *first;
  const int32_t *place;
  /// Of the numbers' type; NULL where all are 1.
  const void *weight;
  /// The same by tap, where no element has more than `most` of them: tap `k` of element `i` at `k * to + i`, -1 (of weight
  /// 0) where an element has fewer. NULL where that is not worth it.
  ptrdiff_t most;
  const int32_t *place_by;
  const void *weight_by;
  /// What the sums are divided by; NULL for nothing.
  const void *divisor;
} tk_taps;

/// Planes of `rows->from` x `cols->from` blocks of `inner` numbers.
typedef struct tk_resampling {
  /// NULL where the dimension is not there.
  const tk_taps *rows, *cols;
  ptrdiff_t inner;
  /// New rows of one item of work.
  ptrdiff_t block;
  /// Whether lines are resized before they are added up.
  int cols_first;
} tk_resampling;

/// The items `begin` to before `end` of all planes, `block` new rows each. `scratch` has room for the old rows that an item
/// is made of, resized, where columns come first, else for one old row.
void tk_resample_f32(
  ptrdiff_t begin, ptrdiff_t end, float *out, const float *in, const tk_resampling *options, float *scratch);
void tk_resample_f64(
  ptrdiff_t begin, ptrdiff_t end, double *out, const double *in, const tk_resampling *options, double *scratch);

/// Planes whose element at row `i` and column `j` is a copy of the one at `rows[i]` and `cols[j]`.
typedef struct tk_spreading {
  ptrdiff_t rows_from, rows_to, cols_from, cols_to;
  const int32_t *rows, *cols;
  /// Columns that follow one another in both planes.
  ptrdiff_t run_begin, run_end;
  ptrdiff_t item_size;
} tk_spreading;
/// The rows `begin` to before `end` of all new planes.
void tk_spread(ptrdiff_t begin, ptrdiff_t end, void *out, const void *in, const tk_spreading *options);

/// x * sigmoid(gate).
void tk_glu_f32(ptrdiff_t n, float *out, const float *x, const float *gate);
/// The gradients of both.
void tk_glu_slope_f32(
  ptrdiff_t n, float *for_x, float *for_gate, const float *gradient, const float *x, const float *gate);

/// Squared near 0 and straight beyond `limit`: |d| < limit ? d * d * curve : (|d| - limit / 2) * slope, d = x - y.
typedef struct tk_bend {
  double limit, curve, slope;
} tk_bend;
void tk_bend_f32(ptrdiff_t n, float *out, const float *x, const float *y, const tk_bend *bend);
void tk_bend_f64(ptrdiff_t n, double *out, const double *x, const double *y, const tk_bend *bend);
/// The gradients of x and of y, each may be NULL; `gradient` is one number where `same`.
void tk_bend_slope_f32(
  ptrdiff_t n, float *for_x, float *for_y, const float *gradient, int same, const float *x, const float *y,
  const tk_bend *bend);
void tk_bend_slope_f64(
  ptrdiff_t n, double *for_x, double *for_y, const double *gradient, int same, const double *x, const double *y,
  const tk_bend *bend);

/// The sum of the squares of each row.
void tk_row_squares_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *x);
void tk_row_squares_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *x);
/// Rows that hold one number each, again and again.
void tk_stretch_rows_f32(ptrdiff_t rows, ptrdiff_t cols, float *out, const float *in);
void tk_stretch_rows_f64(ptrdiff_t rows, ptrdiff_t cols, double *out, const double *in);
