// Tiles of bfloat16 as they are, for products of bfloat16; see units.h.
#if defined(__x86_64__)
#include "lanes.h"
#include "units.h"

enum { PAIRS = UNIT_DEPTH / 2 };

// MARK: laying out
//
// A row of a tile is what one line has of 32 k, or what 16 lines have of two k that follow each other.

INLINE __mmask32 below(ptrdiff_t count) {
  return count >= 32 ? ~(__mmask32)0 : count <= 0 ? (__mmask32)0 : ((__mmask32)1 << count) - 1;
}

/// 32 k of up to 16 lines, each contiguous: a row for each line.
INLINE void rows_of_lines(__m512i v[16], const uint16_t *from, ptrdiff_t across, ptrdiff_t lines, ptrdiff_t k) {
  if (lines == UNIT_LINES && k == UNIT_DEPTH) {
    UNROLL for (int i = 0; i < 16; i++) v[i] = _mm512_loadu_si512(from + i * across);
    return;
  }
  __mmask32 mask = below(k);
  UNROLL for (int i = 0; i < 16; i++)
    v[i] = i < lines ? _mm512_maskz_loadu_epi16(mask, from + i * across) : _mm512_setzero_si512();
}

/// 32 k of up to 16 lines that lie side by side: a row for each pair of k.
INLINE void rows_of_pairs(__m512i v[16], const uint16_t *from, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  __mmask16 mask = (__mmask16)below(lines);
  UNROLL for (int p = 0; p < PAIRS; p++) {
    __m256i even = _mm256_setzero_si256(), odd = even;
    if (2 * p < k) even = _mm256_maskz_loadu_epi16(mask, from + 2 * p * along);
    if (2 * p + 1 < k) odd = _mm256_maskz_loadu_epi16(mask, from + (2 * p + 1) * along);
    v[p] = _mm512_or_si512(_mm512_cvtepu16_epi32(even), _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
  }
}

/// 32 k of up to 16 lines wherever they lie.
INLINE void rows_from_anywhere(__m512i v[16], const uint16_t *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines,
                               ptrdiff_t k) {
  for (int i = 0; i < 16; i++) {
    uint16_t row[UNIT_DEPTH] = {0};
    for (ptrdiff_t p = 0; i < lines && p < k; p++) row[p] = from[i * across + p * along];
    v[i] = _mm512_loadu_si512(row);
  }
}

/// Lays out up to 16 lines, `across` from line to line and `along` from k to k, with zeros for the k that a tile lacks.
UNIT_TARGET void unit_pack_bf16(char *to, const uint16_t *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines,
                                ptrdiff_t k, bool for_a) {
  bool side_by_side = along != 1 && across == 1;
  for (ptrdiff_t at = 0; at < k; at += UNIT_DEPTH, to += UNIT_TILE_BYTES, from += UNIT_DEPTH * along) {
    ptrdiff_t depth = least(UNIT_DEPTH, k - at);
    __m512i v[16];
    if (side_by_side) rows_of_pairs(v, from, along, lines, depth);
    else if (along == 1) rows_of_lines(v, from, across, lines, depth);
    else rows_from_anywhere(v, from, across, along, lines, depth);
    if (side_by_side == for_a) turn(v);
    UNROLL for (int i = 0; i < 16; i++) _mm512_store_si512(to + i * 64, v[i]);
  }
}

// MARK: multiplying

/// 32 rows or fewer by 32 columns or fewer, of one or two panels each.
struct block {
  const char *a, *b;
  const char *next;                   // the A of the next block, of two panels if this one is; or a
  ptrdiff_t steps;
  bool loaded;                        // by the last block, as its next
};

// A tile is loaded anew as soon as the last product that wants it is on its way, the first ones of a block before the sums of the
// last block are stored.
#define DEFINE_MULTIPLY(name, two_a, two_b) \
  UNIT_TARGET static void name(float *out, const struct block *block) { \
    const ptrdiff_t steps = block->steps, panel = steps * UNIT_TILE_BYTES; \
    const char *at_a = block->a, *at_b = block->b; \
    if (!block->loaded) { \
      _tile_loadd(4, at_a, 64); \
      if (two_a) _tile_loadd(5, at_a + panel, 64); \
      _tile_loadd(6, at_b, 64); \
      if (two_b) _tile_loadd(7, at_b + panel, 64); \
    } \
    ZERO_SUMS \
    for (ptrdiff_t i = 1; i <= steps; i++) { \
      at_a = i < steps ? at_a + UNIT_TILE_BYTES : block->next; \
      at_b = i < steps ? at_b + UNIT_TILE_BYTES : block->b; \
      _tile_dpbf16ps(0, 4, 6); \
      if (two_b) _tile_dpbf16ps(1, 4, 7); \
      _tile_loadd(4, at_a, 64); \
      if (two_a) _tile_dpbf16ps(2, 5, 6); \
      _tile_loadd(6, at_b, 64); \
      if (two_a && two_b) _tile_dpbf16ps(3, 5, 7); \
      if (two_a) _tile_loadd(5, at_a + panel, 64); \
      if (two_b) _tile_loadd(7, at_b + panel, 64); \
    } \
    STORE_SUMS(two_a, two_b, out) \
  }
DEFINE_FOR_PANELS(DEFINE_MULTIPLY)

INLINE __m512 widened(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }

/// What is added to 16 sums: a number of each, or one for all.
INLINE __m512 own_plus(const uint16_t *at, ptrdiff_t column, __mmask16 mask) {
  return widened(column ? _mm256_maskz_loadu_epi16(mask, at) : _mm256_set1_epi16((short)*at));
}

/// Rounds sums, whose rows are 32 apart, and writes `rows` by `columns` of them.
UNIT_TARGET static void finish(const float *sums, ptrdiff_t rows, ptrdiff_t columns, uint16_t *c, ptrdiff_t c_row,
                               const uint16_t *plus, ptrdiff_t plus_row, ptrdiff_t plus_column) {
  __mmask32 mask = below(columns);
  __mmask16 low = (__mmask16)mask, high = (__mmask16)(mask >> 16);
  for (ptrdiff_t i = 0; i < rows; i++, sums += UNIT_SIDE, c += c_row) {
    __m512 x = _mm512_load_ps(sums), y = _mm512_load_ps(sums + LANES);
    if (plus) {
      x = _mm512_add_ps(x, own_plus(plus + i * plus_row, plus_column, low));
      if (high) y = _mm512_add_ps(y, own_plus(plus + i * plus_row + LANES * plus_column, plus_column, high));
    }
    _mm512_mask_storeu_epi16(c, mask, (__m512i)_mm512_cvtne2ps_pbh(y, x));
  }
}

void units_multiply_bf16(const struct product *p, const char *a, const char *b, ptrdiff_t row, ptrdiff_t rows,
                         ptrdiff_t column, ptrdiff_t columns) {
  _Alignas(64) float sums[UNIT_SIDE * UNIT_SIDE];
  ptrdiff_t pair = 2 * units_panel_bytes(p), steps = pieces(p->k, UNIT_DEPTH);
  ptrdiff_t last_row = least(row + rows, p->m), last_column = least(column + columns, p->n);
  for (ptrdiff_t j = column; j < last_column; j += UNIT_SIDE, b += pair) {
    bool two_b = last_column - j > UNIT_LINES, loaded = false;
    const char *at = a;
    for (ptrdiff_t i = row; i < last_row; i += UNIT_SIDE, at += pair) {
      bool two_a = last_row - i > UNIT_LINES, another = last_row - i > UNIT_SIDE + UNIT_LINES;
      struct block block = {.a = at, .b = b, .next = another ? at + pair : at, .steps = steps, .loaded = loaded && two_a};
      MULTIPLY_FOR(two_a, two_b)(sums, &block);
      loaded = another;
      const uint16_t *plus = p->plus ? (const uint16_t *)p->plus + i * p->plus_row + j * p->plus_column : NULL;
      finish(sums, least(UNIT_SIDE, last_row - i), least(UNIT_SIDE, last_column - j),
             (uint16_t *)p->c + i * p->c_row + j, p->c_row, plus, p->plus_row, p->plus_column);
    }
  }
}
#endif
