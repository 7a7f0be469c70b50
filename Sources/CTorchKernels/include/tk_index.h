// Reads and writes through int64 indices. Strides and steps are in bytes. `index` is `si` bytes from one to the next; a
// negative one counts from the end of `size`. Nothing here checks but `tk_index_check`.
#pragma once
#include "tk_types.h"

/// The place of the first index outside lowest..<size, or -1.
ptrdiff_t tk_index_check(ptrdiff_t n, const void *index, ptrdiff_t si, ptrdiff_t lowest, ptrdiff_t size);

/// offsets[i] = index[i] * step, added to what is there where `adds`.
void tk_index_offsets(
  ptrdiff_t n, int64_t *offsets, const void *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step, int adds);

/// out[i * so] = in[i * sx + index[i] * step], items of 1, 2, 4 or 8 bytes.
void tk_gather_line(
  ptrdiff_t item_size, ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, const void *index,
  ptrdiff_t si, ptrdiff_t size, ptrdiff_t step);

/// out[i * so + index[i] * step] = in[i * sx], in the order of i.
typedef void (*tk_scatter_line_fn)(
  ptrdiff_t n, char *out, ptrdiff_t so, const char *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step,
  const char *in, ptrdiff_t sx);
tk_scatter_line_fn tk_scatter_line(ptrdiff_t item_size);
/// The same with +=; NULL for types whose sums go another way (bool, the half types).
tk_scatter_line_fn tk_scatter_add_line(tk_dtype dtype);

/// out[i * so] = in[offsets[i]] and out[offsets[i]] = in[i * sx], offsets in bytes.
void tk_gather_items(
  ptrdiff_t item_size, ptrdiff_t n, void *out, ptrdiff_t so, const void *in, const int64_t *offsets);
void tk_scatter_items(
  ptrdiff_t item_size, ptrdiff_t n, void *out, const int64_t *offsets, const void *in, ptrdiff_t sx);

/// The same for rows of contiguous bytes.
void tk_gather_rows(
  ptrdiff_t n, ptrdiff_t row_bytes, void *out, ptrdiff_t out_rs, const void *in, const int64_t *offsets);
void tk_scatter_rows(
  ptrdiff_t n, ptrdiff_t row_bytes, void *out, const int64_t *offsets, const void *in, ptrdiff_t in_rs);

/// How many of n bytes are not 0.
ptrdiff_t tk_count_flags(ptrdiff_t n, const uint8_t *flags);
/// base + the positions of the bytes that are not 0; `room` is their number.
void tk_find_flags(ptrdiff_t n, int64_t *out, const uint8_t *flags, int64_t base, ptrdiff_t room);
/// Rising positions in rows of `size` become places in the row; the row's number goes to `row`.
void tk_split_positions(ptrdiff_t n, int64_t *position, int64_t *row, int64_t size);
