// The entries of the index kernels.
#include <string.h>
#include "moves.h"

static int power_of(ptrdiff_t item_size) { return __builtin_ctz((unsigned)item_size); }

ptrdiff_t tk_index_check(ptrdiff_t n, const void *index, ptrdiff_t si, ptrdiff_t lowest, ptrdiff_t size) {
  return tk_moves_here()->index_check(n, index, si, lowest, size);
}

void tk_index_offsets(
  ptrdiff_t n, int64_t *offsets, const void *index, ptrdiff_t si, ptrdiff_t size, ptrdiff_t step, int adds) {
  tk_moves_here()->index_offsets(n, offsets, index, si, size, step, adds);
}

void tk_gather_line(
  ptrdiff_t item_size, ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, const void *index,
  ptrdiff_t si, ptrdiff_t size, ptrdiff_t step) {
  tk_moves_here()->gather_line[power_of(item_size)](n, out, so, in, sx, index, si, size, step);
}

tk_scatter_line_fn tk_scatter_line(ptrdiff_t item_size) { return tk_moves_here()->scatter_line[power_of(item_size)]; }

tk_scatter_line_fn tk_scatter_add_line(tk_dtype dtype) {
  return (int)dtype >= 0 && (int)dtype < TK_DTYPE_LIMIT ? tk_moves_here()->add_line[dtype] : NULL;
}

void tk_gather_items(
  ptrdiff_t item_size, ptrdiff_t n, void *out, ptrdiff_t so, const void *in, const int64_t *offsets) {
  tk_moves_here()->gather_items[power_of(item_size)](n, out, so, in, offsets);
}

void tk_scatter_items(
  ptrdiff_t item_size, ptrdiff_t n, void *out, const int64_t *offsets, const void *in, ptrdiff_t sx) {
  tk_moves_here()->scatter_items[power_of(item_size)](n, out, offsets, in, sx);
}

// Asks for a row some turns before it is copied: where it lies, no prefetcher can know.
enum { rows_ahead = 4 };

static void fetch(const char *row, ptrdiff_t row_bytes) {
  ptrdiff_t reach = row_bytes < 256 ? row_bytes : 256;
  for (ptrdiff_t i = 0; i < reach; i += 64) __builtin_prefetch(row + i);
}

void tk_gather_rows(
  ptrdiff_t n, ptrdiff_t row_bytes, void *out, ptrdiff_t out_rs, const void *in, const int64_t *offsets) {
  char *o = out;
  const char *p = in;
  for (ptrdiff_t i = 0; i < n; i++) {
    if (i + rows_ahead < n) fetch(p + offsets[i + rows_ahead], row_bytes);
    memcpy(o + i * out_rs, p + offsets[i], (size_t)row_bytes);
  }
}

void tk_scatter_rows(
  ptrdiff_t n, ptrdiff_t row_bytes, void *out, const int64_t *offsets, const void *in, ptrdiff_t in_rs) {
  char *o = out;
  const char *p = in;
  for (ptrdiff_t i = 0; i < n; i++) memcpy(o + offsets[i], p + i * in_rs, (size_t)row_bytes);
}

ptrdiff_t tk_count_flags(ptrdiff_t n, const uint8_t *flags) { return tk_moves_here()->count_flags(n, flags); }

void tk_find_flags(ptrdiff_t n, int64_t *out, const uint8_t *flags, int64_t base, ptrdiff_t room) {
  tk_moves_here()->find_flags(n, out, flags, base, room);
}

void tk_split_positions(ptrdiff_t n, int64_t *position, int64_t *row, int64_t size) {
  int64_t number = 0, begin = 0, end = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    int64_t at = position[i];
    if (at >= end) {
      number = at / size;
      begin = number * size;
      end = begin + size;
    }
    position[i] = at - begin;
    row[i] = number;
  }
}
