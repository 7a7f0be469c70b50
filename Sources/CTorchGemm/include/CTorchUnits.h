// Products of float32 on the processor's matrix unit (Intel AMX), which multiplies tiles of bfloat16 and adds up in float32.
//
// A float32 has 24 bits of fraction and is the exact sum of three bfloat16, which have 8 each: x = x1 + x2 + x3. Six of the
// nine products of parts count, x1y1, x1y2, x2y1, x2y2, x1y3, x3y1; the others are below the last bit of x1y1. The unit does sixteen
// times the multiplications of the vector units, so that six times as many are still quicker; since it adds up 32 of them before it rounds,
// the error is below that of adding products one by one. Numbers below 1e-38 count as zero, and so do parts of numbers
// which are. Infinities, NaN and numbers that round to infinity have no such parts: a block that holds one goes by vectors.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

enum {
  UNIT_LINES = 16,              // rows of A, or columns of B, of a tile
  UNIT_DEPTH = 32,              // k of a tile
  UNIT_PARTS = 3,
  UNIT_TILE_BYTES = 1024,
  UNIT_STEP_BYTES = UNIT_PARTS * UNIT_TILE_BYTES,  // of a panel of 16 lines, for each 32 k
  UNIT_PAIR_BYTES = UNIT_PARTS * 64,  // of a row of pairs
  UNIT_SIDE = 2 * UNIT_LINES,   // of the block of C that is computed at once
};

/// Whether the machine has the unit and the system lets this process use it.
bool units_available(void);

// The kernels, which only such a machine has. Those that multiply run between `unit_begin` and `unit_end`.

void unit_begin(void);
void unit_end(void);

/// Lays out up to 16 lines of A (`across` from row to row, `along` from k to k) or of B (`across` from column to column);
/// zeros for the lines that are missing, and up to a whole number of tiles. False: something has no parts.
bool unit_pack_a(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k);
bool unit_pack_b(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k);

/// Whether all numbers of `lines` lines of `k` numbers have parts; lines or their numbers follow each other in memory.
bool unit_has_parts(const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k);

/// Lays out `count` rows of pairs: of each row 16 numbers at `first` and 16 at `second`, whose rows are `step` apart. A row takes
/// UNIT_PAIR_BYTES, its parts one after the other. False: something has no parts.
bool unit_pack_pairs(char *to, const float *first, const float *second, ptrdiff_t step, ptrdiff_t count);

/// Rows become columns: to[column * to_row + row] = from[row * from_row + column], 16 by 16.
void unit_turn(float *to, ptrdiff_t to_row, const float *from, ptrdiff_t from_row);

/// One or two panels of 16 lines, and where their tiles lie, in bytes.
struct unit_operand {
  const char *at;
  ptrdiff_t row, part, panel;            // from row to row of a tile, from part to part, from panel to panel
  ptrdiff_t step;                        // from step to step along k,
  const ptrdiff_t *_Nullable steps;      // or where each step begins
  int panels;
};

/// out[32][32] = the products of the panels of A with those of B.
void unit_multiply(float *out, ptrdiff_t steps, const struct unit_operand *a, const struct unit_operand *b);

/// What becomes of sums before they are written: sum * times + plus + added, cut off.
struct unit_finish {
  const float *_Nullable times, *_Nullable plus;  // by strides of their own
  ptrdiff_t plus_row, plus_column;       // of both; a column stride of 0 or 1
  const float *_Nullable added;          // lies as the result does
  float low, high;                       // results are cut off there; infinities for none
};

/// Writes `rows` by `columns`, 32 at most, of `sums`, whose rows are 32 apart, to `c`. Reads whole vectors of the sums.
void unit_finish(const float *sums, ptrdiff_t rows, ptrdiff_t columns, float *c, ptrdiff_t c_row,
                 const struct unit_finish *how);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
