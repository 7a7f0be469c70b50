// Products of panels; see cg_panels.h.
#include <math.h>
#include <string.h>

#include "CTorchKernels.h"
#include "cg_panels.h"
#include "units.h"

_Static_assert(TK_PART_LINES == UNIT_LINES && TK_PART_TILE == UNIT_TILE_BYTES && TK_PART_STEP == UNIT_STEP_BYTES,
               "rows of attention are written as panels");

ptrdiff_t cg_panel_bytes(ptrdiff_t depth) { return pieces(depth, UNIT_DEPTH) * UNIT_STEP_BYTES; }

size_t cg_panels_bytes(ptrdiff_t lines, ptrdiff_t depth) {
  return (size_t)(pieces(lines, UNIT_LINES) * cg_panel_bytes(depth));
}

#if defined(__x86_64__)

#include "lanes.h"

static char *place(const cg_panels *panels, ptrdiff_t line, ptrdiff_t first) {
  return panels->at + line / UNIT_LINES * cg_panel_bytes(panels->depth) + first / UNIT_DEPTH * UNIT_STEP_BYTES;
}

// MARK: laying out

typedef bool packer(char *, const float *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);

static bool lay(const cg_panels *to, const cg_panel_lines *l, packer *pack) {
  bool finite = true;
  for (ptrdiff_t i = 0; i < l->lines; i += UNIT_LINES)
    finite &= pack(place(to, l->line + i, l->first), l->from + i * l->across, l->across, l->along,
                   least(UNIT_LINES, l->lines - i), l->count);
  return finite;
}

bool cg_panels_lay_rows(const cg_panels *to, const cg_panel_lines *lines) { return lay(to, lines, unit_pack_a); }

bool cg_panels_lay_columns(const cg_panels *to, const cg_panel_lines *lines) { return lay(to, lines, unit_pack_b); }

// MARK: multiplying

/// A block of 32 rows or fewer, in one or two panels, by several blocks of 32 columns.
struct strip_of_blocks {
  const char *a, *b;
  ptrdiff_t a_panel, b_panel, steps, blocks;
  float *out;
  ptrdiff_t out_row, out_block;         // from row to row, from block to block
  bool adds;
};

// Tiles 0 to 3 are the sums, 4 and 5 two panels of A, 6 and 7 two panels of B. A tile is loaded anew as soon as the last product
// that wants it is on its way, while others go on, and the first ones of a block before the sums of the last block are stored.
#define LOAD(tile, from, part) _tile_loadd(tile, (from) + (part) * UNIT_TILE_BYTES, 64);
#define SOON(from, part) soon((from) + (part) * UNIT_TILE_BYTES, 64);
#define THEN_A(two_a, two_b, was, part) \
  _tile_dpbf16ps(0, 4, 6); \
  if (two_b) _tile_dpbf16ps(1, 4, 7); \
  LOAD(4, at_a, part) SOON(next_a, was) \
  if (two_a) _tile_dpbf16ps(2, 5, 6); \
  if (two_a && two_b) _tile_dpbf16ps(3, 5, 7); \
  if (two_a) { LOAD(5, at_a + a_panel, part) SOON(next_a + a_panel, was) }
#define THEN_B(two_a, two_b, was, part) \
  _tile_dpbf16ps(0, 4, 6); \
  if (two_a) _tile_dpbf16ps(2, 5, 6); \
  LOAD(6, at_b, part) SOON(next_b, was) \
  if (two_b) _tile_dpbf16ps(1, 4, 7); \
  if (two_a && two_b) _tile_dpbf16ps(3, 5, 7); \
  if (two_b) { LOAD(7, at_b + b_panel, part) SOON(next_b + b_panel, was) }
#define THEN_NEXT(two_a, two_b) \
  _tile_dpbf16ps(0, 4, 6); \
  if (two_b) _tile_dpbf16ps(1, 4, 7); \
  LOAD(4, next_a, 2) SOON(next_a, 0) \
  if (two_a) _tile_dpbf16ps(2, 5, 6); \
  LOAD(6, next_b, 0) \
  if (two_a && two_b) _tile_dpbf16ps(3, 5, 7); \
  if (two_a) { LOAD(5, next_a + a_panel, 2) SOON(next_a + a_panel, 0) } \
  if (two_b) { LOAD(7, next_b + b_panel, 0) }
#define EACH_SUM(two_a, two_b, action) \
  action(0, out); \
  if (two_b) action(1, out + UNIT_LINES); \
  if (two_a) action(2, out + UNIT_LINES * s->out_row); \
  if (two_a && two_b) action(3, out + UNIT_LINES * s->out_row + UNIT_LINES);
#define LOAD_SUM(tile, from) _tile_loadd(tile, from, row_bytes)
#define STORE_SUM(tile, to) _tile_stored(tile, to, row_bytes)

/// The smallest products of parts come first, so that little is lost of them.
#define DEFINE_STRIP(name, two_a, two_b) \
  UNIT_TARGET static void name(const struct strip_of_blocks *s) { \
    const ptrdiff_t a_panel = s->a_panel, b_panel = s->b_panel, steps = s->steps, row_bytes = s->out_row * 4; \
    const char *at_a = s->a, *at_b = s->b; \
    float *out = s->out; \
    LOAD(4, at_a, 2) \
    if (two_a) { LOAD(5, at_a + a_panel, 2) } \
    LOAD(6, at_b, 0) \
    if (two_b) { LOAD(7, at_b + b_panel, 0) } \
    for (ptrdiff_t block = 0; block < s->blocks; block++, out += s->out_block) { \
      if (s->adds) { \
        EACH_SUM(two_a, two_b, LOAD_SUM) \
      } else { \
        ZERO_SUMS \
      } \
      for (ptrdiff_t i = 0; i < steps; i++) { \
        const char *next_a = at_a + UNIT_STEP_BYTES, *next_b = at_b + UNIT_STEP_BYTES; \
        if (i + 1 == steps) { \
          next_a = s->a; \
          next_b = block + 1 < s->blocks ? s->b + (block + 1) * 2 * b_panel : s->b; \
        } \
        THEN_A(two_a, two_b, 2, 1) \
        THEN_B(two_a, two_b, 0, 1) \
        THEN_A(two_a, two_b, 1, 0) \
        THEN_B(two_a, two_b, 1, 2) \
        THEN_B(two_a, two_b, 2, 0) \
        THEN_NEXT(two_a, two_b) \
        at_a = next_a; \
        at_b = next_b; \
      } \
      EACH_SUM(two_a, two_b, STORE_SUM) \
    } \
  }
DEFINE_STRIP(strip_2_2, true, true)
DEFINE_STRIP(strip_2_1, true, false)
DEFINE_STRIP(strip_1_2, false, true)
DEFINE_STRIP(strip_1_1, false, false)

static void run_strip(const struct strip_of_blocks *s, ptrdiff_t rows, ptrdiff_t columns) {
  bool two_a = rows > UNIT_LINES, two_b = columns > UNIT_LINES;
  if (two_a && two_b) strip_2_2(s);
  else if (two_a) strip_2_1(s);
  else if (two_b) strip_1_2(s);
  else strip_1_1(s);
}

enum { SUM_BLOCKS = 4, BLOCK_SIZE = UNIT_SIDE * UNIT_SIDE };

/// Sums on their way to where they do not fit as they are.
static void finish(const cg_panel_product *p, const float *sums, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns) {
  float *c = p->c + row * p->c_row + column;
  for (ptrdiff_t from = 0; from < columns; from += UNIT_SIDE, sums += BLOCK_SIZE, c += UNIT_SIDE) {
    struct unit_finish how = {
      .times = p->times ? p->times + row : NULL, .plus_row = 1, .added = p->adds ? c : NULL,
      .low = -INFINITY, .high = INFINITY,
    };
    unit_finish(sums, least(UNIT_SIDE, p->rows - row), least(UNIT_SIDE, columns - from), c, p->c_row, &how);
  }
}

void cg_panels_multiply(const cg_panel_product *p) {
  _Alignas(64) float sums[SUM_BLOCKS * BLOCK_SIZE];
  bool whole = !p->times && (p->whole || (p->rows % UNIT_LINES == 0 && p->columns % UNIT_LINES == 0));
  for (ptrdiff_t row = 0; row < p->rows; row += UNIT_SIDE) {
    for (ptrdiff_t column = 0, count; column < p->columns; column += count) {
      // Blocks of two panels of columns each, or a last one of one.
      ptrdiff_t left = p->columns - column, blocks = (left + UNIT_LINES - 1) / UNIT_SIDE;
      if (!whole) blocks = least(blocks, SUM_BLOCKS);
      count = blocks > 0 ? least(blocks * UNIT_SIDE, left) : left;
      struct strip_of_blocks s = {
        .a = place(&p->a, p->a_line + row, p->a_first), .b = place(&p->b, p->b_line + column, p->b_first),
        .a_panel = cg_panel_bytes(p->a.depth), .b_panel = cg_panel_bytes(p->b.depth),
        .steps = pieces(p->k, UNIT_DEPTH), .blocks = most(blocks, 1),
        .out = whole ? p->c + row * p->c_row + column : sums, .out_row = whole ? p->c_row : UNIT_SIDE,
        .out_block = whole ? UNIT_SIDE : BLOCK_SIZE, .adds = whole && p->adds,
      };
      run_strip(&s, p->rows - row, count);
      if (!whole) finish(p, sums, row, column, count);
    }
  }
}

void cg_turn(float *to, ptrdiff_t to_row, const float *from, ptrdiff_t from_row, ptrdiff_t rows, ptrdiff_t columns) {
  for (ptrdiff_t column = 0; column < columns; column += UNIT_LINES)
    for (ptrdiff_t row = 0; row < rows; row += UNIT_LINES) {
      const float *at = from + row * from_row + column;
      float *place = to + column * to_row + row;
      ptrdiff_t high = least(UNIT_LINES, columns - column), wide = least(UNIT_LINES, rows - row);
      if (high == UNIT_LINES && wide == UNIT_LINES) {
        unit_turn(place, to_row, at, from_row);
        continue;
      }
      float turned[UNIT_LINES * UNIT_LINES];
      unit_turn(turned, UNIT_LINES, at, from_row);
      for (ptrdiff_t i = 0; i < high; i++)
        memcpy(place + i * to_row, turned + i * UNIT_LINES, (size_t)wide * sizeof(float));
    }
}

#else

bool cg_panels_lay_rows(const cg_panels *to, const cg_panel_lines *lines) {
  (void)to, (void)lines;
  return false;
}
bool cg_panels_lay_columns(const cg_panels *to, const cg_panel_lines *lines) {
  (void)to, (void)lines;
  return false;
}
void cg_panels_multiply(const cg_panel_product *product) { (void)product; }
void cg_turn(float *to, ptrdiff_t to_row, const float *from, ptrdiff_t from_row, ptrdiff_t rows, ptrdiff_t columns) {
  (void)to, (void)to_row, (void)from, (void)from_row, (void)rows, (void)columns;
}

#endif
