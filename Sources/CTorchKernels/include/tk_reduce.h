// Reductions of the rows of a strided matrix; strides in bytes.
#pragma once
#include "tk_types.h"

#define TK_REDUCE_LIST(X) X(sum) X(prod) X(max) X(min) X(any) X(all)

#define TK_ENUM_CASE_(name) TK_REDUCE_##name,
typedef enum tk_reduce_kernel { TK_REDUCE_LIST(TK_ENUM_CASE_) TK_REDUCE_COUNT } tk_reduce_kernel;
#undef TK_ENUM_CASE_
const char *tk_reduce_name(int kernel);

/// out[i] = reduce over j of x[i * row_stride + j * col_stride]; with `accumulate`, combined with the value in out[i].
/// No columns give the identity (0, 1, the lowest or highest number, false, true). Fast where either stride is the item size.
typedef void (*tk_reduce_fn)(
  ptrdiff_t rows, ptrdiff_t cols, void *out, ptrdiff_t so, const void *x, ptrdiff_t row_stride, ptrdiff_t col_stride,
  int accumulate);
tk_reduce_fn tk_reduce(tk_reduce_kernel kernel, tk_dtype dtype);

/// Running results along `lines` lines of `n` elements; strides in bytes. For sums and products of float32, float64 and
/// int64; NULL for others. Fastest where lines lie next to each other.
typedef void (*tk_scan_fn)(
  ptrdiff_t lines, ptrdiff_t n, void *out, ptrdiff_t out_line, ptrdiff_t so, const void *in, ptrdiff_t in_line,
  ptrdiff_t sx);
tk_scan_fn tk_scan(tk_reduce_kernel kernel, tk_dtype dtype);

/// The first column of the extreme, the first NaN before all; at least one column.
typedef void (*tk_arg_fn)(
  ptrdiff_t rows, ptrdiff_t cols, int64_t *out, ptrdiff_t so, const void *x, ptrdiff_t row_stride,
  ptrdiff_t col_stride);
tk_arg_fn tk_argreduce(tk_reduce_kernel kernel, tk_dtype dtype);
