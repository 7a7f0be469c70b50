#include "ptx_numbers.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

// Rounds once per operation, as PTX says: this file is compiled with -ffp-contract=off, and with -frounding-math for the
// operations that name a way to round.

static float as_float(uint64_t bits) {
  uint32_t low = (uint32_t)bits;
  float x;
  memcpy(&x, &low, 4);
  return x;
}
static double as_double(uint64_t bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}
static uint64_t of_float(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}
static uint64_t of_double(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits;
}
static float from_half(uint64_t bits) {
  uint16_t low = (uint16_t)bits;
  _Float16 x;
  memcpy(&x, &low, 2);
  return (float)x;
}
static uint64_t to_half(double x, bool from_double) {
  _Float16 half = from_double ? (_Float16)x : (_Float16)(float)x;
  uint16_t bits;
  memcpy(&bits, &half, 2);
  return bits;
}

static float flushed(float x, bool flushes) { return flushes && fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x; }

bool compare(const Instruction *i, uint64_t x, uint64_t y) {
  Compare c = (Compare)i->compare;
  if (i->type.kind == FLOATING) {
    double a = i->type.size == 4 ? flushed(as_float(x), HAS(i, ftz)) : as_double(x);
    double b = i->type.size == 4 ? flushed(as_float(y), HAS(i, ftz)) : as_double(y);
    bool unordered = a != a || b != b;
    switch (c) {
    case COMPARE_eq: return a == b;
    case COMPARE_ne: return !unordered && a != b;
    case COMPARE_lt: return a < b;
    case COMPARE_le: return a <= b;
    case COMPARE_gt: return a > b;
    case COMPARE_ge: return a >= b;
    case COMPARE_equ: return unordered || a == b;
    case COMPARE_neu: return a != b;
    case COMPARE_ltu: return unordered || a < b;
    case COMPARE_leu: return unordered || a <= b;
    case COMPARE_gtu: return unordered || a > b;
    case COMPARE_geu: return unordered || a >= b;
    case COMPARE_num: return !unordered;
    default: return unordered;
    }
  }
  if (i->type.kind == SIGNED) {
    int64_t a = extended(x, i->type.size), b = extended(y, i->type.size);
    switch (c) {
    case COMPARE_eq: return a == b;
    case COMPARE_ne: return a != b;
    case COMPARE_lt: return a < b;
    case COMPARE_le: return a <= b;
    case COMPARE_gt: return a > b;
    default: return a >= b;
    }
  }
  switch (c) {
  case COMPARE_eq: return x == y;
  case COMPARE_ne: return x != y;
  case COMPARE_lt: return x < y;
  case COMPARE_le: return x <= y;
  case COMPARE_gt: return x > y;
  default: return x >= y;
  }
}

// MARK: conversions

static double rounded_to_whole(const Instruction *i, double x) {
  if (HAS(i, rni)) return rint(x);
  if (HAS(i, rmi)) return floor(x);
  if (HAS(i, rpi)) return ceil(x);
  return trunc(x);
}

/// The nearest number of a whole type; NaN is 0.
static uint64_t whole(double x, Type type) {
  if (x != x) return 0;
  int bits = type.size * 8;
  if (type.kind == SIGNED) {
    double end = ldexp(1, bits - 1);
    if (x >= end) return cut((1ull << (bits - 1)) - 1, type.size);
    if (x < -end) return cut(1ull << (bits - 1), type.size);
    return cut((uint64_t)(int64_t)x, type.size);
  }
  if (x >= ldexp(1, bits)) return cut(UINT64_MAX, type.size);
  return x <= 0 ? 0 : (uint64_t)x;
}

/// Between whole types with .sat.
static uint64_t saturated(uint64_t x, Type from, Type to) {
  __int128 value = from.kind == SIGNED ? (__int128)extended(x, from.size) : (__int128)cut(x, from.size);
  int bits = to.size * 8;
  __int128 least = to.kind == SIGNED ? -((__int128)1 << (bits - 1)) : 0;
  __int128 most = ((__int128)1 << (to.kind == SIGNED ? bits - 1 : bits)) - 1;
  return cut((uint64_t)(value < least ? least : value > most ? most : value), to.size);
}

/// The way to round that an instruction names, for the processor.
static int rounding(const Instruction *i) {
  return HAS(i, rz) ? FE_TOWARDZERO : HAS(i, rm) ? FE_DOWNWARD : HAS(i, rp) ? FE_UPWARD : FE_TONEAREST;
}

static bool convert(const Instruction *i, uint64_t x, uint64_t *result) {
  Type from = i->from, to = i->type;
  if (to.size == 2 && to.kind == FLOATING && rounding(i) != FE_TONEAREST) return false;
  if (from.kind != FLOATING && to.kind != FLOATING) {
    if (HAS(i, sat)) return *result = saturated(x, from, to), true;
    uint64_t wide = from.kind == SIGNED ? (uint64_t)extended(x, from.size) : x;
    return *result = cut(wide, to.size), true;
  }
  if (from.kind != FLOATING) {
    int64_t signed_value = extended(x, from.size);
    bool is_signed = from.kind == SIGNED;
    switch (to.size) {
    case 4: *result = of_float(is_signed ? (float)signed_value : (float)x); return true;
    case 8: *result = of_double(is_signed ? (double)signed_value : (double)x); return true;
    default: return false;
    }
  }
  double value = from.size == 2 ? from_half(x) : from.size == 4 ? flushed(as_float(x), HAS(i, ftz)) : as_double(x);
  if (to.kind != FLOATING) return *result = whole(rounded_to_whole(i, value), to), true;
  if (HAS(i, rni) || HAS(i, rzi) || HAS(i, rmi) || HAS(i, rpi)) value = rounded_to_whole(i, value);
  if (HAS(i, sat)) value = value > 1 ? 1 : value >= 0 ? value : 0;
  if (to.size == 2) *result = to_half(value, from.size == 8);
  else if (to.size == 4) *result = of_float(flushed((float)value, HAS(i, ftz)));
  else *result = of_double(value);
  return true;
}

// MARK: floating point

#define FLOATS(name, T, SUFFIX) \
  static bool name(const Instruction *i, T x, T y, T z, T *result) { \
    switch (i->op) { \
    case OP_add: *result = x + y; break; \
    case OP_sub: *result = x - y; break; \
    case OP_mul: *result = x * y; break; \
    case OP_div: *result = x / y; break; \
    case OP_mad: \
    case OP_fma: *result = fma##SUFFIX(x, y, z); break; \
    case OP_abs: *result = fabs##SUFFIX(x); break; \
    case OP_neg: *result = -x; break; \
    case OP_min: \
      *result = HAS(i, NaN) && (x != x || y != y) ? (T)NAN : x == y && signbit(x) ? x : fmin##SUFFIX(x, y); \
      break; \
    case OP_max: \
      *result = HAS(i, NaN) && (x != x || y != y) ? (T)NAN : x == y && signbit(x) ? y : fmax##SUFFIX(x, y); \
      break; \
    case OP_rcp: *result = 1 / x; break; \
    case OP_sqrt: *result = sqrt##SUFFIX(x); break; \
    case OP_rsqrt: *result = 1 / sqrt##SUFFIX(x); break; \
    case OP_ex2: *result = exp2##SUFFIX(x); break; \
    case OP_lg2: *result = log2##SUFFIX(x); break; \
    case OP_sin: *result = sin##SUFFIX(x); break; \
    case OP_cos: *result = cos##SUFFIX(x); break; \
    case OP_tanh: *result = tanh##SUFFIX(x); break; \
    /* The sign is that of the first. */ \
    case OP_copysign: *result = copysign##SUFFIX(y, x); break; \
    default: return false; \
    } \
    return true; \
  }
FLOATS(floats, float, f)
FLOATS(doubles, double, )

static bool floating(const Instruction *i, uint64_t x, uint64_t y, uint64_t z, uint64_t *result) {
  if (i->type.size == 4) {
    bool flushes = HAS(i, ftz);
    float value;
    if (!floats(i, flushed(as_float(x), flushes), flushed(as_float(y), flushes), flushed(as_float(z), flushes), &value))
      return false;
    if (HAS(i, sat)) value = value > 1 ? 1 : value >= 0 ? value : 0;
    *result = of_float(flushed(value, flushes));
    return true;
  }
  double value;
  if (i->type.size != 8 || !doubles(i, as_double(x), as_double(y), as_double(z), &value)) return false;
  *result = of_double(value);
  return true;
}

// MARK: whole numbers

static uint64_t permuted(uint64_t x, uint64_t y, uint64_t how) {
  uint64_t bytes = cut(x, 4) | cut(y, 4) << 32, result = 0;
  for (int k = 0; k < 4; k++) {
    unsigned which = how >> k * 4 & 15, byte = bytes >> (which & 7) * 8 & 255;
    if (which & 8) byte = byte & 128 ? 255 : 0;
    result |= (uint64_t)byte << k * 8;
  }
  return result;
}

static uint64_t field(const Instruction *i, uint64_t x, uint64_t from, uint64_t count) {
  int size = i->type.size, bits = size * 8;
  from &= 255, count &= 255;
  if (!count) return 0;
  uint64_t last = from + count - 1 < (uint64_t)bits - 1 ? from + count - 1 : (uint64_t)bits - 1;
  bool sign = i->type.kind == SIGNED && (x >> last & 1);
  uint64_t value = from < (uint64_t)bits ? cut(x, size) >> from : 0;
  if (count < 64) value &= (1ull << count) - 1;
  if (sign) {
    uint64_t have = from <= last ? last - from + 1 : 0;
    if (have < 64) value |= ~0ull << have;
  }
  return cut(value, size);
}

static uint64_t product(const Instruction *i, uint64_t x, uint64_t y, bool *wide) {
  int size = i->type.size;
  *wide = HAS(i, wide);
  if (i->type.kind == SIGNED) {
    __int128 all = (__int128)extended(x, size) * extended(y, size);
    return HAS(i, hi) ? (uint64_t)(all >> size * 8) : (uint64_t)all;
  }
  unsigned __int128 all = (unsigned __int128)x * y;
  return HAS(i, hi) ? (uint64_t)(all >> size * 8) : (uint64_t)all;
}

static bool wholes(const Instruction *i, uint64_t x, uint64_t y, uint64_t z, uint64_t w, uint64_t *result) {
  int size = i->type.size, bits = size * 8;
  bool is_signed = i->type.kind == SIGNED, wide = false;
  int64_t a = extended(x, size), b = extended(y, size);
  uint64_t r;
  switch (i->op) {
  case OP_add:
  case OP_sub:
    if (HAS(i, sat)) return false;
    r = i->op == OP_add ? x + y : x - y;
    break;
  case OP_mul: r = product(i, x, y, &wide); break;
  case OP_mad: r = product(i, x, y, &wide) + z; break;
  // Division by zero gives what the device's does: all ones, and the number itself as the rest.
  case OP_div: r = !y ? UINT64_MAX : is_signed ? (b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b)) : x / y; break;
  case OP_rem: r = !y ? x : is_signed ? (b == -1 ? 0 : (uint64_t)(a % b)) : x % y; break;
  case OP_abs: r = a < 0 ? 0 - (uint64_t)a : (uint64_t)a; break;
  case OP_neg: r = 0 - x; break;
  case OP_min: r = is_signed ? (uint64_t)(a < b ? a : b) : x < y ? x : y; break;
  case OP_max: r = is_signed ? (uint64_t)(a > b ? a : b) : x > y ? x : y; break;
  case OP_and: r = x & y; break;
  case OP_or: r = x | y; break;
  case OP_xor: r = x ^ y; break;
  case OP_not: r = ~x; break;
  case OP_cnot: r = x == 0; break;
  case OP_shl: r = y >= (uint64_t)bits ? 0 : x << y; break;
  case OP_shr:
    if (is_signed) r = (uint64_t)(a >> (y >= (uint64_t)bits ? bits - 1 : (int)y));
    else r = y >= (uint64_t)bits ? 0 : x >> y;
    break;
  case OP_popc: r = (uint64_t)__builtin_popcountll(x); break;
  case OP_clz: r = x ? (uint64_t)(__builtin_clzll(x) - (64 - bits)) : (uint64_t)bits; break;
  case OP_brev:
    r = 0;
    for (int k = 0; k < bits; k++) r |= (x >> k & 1) << (bits - 1 - k);
    break;
  case OP_bfe: r = field(i, x, y, z); break;
  case OP_bfi: {
    uint64_t from = z & 255, count = w & 255;
    uint64_t mask = from >= 64 ? 0 : (count >= 64 ? ~0ull : (1ull << count) - 1) << from;
    r = (from >= 64 ? 0 : (x << from & mask)) | (y & ~mask);
    break;
  }
  case OP_prmt: r = permuted(x, y, z); break;
  case OP_lop3:
    r = 0;
    for (int k = 0; k < 32; k++) r |= (w >> ((x >> k & 1) << 2 | (y >> k & 1) << 1 | (z >> k & 1)) & 1) << k;
    break;
  case OP_shf: {
    unsigned by = HAS(i, clamp) ? (z > 32 ? 32 : (unsigned)z) : (unsigned)(z & 31);
    uint64_t both = cut(x, 4) | cut(y, 4) << 32;
    r = HAS(i, l) ? (by == 32 ? x : both << by >> 32) : both >> by;
    if (HAS(i, l) == HAS(i, r)) return false;
    break;
  }
  default: return false;
  }
  *result = cut(r, wide ? size * 2 : i->op == OP_popc || i->op == OP_clz ? 4 : size);
  return true;
}

static bool calculated(const Instruction *i, uint64_t x, uint64_t y, uint64_t z, uint64_t w, uint64_t *result) {
  if (i->op == OP_cvt) return convert(i, x, result);
  if (i->op == OP_slct) {
    bool first = i->from.kind == FLOATING ? as_float(z) >= 0 : extended(z, 4) >= 0;
    return *result = first ? x : y, true;
  }
  if (i->op == OP_testp) {
    double value = i->type.size == 4 ? as_float(x) : as_double(x);
    int class = i->type.size == 4 ? fpclassify(as_float(x)) : fpclassify(value);
    if (HAS(i, finite)) *result = class != FP_NAN && class != FP_INFINITE;
    else if (HAS(i, infinite)) *result = class == FP_INFINITE;
    else if (HAS(i, number)) *result = class != FP_NAN;
    else if (HAS(i, notanumber)) *result = class == FP_NAN;
    else if (HAS(i, normal)) *result = class == FP_NORMAL;
    else *result = class == FP_SUBNORMAL;
    return true;
  }
  if (i->type.kind == PREDICATE) {
    switch (i->op) {
    case OP_and: *result = x & y; return true;
    case OP_or: *result = x | y; return true;
    case OP_xor: *result = (x ^ y) & 1; return true;
    case OP_not: *result = !x; return true;
    default: return false;
    }
  }
  if (i->type.kind == FLOATING) return floating(i, x, y, z, result);
  return wholes(i, x, y, z, w, result);
}

bool number(const Instruction *i, uint64_t x, uint64_t y, uint64_t z, uint64_t w, uint64_t *result) {
  int way = rounding(i);
  if (way == FE_TONEAREST) return calculated(i, x, y, z, w, result);
  fesetround(way);
  bool known = calculated(i, x, y, z, w, result);
  fesetround(FE_TONEAREST);
  return known;
}

uint64_t two(const Instruction *i, uint64_t x, uint64_t y) {
  uint64_t result = 0;
  return number(i, cut(x, i->type.size), cut(y, i->type.size), 0, 0, &result) ? result : 0;
}
