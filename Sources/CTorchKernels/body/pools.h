// Maxima of windows for every type, and the table of this compilation.

/// How many windows are walked together, or fewer where there are not as many.
enum { pool_many = 32, pool_few = 8 };

/// The taps of a window that meet the input along one dimension: `first` to `end`; `start` is where tap 0 lies.
typedef struct taps {
  ptrdiff_t start, first, end;
} taps;

static taps taps_of(const tk_max_pool *o, int dim, ptrdiff_t window) {
  ptrdiff_t size = o->in[dim], step = o->step[dim];
  taps t = {window * o->stride[dim] - o->pad[dim], 0, o->kernel[dim]};
  if (t.start < 0) t.first = (-t.start + step - 1) / step;
  if (t.start + (t.end - 1) * step >= size) t.end = size <= t.start ? 0 : (size - t.start + step - 1) / step;
  return t;
}

TK_INLINE ptrdiff_t pool_in(const tk_max_pool *o) { return o->in[0] * o->in[1] * o->in[2]; }
TK_INLINE ptrdiff_t pool_out(const tk_max_pool *o) { return o->out[0] * o->out[1] * o->out[2]; }

static bool meets(taps t) { return t.first < t.end; }

/// Where tap `k` of a dimension lies.
TK_INLINE ptrdiff_t tap_at(const tk_max_pool *o, int dim, taps t, ptrdiff_t k) { return t.start + k * o->step[dim]; }

TK_INLINE ptrdiff_t place_of(const tk_max_pool *o, ptrdiff_t z, ptrdiff_t y, ptrdiff_t x) {
  return (z * o->in[1] + y) * o->in[2] + x;
}

/// The windows, `begin` to `end`, whose span holds an element of one dimension.
typedef struct span {
  ptrdiff_t begin, end;
} span;

static span windows_over(const tk_max_pool *o, int dim, ptrdiff_t element) {
  ptrdiff_t past = element + o->pad[dim], before = past - (o->kernel[dim] - 1) * o->step[dim];
  span s = {before <= 0 ? 0 : (before + o->stride[dim] - 1) / o->stride[dim], past / o->stride[dim] + 1};
  if (s.end > o->out[dim]) s.end = o->out[dim];
  return s;
}

TK_INLINE float pool_widen(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float wide;
  memcpy(&wide, &bits, sizeof wide);
  return wide;
}

/// The upper half of a number, which has nothing else.
TK_INLINE uint16_t pool_upper(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (uint16_t)(bits >> 16);
}

/// Rounds to a bfloat16.
TK_INLINE float pool_round(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
  bits = x != x ? 0x7FC00000 : bits;
  memcpy(&x, &bits, sizeof bits);
  return x;
}

// Float and double are stored as they are.
#define POOL_WIDE(x) (x)
#define POOL_NARROW(x) (x)
#define POOL_ROUND(x) (x)
#define POOL_WIDE_ALL(x) (x)
#define POOL_NARROW_ALL(x) (x)
#define POOL_ROUND_ALL(x) (x)

#define POOL_NAME(name) f32_pool_##name
#define POOL_ITEM float
#define POOL_REAL float
#define POOL_PLACE int32_t
#include "max_pool.h"
#undef POOL_NAME
#undef POOL_ITEM
#undef POOL_REAL
#undef POOL_PLACE

#define POOL_NAME(name) f64_pool_##name
#define POOL_ITEM double
#define POOL_REAL double
#define POOL_PLACE int64_t
#include "max_pool.h"
#undef POOL_NAME
#undef POOL_ITEM
#undef POOL_REAL
#undef POOL_PLACE

#undef POOL_WIDE
#undef POOL_NARROW
#undef POOL_ROUND
#undef POOL_WIDE_ALL
#undef POOL_NARROW_ALL
#undef POOL_ROUND_ALL

#define POOL_NAME(name) bf16_pool_##name
#define POOL_ITEM uint16_t
#define POOL_REAL float
#define POOL_PLACE int32_t
#define POOL_WIDE(x) pool_widen(x)
#define POOL_NARROW(x) pool_upper(x)
#define POOL_ROUND(x) pool_round(x)
#define POOL_WIDE_ALL(x) ((Reals)(__builtin_convertvector((x), Bits) << 16))
#define POOL_NARROW_ALL(x) __builtin_convertvector((Bits)(x) >> 16, Items)
#define POOL_ROUND_ALL(x) \
  ({ \
    Reals all_ = (x); \
    Bits bits_ = (Bits)all_; \
    bits_ = (bits_ + 0x7FFF + ((bits_ >> 16) & 1)) & 0xFFFF0000; \
    SEL(all_ != all_, (Reals)(Bits)0x7FC00000, (Reals)bits_); \
  })
#include "max_pool.h"

#define POOL_TABLE(s) \
  .planes_##s = s##_pool_planes, .pixels_##s = s##_pool_pixels, .planes_slope_##s = s##_pool_planes_slope, \
  .pixels_slope_##s = s##_pool_pixels_slope
const tk_pool_kernels TK_ISA(tk_pool_kernels) = {POOL_TABLE(f32), POOL_TABLE(f64), POOL_TABLE(bf16)};
