// Copies and fills by item size. Memory is their limit, so one compilation serves all but what shuffles in registers.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "moves.h"

typedef struct item_16 {
  uint64_t words[2];
} item_16;

#define COPY_SIZE(size, T) \
  static void copy_line_##size(ptrdiff_t n, char *o, ptrdiff_t so, const char *p, ptrdiff_t sx) { \
    if (so == (size) && sx == (size)) { \
      memcpy(o, p, (size_t)n * (size)); \
      return; \
    } \
    for (ptrdiff_t i = 0; i < n; i++) memcpy(o + i * so, p + i * sx, size); \
  } \
  static void fill_line_##size(ptrdiff_t n, char *o, ptrdiff_t so, const void *item) { \
    T v; \
    memcpy(&v, item, size); \
    for (ptrdiff_t i = 0; i < n; i++) memcpy(o + i * so, &v, size); \
  }
COPY_SIZE(1, uint8_t)
COPY_SIZE(2, uint16_t)
COPY_SIZE(4, uint32_t)
COPY_SIZE(8, uint64_t)
COPY_SIZE(16, item_16)

static void copy_line(ptrdiff_t size, ptrdiff_t n, char *o, ptrdiff_t so, const char *p, ptrdiff_t sx) {
  switch (size) {
    case 1: copy_line_1(n, o, so, p, sx); break;
    case 2: copy_line_2(n, o, so, p, sx); break;
    case 4: copy_line_4(n, o, so, p, sx); break;
    case 8: copy_line_8(n, o, so, p, sx); break;
    default: copy_line_16(n, o, so, p, sx); break;
  }
}

void tk_fill(ptrdiff_t n, void *out, ptrdiff_t so, ptrdiff_t item_size, const void *item) {
  if (n >= 16 && so == item_size) {
    char pattern[64];
    for (ptrdiff_t i = 0; i < 64; i += item_size) memcpy(pattern + i, item, (size_t)item_size);
    tk_moves_here()->fill_dense(n * item_size, out, pattern);
    return;
  }
  switch (item_size) {
    case 1: fill_line_1(n, out, so, item); break;
    case 2: fill_line_2(n, out, so, item); break;
    case 4: fill_line_4(n, out, so, item); break;
    case 8: fill_line_8(n, out, so, item); break;
    default: fill_line_16(n, out, so, item); break;
  }
}

const tk_moves *tk_moves_here(void) {
#if defined(__x86_64__)
  static const tk_moves *const all[] = {&tk_moves_base, &tk_moves_avx2, &tk_moves_avx512};
  return all[tk_isa_level()];
#else
  return &tk_moves_base;
#endif
}

static ptrdiff_t magnitude(ptrdiff_t v) { return v < 0 ? -v : v; }

void tk_copy_2d(
  ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t item_size, void *out, ptrdiff_t out_rs, ptrdiff_t out_cs, const void *in,
  ptrdiff_t in_rs, ptrdiff_t in_cs) {
  if (rows <= 0 || cols <= 0) return;
  char *o = out;
  const char *p = in;
  if (out_cs == item_size && in_cs == item_size) {
    ptrdiff_t bytes = cols * item_size;
    if (rows == 1 || (out_rs == bytes && in_rs == bytes)) {
      memcpy(o, p, (size_t)(rows * bytes));
      return;
    }
    for (ptrdiff_t r = 0; r < rows; r++) memcpy(o + r * out_rs, p + r * in_rs, (size_t)bytes);
    return;
  }
  // The output's longer stride goes outside, unless both would rather have it the other way round.
  if (cols == 1 || (rows > 1 && magnitude(out_rs) < magnitude(out_cs))) {
    ptrdiff_t t = rows;
    rows = cols, cols = t;
    t = out_rs, out_rs = out_cs, out_cs = t;
    t = in_rs, in_rs = in_cs, in_cs = t;
  }
  if (in_cs == 0) {
    for (ptrdiff_t r = 0; r < rows; r++) tk_fill(cols, o + r * out_rs, out_cs, item_size, p + r * in_rs);
    return;
  }
  int power = item_size <= 8 ? __builtin_ctz((unsigned)item_size) : -1;
  if (power >= 0 && out_cs == item_size && in_rs == item_size && rows > 1) {
    tk_moves_here()->turn[power](rows, cols, o, out_rs, p, in_cs);
    return;
  }
  if (power >= 0 && out_cs == item_size && in_cs == -item_size) {
    for (ptrdiff_t r = 0; r < rows; r++) tk_moves_here()->reverse[power](cols, o + r * out_rs, p + r * in_rs);
    return;
  }
  for (ptrdiff_t r = 0; r < rows; r++) copy_line(item_size, cols, o + r * out_rs, out_cs, p + r * in_rs, in_cs);
}
