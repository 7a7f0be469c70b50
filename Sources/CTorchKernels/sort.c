// Sorting by digits of keys, and selection in PyTorch's order.
#include <string.h>
#include "moves.h"

#define ITEM tk_item
#define NAME(function) narrow_##function
#define BEFORE(a, b) ((a) >> 32 < (b) >> 32)
#include "sort_order.h"
#undef ITEM
#undef NAME
#undef BEFORE
#define ITEM tk_wide_item
#define NAME(function) wide_##function
#define BEFORE(a, b) ((a).key < (b).key)
#include "sort_order.h"

void tk_top_narrow(ptrdiff_t n, ptrdiff_t k, tk_item *items) { narrow_top(n, k, items); }
void tk_top_wide(ptrdiff_t n, ptrdiff_t k, tk_wide_item *items) { wide_top(n, k, items); }

// Below this many, insertion is faster than counting digits.
enum { short_line = 40 };

tk_item *tk_sort_narrow(ptrdiff_t n, tk_item *items, tk_item *spare) {
  if (n <= short_line) {
    for (ptrdiff_t i = 1; i < n; i++) {
      tk_item value = items[i];
      ptrdiff_t k = i;
      for (; k > 0 && value < items[k - 1]; k--) items[k] = items[k - 1];
      items[k] = value;
    }
    return items;
  }
  uint32_t counts[4][256] = {0};
  for (ptrdiff_t i = 0; i < n; i++) {
    uint32_t key = (uint32_t)(items[i] >> 32);
    for (int digit = 0; digit < 4; digit++) counts[digit][key >> 8 * digit & 255]++;
  }
  for (int digit = 0; digit < 4; digit++) {
    int shift = 32 + 8 * digit;
    if (counts[digit][items[0] >> shift & 255] == (uint32_t)n) continue;
    uint32_t place = 0;
    for (int value = 0; value < 256; value++) {
      uint32_t count = counts[digit][value];
      counts[digit][value] = place;
      place += count;
    }
    tk_sort_move(n, items, spare, shift, counts[digit]);
    tk_item *t = items;
    items = spare, spare = t;
  }
  return items;
}

tk_wide_item *tk_sort_wide(ptrdiff_t n, tk_wide_item *items, tk_wide_item *spare) {
  if (n <= short_line) {
    wide_insertion_sort(items, items + n);
    return items;
  }
  for (int shift = 0; shift < 64; shift += 8) {
    size_t places[256] = {0}, place = 0;
    for (ptrdiff_t i = 0; i < n; i++) places[items[i].key >> shift & 255]++;
    if (places[items[0].key >> shift & 255] == (size_t)n) continue;
    for (int value = 0; value < 256; value++) {
      size_t count = places[value];
      places[value] = place;
      place += count;
    }
    for (ptrdiff_t i = 0; i < n; i++) spare[places[items[i].key >> shift & 255]++] = items[i];
    tk_wide_item *t = items;
    items = spare, spare = t;
  }
  return items;
}

void tk_sort_count(ptrdiff_t n, const tk_item *items, int shift, uint32_t counts[256]) {
  memset(counts, 0, 256 * sizeof(uint32_t));
  for (ptrdiff_t i = 0; i < n; i++) counts[items[i] >> shift & 255]++;
}

void tk_sort_move(ptrdiff_t n, const tk_item *items, tk_item *out, int shift, uint32_t places[256]) {
  for (ptrdiff_t i = 0; i < n; i++) {
    tk_item item = items[i];
    out[places[item >> shift & 255]++] = item;
  }
}

int tk_sort_fits(ptrdiff_t n, const void *in, ptrdiff_t sx, int64_t *lowest) {
  const char *p = in;
  int64_t low = n > 0 ? *(const int64_t *)(const void *)p : 0, high = low;
  for (ptrdiff_t i = 1; i < n; i++) {
    int64_t x = *(const int64_t *)(const void *)(p + i * sx);
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  *lowest = low;
  return (uint64_t)high - (uint64_t)low <= UINT32_MAX;
}

int tk_sort_items(
  tk_dtype dtype, ptrdiff_t begin, ptrdiff_t end, const void *in, ptrdiff_t sx, int descending, int64_t lowest,
  tk_item *items) {
  return tk_moves_here()->sort_items[dtype](begin, end, in, sx, descending ? UINT32_MAX : 0, lowest, items);
}

int tk_sort_wide_items(
  tk_dtype dtype, ptrdiff_t n, const void *in, ptrdiff_t sx, int descending, tk_wide_item *items) {
  const char *p = in;
  uint64_t flip = descending ? UINT64_MAX : 0, sign = 1ull << 63;
  for (ptrdiff_t i = 0; i < n; i++) {
    uint64_t bits = *(const uint64_t *)(const void *)(p + i * sx);
    if (dtype == TK_FLOAT64) {
      double x;
      memcpy(&x, &bits, 8);
      if (x == 0) bits = 0;
      bits = x != x ? UINT64_MAX : bits >> 63 ? ~bits : bits | sign;
    } else {
      bits ^= sign;
    }
    items[i] = (tk_wide_item){bits ^ flip, (uint64_t)i};
  }
  return 1;
}

void tk_sort_store(
  tk_dtype dtype, ptrdiff_t n, const tk_item *items, int descending, int64_t lowest, int from_line, const void *in,
  ptrdiff_t sx, void *values, ptrdiff_t sv, int64_t *indices, ptrdiff_t si) {
  tk_moves_here()->sort_store[dtype](
    n, items, descending ? UINT32_MAX : 0, lowest, from_line, in, sx, values, sv, (char *)indices, si);
}

void tk_sort_wide_store(
  ptrdiff_t n, const tk_wide_item *items, const void *in, ptrdiff_t sx, void *values, ptrdiff_t sv, int64_t *indices,
  ptrdiff_t si) {
  for (ptrdiff_t i = 0; i < n; i++) {
    memcpy((char *)values + i * sv, (const char *)in + (ptrdiff_t)items[i].place * sx, 8);
    memcpy((char *)indices + i * si, &items[i].place, 8);
  }
}
