#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1  // syscall
#endif
// Splitting numbers into three bfloat16 and multiplying tiles of them; see CTorchUnits.h.
#if defined(__x86_64__)
#include <cpuid.h>
#include <math.h>
#include <string.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "CTorchKernels.h"
#include "CTorchUnits.h"
#include "lanes.h"

// MARK: the machine

static bool ask_machine(void) {
#if defined(__linux__) && defined(SYS_arch_prctl)
  unsigned a, b, c, d;
  if (tk_isa_level() != 2 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  bool tiles = d >> 24 & 1, products = d >> 22 & 1;
  if (!tiles || !products || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return false;
  bool rounds = a >> 5 & 1;  // vectors of float32 to bfloat16
  if (!rounds) return false;
  // The tiles are a state that the system saves only for processes that asked for it.
  enum { ASK_FOR_STATE = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, ASK_FOR_STATE, TILE_DATA) == 0;
#else
  return false;
#endif
}

bool units_available(void) {
  static _Atomic int known;  // 0: not asked
  if (known == 0) known = ask_machine() ? 2 : 1;
  return known == 2 && tk_isa_level() == 2;
}

struct tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

UNIT_TARGET void unit_begin(void) {
  struct tile_config config = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    config.row_bytes[i] = 64;
    config.rows[i] = UNIT_LINES;
  }
  _tile_loadconfig(&config);
}

UNIT_TARGET void unit_end(void) { _tile_release(); }

// MARK: parts
//
// The first part of a number is its upper half, the second that of what is left, and what is left then is the third: no
// rounding, so that nothing is lost. A tile pairs each k with the one 16 further on, on both sides of a product alike.

/// Takes a part of two vectors, side by side in the lanes; what is left of them stays.
INLINE __m512i part_of(__m512i *x, __m512i *y, bool last) {
  const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
  enum { Y_WHERE_UPPER_ELSE_X = 0xb8 };
  __m512i part = _mm512_ternarylogic_epi32(_mm512_srli_epi32(*x, 16), upper, *y, Y_WHERE_UPPER_ELSE_X);
  if (!last) {
    __m512 x_left = _mm512_sub_ps(_mm512_castsi512_ps(*x), _mm512_castsi512_ps(_mm512_and_si512(*x, upper)));
    __m512 y_left = _mm512_sub_ps(_mm512_castsi512_ps(*y), _mm512_castsi512_ps(_mm512_and_si512(*y, upper)));
    *x = _mm512_castps_si512(x_left);
    *y = _mm512_castps_si512(y_left);
  }
  return part;
}

/// Writes a row of the tile of each part, `apart` bytes from each other. Lanes that have no parts, being infinite or NaN, are those whose rest is.
INLINE __mmask16 write_parts(char *to, ptrdiff_t apart, __m512 first, __m512 second) {
  __m512i x = _mm512_castps_si512(first), y = _mm512_castps_si512(second);
  UNROLL for (int part = 0; part < UNIT_PARTS; part++)
    _mm512_store_si512(to + part * apart, part_of(&x, &y, part == UNIT_PARTS - 1));
  enum { NOT_FINITE = 0x99 };
  return _mm512_fpclass_ps_mask(_mm512_castsi512_ps(x), NOT_FINITE) |
         _mm512_fpclass_ps_mask(_mm512_castsi512_ps(y), NOT_FINITE);
}

/// Turns the tile of each part about in its place.
INLINE void turn_tiles(char *tiles) {
  for (int part = 0; part < UNIT_PARTS; part++, tiles += UNIT_TILE_BYTES) {
    __m512i v[16];
    UNROLL for (int i = 0; i < 16; i++) v[i] = _mm512_load_si512(tiles + i * 64);
    turn(v);
    UNROLL for (int i = 0; i < 16; i++) _mm512_store_si512(tiles + i * 64, v[i]);
  }
}

/// 32 k of up to 16 lines, each contiguous: a row of the tile for each line.
INLINE __mmask16 pack_along(char *to, const float *from, ptrdiff_t across, ptrdiff_t lines, ptrdiff_t k) {
  __mmask16 bad = 0;
  if (lines == UNIT_LINES && k == UNIT_DEPTH) {
    for (ptrdiff_t i = 0; i < UNIT_LINES; i++, from += across, to += 64)
      bad |= write_parts(to, UNIT_TILE_BYTES, _mm512_loadu_ps(from), _mm512_loadu_ps(from + LANES));
    return bad;
  }
  __mmask16 low = lanes_below(k), high = lanes_below(k - LANES);
  for (ptrdiff_t i = 0; i < UNIT_LINES; i++, from += across, to += 64) {
    bool there = i < lines;
    bad |= write_parts(to, UNIT_TILE_BYTES, _mm512_maskz_loadu_ps(there ? low : 0, from),
                       _mm512_maskz_loadu_ps(there ? high : 0, from + LANES));
  }
  return bad;
}

/// 32 k of up to 16 lines that lie side by side: a row of the tile for each pair of k.
INLINE __mmask16 pack_across(char *to, const float *from, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  __mmask16 bad = 0, mask = lanes_below(lines);
  for (ptrdiff_t p = 0; p < LANES; p++, from += along, to += 64) {
    bad |= write_parts(to, UNIT_TILE_BYTES, _mm512_maskz_loadu_ps(p < k ? mask : 0, from),
                       _mm512_maskz_loadu_ps(p + LANES < k ? mask : 0, from + LANES * along));
  }
  return bad;
}

/// 32 k of up to 16 lines wherever they lie.
INLINE __mmask16 pack_anywhere(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines,
                               ptrdiff_t k) {
  __mmask16 bad = 0, low = lanes_below(k), high = lanes_below(k - LANES);
  // Places are told to the machine in 32 bits.
  bool near = along < INT32_MAX / UNIT_DEPTH && along > INT32_MIN / UNIT_DEPTH;
  __m512i places = _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                      _mm512_set1_epi32(near ? (int)along : 0));
  for (ptrdiff_t i = 0; i < UNIT_LINES; i++, from += across, to += 64) {
    __m512 x = _mm512_setzero_ps(), y = x;
    if (i < lines && near) {
      x = _mm512_mask_i32gather_ps(x, low, places, from, sizeof(float));
      if (high) y = _mm512_mask_i32gather_ps(y, high, places, from + LANES * along, sizeof(float));
    } else if (i < lines) {
      float row[UNIT_DEPTH] = {0};
      for (ptrdiff_t p = 0; p < k; p++) row[p] = from[p * along];
      x = _mm512_loadu_ps(row);
      y = _mm512_loadu_ps(row + LANES);
    }
    bad |= write_parts(to, UNIT_TILE_BYTES, x, y);
  }
  return bad;
}

INLINE bool pack_lines(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k,
                       bool for_a) {
  __mmask16 bad = 0;
  for (ptrdiff_t p = 0; p < k; p += UNIT_DEPTH, to += UNIT_STEP_BYTES, from += UNIT_DEPTH * along) {
    ptrdiff_t depth = k - p < UNIT_DEPTH ? k - p : UNIT_DEPTH;
    bool sideways = along != 1 && across == 1;
    if (sideways) bad |= pack_across(to, from, along, lines, depth);
    else if (along == 1) bad |= pack_along(to, from, across, lines, depth);
    else bad |= pack_anywhere(to, from, across, along, lines, depth);
    if (sideways == for_a) turn_tiles(to);
  }
  return bad == 0;
}

UNIT_TARGET bool unit_has_parts(const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  enum { NOT_FINITE = 0x99 };
  bool is_row = along == 1;
  ptrdiff_t rows = is_row ? lines : k, row = is_row ? across : along, count = is_row ? k : lines;
  __mmask16 bad = 0;
  for (ptrdiff_t i = 0; i < rows; i++, from += row)
    for (ptrdiff_t j = 0; j < count; j += LANES)
      bad |= _mm512_fpclass_ps_mask(_mm512_maskz_loadu_ps(lanes_below(count - j), from + j), NOT_FINITE);
  return bad == 0;
}

UNIT_TARGET bool unit_pack_pairs(char *to, const float *first, const float *second, ptrdiff_t step, ptrdiff_t count) {
  __mmask16 bad = 0;
  for (ptrdiff_t i = 0; i < count; i++, to += UNIT_PAIR_BYTES, first += step, second += step)
    bad |= write_parts(to, 64, _mm512_loadu_ps(first), _mm512_loadu_ps(second));
  return bad == 0;
}

UNIT_TARGET void unit_turn(float *to, ptrdiff_t to_row, const float *from, ptrdiff_t from_row) {
  __m512i v[16];
  UNROLL for (int i = 0; i < 16; i++) v[i] = _mm512_loadu_si512(from + i * from_row);
  turn(v);
  UNROLL for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + i * to_row, v[i]);
}

UNIT_TARGET bool unit_pack_a(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines,
                             ptrdiff_t k) {
  return pack_lines(to, from, across, along, lines, k, true);
}

UNIT_TARGET bool unit_pack_b(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines,
                             ptrdiff_t k) {
  return pack_lines(to, from, across, along, lines, k, false);
}

// MARK: tiles

#define MULTIPLY_TILES(two_a, two_b) \
  _tile_dpbf16ps(0, 4, 6); \
  if (two_b) _tile_dpbf16ps(1, 4, 7); \
  if (two_a) _tile_dpbf16ps(2, 5, 6); \
  if (two_a && two_b) _tile_dpbf16ps(3, 5, 7);
#define LOAD(tile, operand, from, number) _tile_loadd(tile, from + (number) * operand##_part, operand##_row);
#define LOAD_A(two, number) \
  LOAD(4, a, at_a, number) \
  if (two) LOAD(5, a, at_a + a_panel, number) \
  soon(next_a + (number) * a_part, a_row); \
  if (two) soon(next_a + a_panel + (number) * a_part, a_row);
#define LOAD_B(two, number) \
  LOAD(6, b, at_b, number) \
  if (two) LOAD(7, b, at_b + b_panel, number) \
  soon(next_b + (number) * b_part, b_row); \
  if (two) soon(next_b + b_panel + (number) * b_part, b_row);
#define STEP_OF(operand, i) \
  (operand->at + (operand->steps && (i) < steps ? operand->steps[i] : (i) * operand->step))

/// The smallest products of parts come first, so that little is lost of them.
#define DEFINE_MULTIPLY(name, two_a, two_b) \
  UNIT_TARGET static void name(float *out, ptrdiff_t steps, const struct unit_operand *a, const struct unit_operand *b) { \
    const ptrdiff_t a_row = a->row, a_part = a->part, a_panel = a->panel; \
    const ptrdiff_t b_row = b->row, b_part = b->part, b_panel = b->panel; \
    const char *next_a = STEP_OF(a, 0), *next_b = STEP_OF(b, 0); \
    ZERO_SUMS \
    for (ptrdiff_t i = 0; i < steps; i++) { \
      const char *at_a = next_a, *at_b = next_b; \
      next_a = STEP_OF(a, i + 1); \
      next_b = STEP_OF(b, i + 1); \
      LOAD_A(two_a, 2) \
      LOAD_B(two_b, 0) \
      MULTIPLY_TILES(two_a, two_b) \
      LOAD_A(two_a, 1) \
      MULTIPLY_TILES(two_a, two_b) \
      LOAD_B(two_b, 1) \
      MULTIPLY_TILES(two_a, two_b) \
      LOAD_A(two_a, 0) \
      MULTIPLY_TILES(two_a, two_b) \
      LOAD_B(two_b, 2) \
      MULTIPLY_TILES(two_a, two_b) \
      LOAD(6, b, at_b, 0) \
      if (two_b) LOAD(7, b, at_b + b_panel, 0) \
      MULTIPLY_TILES(two_a, two_b) \
    } \
    STORE_SUMS(two_a, two_b, out) \
  }
DEFINE_FOR_PANELS(DEFINE_MULTIPLY)

void unit_multiply(float *out, ptrdiff_t steps, const struct unit_operand *a, const struct unit_operand *b) {
  MULTIPLY_FOR(a->panels == 2, b->panels == 2)(out, steps, a, b);
}

/// A vector of the numbers that belong to results: one for all lanes, or one for each.
INLINE __m512 own_numbers(const float *at, ptrdiff_t column, __mmask16 mask) {
  return column == 0 ? _mm512_set1_ps(*at) : _mm512_maskz_loadu_ps(mask, at);
}

UNIT_TARGET void unit_finish(const float *sums, ptrdiff_t rows, ptrdiff_t columns, float *c, ptrdiff_t c_row,
                             const struct unit_finish *how) {
  __mmask16 masks[2] = {lanes_below(columns), lanes_below(columns - LANES)};
  bool bounded = how->low > -INFINITY || how->high < INFINITY;
  __m512 low = _mm512_set1_ps(how->low), high = _mm512_set1_ps(how->high);
  for (ptrdiff_t i = 0; i < rows; i++) {
    UNROLL for (int half = 0; half < 2; half++) {
      if (masks[half] == 0) continue;
      __m512 sum = _mm512_maskz_loadu_ps(masks[half], sums + i * UNIT_SIDE + half * LANES);
      ptrdiff_t place = i * how->plus_row + half * LANES * how->plus_column;
      if (how->times) sum = _mm512_mul_ps(sum, own_numbers(how->times + place, how->plus_column, masks[half]));
      if (how->plus) sum = _mm512_add_ps(sum, own_numbers(how->plus + place, how->plus_column, masks[half]));
      if (how->added)
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(masks[half], how->added + i * c_row + half * LANES));
      // In this order a NaN stays one.
      if (bounded) sum = _mm512_max_ps(low, _mm512_min_ps(high, sum));
      _mm512_mask_storeu_ps(c + i * c_row + half * LANES, masks[half], sum);
    }
  }
}
#endif
