// Order along lines. An item is a key and the element's place: a key grows as its element does, or falls where the order is
// descending; equal elements (0 and -0, any two NaNs) have equal keys and NaN has the largest. Strides are in bytes.
#pragma once
#include "tk_types.h"

/// A key of 32 bits above a place of 32. Numbers of 64 bits fit where they are near to one another.
typedef uint64_t tk_item;
/// Any key.
typedef struct tk_wide_item {
  uint64_t key, place;
} tk_wide_item;

/// Whether a line of int64 fits narrow items, and its smallest number.
int tk_sort_fits(ptrdiff_t n, const void *in, ptrdiff_t sx, int64_t *lowest);

/// The items of elements begin..<end of a line; true where a key does not tell its element (NaN, -0).
/// Narrow items take every type but float64, int64 with what `tk_sort_fits` found; wide ones take float64 and int64.
int tk_sort_items(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, const void *in, ptrdiff_t sx, int descending, int64_t lowest,
  tk_item *items);
int tk_sort_wide_items(
  tk_dtype dtype, ptrdiff_t n, const void *in, ptrdiff_t sx, int descending, tk_wide_item *items);

/// Sorts by key and then place; gives `items` or `spare`, whichever holds the result.
tk_item *tk_sort_narrow(ptrdiff_t n, tk_item *items, tk_item *spare);
/// Sorts stably by key.
tk_wide_item *tk_sort_wide(ptrdiff_t n, tk_wide_item *items, tk_wide_item *spare);

/// One pass of a sort that several threads share: how often each digit comes, and the move of items to where each digit's
/// next one goes.
void tk_sort_count(ptrdiff_t n, const tk_item *items, int shift, uint32_t counts[256]);
void tk_sort_move(ptrdiff_t n, const tk_item *items, tk_item *out, int shift, uint32_t places[256]);

/// The first `k` items in order, as the standard library's partial sort (for small k) or selection and sort leave them:
/// which of equal elements come, and how, is that library's and PyTorch's way.
void tk_top_narrow(ptrdiff_t n, ptrdiff_t k, tk_item *items);
void tk_top_wide(ptrdiff_t n, ptrdiff_t k, tk_wide_item *items);

/// Values and places of sorted items; `from_line` where keys do not tell the elements.
void tk_sort_store(
  tk_dtype dtype, ptrdiff_t n, const tk_item *items, int descending, int64_t lowest, int from_line, const void *in,
  ptrdiff_t sx, void *values, ptrdiff_t sv, int64_t *indices, ptrdiff_t si);
void tk_sort_wide_store(
  ptrdiff_t n, const tk_wide_item *items, const void *in, ptrdiff_t sx, void *values, ptrdiff_t sv, int64_t *indices,
  ptrdiff_t si);
