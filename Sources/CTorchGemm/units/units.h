// Which products go by the matrix unit; CTorchUnits.h says what that is.
#pragma once

#include "CTorchUnits.h"
#include "../product.h"

/// Whether the unit is quicker for a product of this size, splitting its operands included.
bool units_suit(const struct product *p);

/// C [rows, columns] = the products of laid out rows of A with laid out columns of B, + plus: both are panels of 16, one after
/// the other, each with `steps` tiles along k for every part.
struct unit_block {
  const char *a, *b;
  ptrdiff_t steps, rows, columns;
  float *c;
  ptrdiff_t c_row;
  const float *plus;                  // may be null, or C itself
  ptrdiff_t plus_row, plus_column;    // the latter 0 or 1
};

/// Runs between `unit_begin` and `unit_end`.
void unit_block_run(const struct unit_block *block);

/// What is asked for early lies up to a step past the end of what was laid out.
enum { UNITS_AHEAD = 4096 };

/// Products of bfloat16: numbers are laid out as they are, one tile where a float32 takes three, and the sums are rounded once.
static inline bool is_bf16(const struct product *p) { return p->kernels->item == sizeof(uint16_t); }

/// Bytes of a panel of 16 lines.
static inline ptrdiff_t units_panel_bytes(const struct product *p) {
  return pieces(p->k, UNIT_DEPTH) * (is_bf16(p) ? UNIT_TILE_BYTES : UNIT_STEP_BYTES);
}

/// Lays out 16 rows of A or 16 columns of B; false: something has no parts.
bool units_pack_panel(const struct product *p, bool of_a, ptrdiff_t index, char *to);

/// Multiplies up to so many rows and columns of C, whose panels begin at `a` and `b`.
void units_multiply(const struct product *p, const char *a, const char *b, ptrdiff_t row, ptrdiff_t rows,
                    ptrdiff_t column, ptrdiff_t columns);

/// Lays out up to 16 lines of bfloat16, `across` from line to line and `along` from k to k, with zeros up to a whole number of tiles.
void unit_pack_bf16(char *to, const uint16_t *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k,
                    bool of_a);

/// units_multiply for bfloat16.
void units_multiply_bf16(const struct product *p, const char *a, const char *b, ptrdiff_t row, ptrdiff_t rows,
                         ptrdiff_t column, ptrdiff_t columns);

/// The way of a product whose smaller side each thread lays out for itself: whether it is quicker; and to carry it out.
bool units_suit_alone(const struct product *p, int threads);
bool units_run_alone(const struct product *p, int threads);

/// Carries the product out on up to `threads` threads; false: there was no memory.
bool units_run(const struct product *p, int threads);
