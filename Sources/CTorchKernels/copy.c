// Copies and fills by item size. These move bytes; memory is their limit, so one compilation serves all.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "include/CTorchKernels.h"

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
    if (so == (size)) { \
      for (ptrdiff_t i = 0; i < n; i++) memcpy(o + i * (size), &v, size); \
    } else { \
      for (ptrdiff_t i = 0; i < n; i++) memcpy(o + i * so, &v, size); \
    } \
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
  switch (item_size) {
    case 1:
      if (so == 1) memset(out, *(const uint8_t *)item, n > 0 ? (size_t)n : 0);
      else fill_line_1(n, out, so, item);
      break;
    case 2: fill_line_2(n, out, so, item); break;
    case 4: fill_line_4(n, out, so, item); break;
    case 8: fill_line_8(n, out, so, item); break;
    default: fill_line_16(n, out, so, item); break;
  }
}

typedef uint32_t quad __attribute__((ext_vector_type(4)));
typedef uint64_t pair __attribute__((ext_vector_type(2)));

// A 4 x 4 tile of 4-byte items, a 2 x 2 tile of 8-byte ones: input columns and output rows are contiguous.
static inline void transpose_tile_4(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) {
  quad a, b, c, d;
  memcpy(&a, in, 16);
  memcpy(&b, in + in_cs, 16);
  memcpy(&c, in + 2 * in_cs, 16);
  memcpy(&d, in + 3 * in_cs, 16);
  quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  memcpy(out, &a, 16);
  memcpy(out + out_rs, &b, 16);
  memcpy(out + 2 * out_rs, &c, 16);
  memcpy(out + 3 * out_rs, &d, 16);
}

static inline void transpose_tile_8(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) {
  pair a, b;
  memcpy(&a, in, 16);
  memcpy(&b, in + in_cs, 16);
  pair low = __builtin_shufflevector(a, b, 0, 2), high = __builtin_shufflevector(a, b, 1, 3);
  memcpy(out, &low, 16);
  memcpy(out + out_rs, &high, 16);
}

// A square block of whole 64-byte lines on both sides. It is put together in `lines` first: with strides that are powers of
// two all its lines fall in the same few places of the cache, so each is touched once.
static inline void transpose_block_4(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) {
  char lines[16 * 64];
  for (ptrdiff_t c = 0; c < 16; c += 4)
    for (ptrdiff_t r = 0; r < 16; r += 4) transpose_tile_4(lines + r * 64 + c * 4, 64, in + c * in_cs + r * 4, in_cs);
  for (ptrdiff_t r = 0; r < 16; r++) memcpy(out + r * out_rs, lines + r * 64, 64);
}

static inline void transpose_block_8(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) {
  char lines[8 * 64];
  for (ptrdiff_t c = 0; c < 8; c += 2)
    for (ptrdiff_t r = 0; r < 8; r += 2) transpose_tile_8(lines + r * 64 + c * 8, 64, in + c * in_cs + r * 8, in_cs);
  for (ptrdiff_t r = 0; r < 8; r++) memcpy(out + r * out_rs, lines + r * 64, 64);
}

static void transpose_panel(
  ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t size, char *out, ptrdiff_t out_rs, ptrdiff_t out_cs, const char *in,
  ptrdiff_t in_rs, ptrdiff_t in_cs) {
  int tiles = (size == 4 || size == 8) && out_cs == size && in_rs == size;
  ptrdiff_t block = tiles ? 64 / size : 32;
  for (ptrdiff_t r = 0; r < rows; r += block) {
    ptrdiff_t height = rows - r < block ? rows - r : block;
    for (ptrdiff_t c = 0; c < cols; c += block) {
      ptrdiff_t width = cols - c < block ? cols - c : block;
      char *o = out + r * out_rs + c * out_cs;
      const char *p = in + r * in_rs + c * in_cs;
      if (tiles && height == block && width == block) {
        if (size == 4) transpose_block_4(o, out_rs, p, in_cs);
        else transpose_block_8(o, out_rs, p, in_cs);
      } else {
        for (ptrdiff_t k = 0; k < height; k++)
          copy_line(size, width, o + k * out_rs, out_cs, p + k * in_rs, in_cs);
      }
    }
  }
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
  if (magnitude(in_cs) <= magnitude(in_rs) || rows == 1) {
    for (ptrdiff_t r = 0; r < rows; r++) copy_line(item_size, cols, o + r * out_rs, out_cs, p + r * in_rs, in_cs);
    return;
  }
  // A transpose: panels of few enough memory pages on either side, block by block.
  enum { panel = 128 };
  for (ptrdiff_t r = 0; r < rows; r += panel)
    for (ptrdiff_t c = 0; c < cols; c += panel)
      transpose_panel(
        rows - r < panel ? rows - r : panel, cols - c < panel ? cols - c : panel, item_size, o + r * out_rs + c * out_cs,
        out_rs, out_cs, p + r * in_rs + c * in_cs, in_rs, in_cs);
}

void tk_gather_rows(
  ptrdiff_t count, ptrdiff_t row_bytes, void *out, ptrdiff_t out_rs, const void *in, ptrdiff_t in_rs,
  const int64_t *index) {
  char *o = out;
  const char *p = in;
  if (row_bytes == 4) {
    for (ptrdiff_t i = 0; i < count; i++) memcpy(o + i * out_rs, p + index[i] * in_rs, 4);
  } else if (row_bytes == 8) {
    for (ptrdiff_t i = 0; i < count; i++) memcpy(o + i * out_rs, p + index[i] * in_rs, 8);
  } else {
    for (ptrdiff_t i = 0; i < count; i++) memcpy(o + i * out_rs, p + index[i] * in_rs, (size_t)row_bytes);
  }
}
