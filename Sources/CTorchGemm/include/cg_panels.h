// Matrices of float32 laid out once for the processor's matrix unit, and products of them: for work that multiplies the same
// numbers several times, or with several others. CTorchUnits.h says what the unit is and how exact.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// Rows of a left operand, or columns of a right one: lines of `depth` numbers, with zeros up to a multiple of 32. Lines lie in
/// panels of 16, the last one filled up with zeros.
typedef struct {
  char *at;             // aligned to 64
  ptrdiff_t depth;
} cg_panels;

/// How many bytes so many lines take.
size_t cg_panels_bytes(ptrdiff_t lines, ptrdiff_t depth);

/// Bytes from one panel of 16 lines to the next.
ptrdiff_t cg_panel_bytes(ptrdiff_t depth);

/// A part of a matrix, or all of it, on its way into panels.
typedef struct {
  const float *from;
  ptrdiff_t across, along;   // from line to line, from number to number
  ptrdiff_t lines, count;    // how many lines, and numbers of each
  ptrdiff_t line, first;     // where they go: multiples of 16 and 32
} cg_panel_lines;

/// Lays out rows of a left operand, or columns of a right one. False: something is infinite or NaN, and is no number there.
bool cg_panels_lay_rows(const cg_panels *to, const cg_panel_lines *lines);
bool cg_panels_lay_columns(const cg_panels *to, const cg_panel_lines *lines);

/// C [rows, columns] = the products of lines of A and of B over `k` numbers. Where one of them has zeros the other may have any
/// numbers, so that k may end anywhere.
typedef struct {
  cg_panels a, b;
  ptrdiff_t a_line, b_line;      // the first lines: multiples of 16
  ptrdiff_t a_first, b_first;    // the first numbers of lines: multiples of 32
  ptrdiff_t rows, columns, k;
  float *c;                      // columns are contiguous
  ptrdiff_t c_row;
  const float *_Nullable times;  // what each row's products are multiplied by
  bool adds;                     // to what is there, else C receives them
  bool whole;                    // C has rows and columns up to multiples of 16, which receive numbers of no use
} cg_panel_product;

/// Needs `units_available()`, as laying out does.
void cg_panels_multiply(const cg_panel_product *product);

/// to[column * to_row + row] = from[row * from_row + column], where rows and columns of `from` may be read up to multiples of 16.
void cg_turn(float *to, ptrdiff_t to_row, const float *from, ptrdiff_t from_row, ptrdiff_t rows, ptrdiff_t columns);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
