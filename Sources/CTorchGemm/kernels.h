// What each compilation of the kernels offers to the driver.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// One panel of rows of C by a run of columns: C = A x B + plus. Strides count elements.
struct strip {
  ptrdiff_t k;
  const void *a;
  ptrdiff_t a_row, a_step;            // from row to row, from k to k
  const void *b;
  ptrdiff_t b_step, b_panel;          // from k to k, from one group of `width` columns to the next
  ptrdiff_t columns;
  bool far;                           // B comes from memory, and its rows lie apart: they are asked for early
  void *c;
  ptrdiff_t c_row;                    // the columns of C are contiguous
  const void *plus;                   // added at the end; may be null, or C itself
  ptrdiff_t plus_row, plus_column;    // the latter 0 or 1
};

/// Where the last of the groups of columns begins early, by how much. A single vector at the end would wait for its own
/// sums: the last group and that vector become two pairs.
static inline ptrdiff_t early(ptrdiff_t columns, ptrdiff_t width, ptrdiff_t lanes) {
  ptrdiff_t left = columns % width;
  return width > 2 * lanes && columns > width && left > 0 && left <= lanes ? lanes : 0;
}

struct gemm_kernels {
  int item;                           // bytes of an element
  int lanes;                          // of a vector
  int height, width;                  // the most rows of a strip, the columns of a group
  bool masks;                         // whether B may be read in place where `columns` is no whole number of vectors
  void (*strip)(int rows, const struct strip *s);
  /// For up to `thin` rows: B is read in place, in wider groups.
  void (*thin)(int rows, const struct strip *s);
  /// to[p * step + i] = from[i * across + p * along], zero for count <= i < step. Writes whole vectors, past the end of the last row.
  void (*pack)(void *to, ptrdiff_t step, const void *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t count,
               ptrdiff_t k);
  /// C[i, j] = the dot product of row i of A and column j of B, both contiguous along k, + plus.
  void (*dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t a_row, const void *b,
               ptrdiff_t b_column, void *c, ptrdiff_t c_row, ptrdiff_t c_column, const void *plus, ptrdiff_t plus_row,
               ptrdiff_t plus_column);
};

enum { THIN_ROWS = 3 };

#define DECLARE_KERNELS(isa) extern const struct gemm_kernels gemm_f32_##isa, gemm_f64_##isa;
DECLARE_KERNELS(base)
DECLARE_KERNELS(avx2)
DECLARE_KERNELS(avx512)
