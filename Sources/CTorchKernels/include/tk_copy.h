// Casts, copies, fills and moves of rows.
#pragma once
#include "tk_pointwise.h"

/// Every pair of types; a type with itself copies. Floats become integers by truncation, anything becomes bool by
/// `x != 0` (NaN is true), the half types round to nearest even by way of float32.
tk_unary_fn tk_cast(tk_dtype from, tk_dtype to);

/// A strided rows x cols block of items of 1, 2, 4, 8 or 16 bytes; strides in bytes. Transposes go by blocks.
void tk_copy_2d(
  ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t item_size, void *out, ptrdiff_t out_rs, ptrdiff_t out_cs, const void *in,
  ptrdiff_t in_rs, ptrdiff_t in_cs);

/// n copies of one item of 1, 2, 4, 8 or 16 bytes.
void tk_fill(ptrdiff_t n, void *out, ptrdiff_t so, ptrdiff_t item_size, const void *item);

/// out[index[i]] += in[i], rows of `cols` contiguous numbers, in the order of i.
void tk_scatter_add_rows_f32(
  ptrdiff_t count, ptrdiff_t cols, float *out, ptrdiff_t out_rs, const float *in, ptrdiff_t in_rs,
  const int64_t *index);
void tk_scatter_add_rows_f64(
  ptrdiff_t count, ptrdiff_t cols, double *out, ptrdiff_t out_rs, const double *in, ptrdiff_t in_rs,
  const int64_t *index);
