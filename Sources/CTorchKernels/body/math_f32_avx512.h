// float32 functions for AVX-512, whose permutations look a vector of indices up in a table of 16 or 32 numbers at once: what
// would be a long polynomial becomes a short one per interval. The tables are made by Tools/kernels/fit_tables.py.
#include "tables_f32.h"

TK_INLINE VF f32_lookup16(const float *table, VI index) {
  return (VF)_mm512_permutexvar_ps((__m512i)index, _mm512_loadu_ps(table));
}

TK_INLINE VF f32_lookup(const float *table, VI index) {
  return (VF)_mm512_permutex2var_ps(_mm512_loadu_ps(table), (__m512i)index, _mm512_loadu_ps(table + 16));
}

// These two let NaN pass: the instructions give their second operand then.
TK_INLINE VF f32_at_most(VF x, float high) { return (VF)_mm512_min_ps((__m512)f32_splat(high), (__m512)x); }
TK_INLINE VF f32_at_least(VF x, float low) { return (VF)_mm512_max_ps((__m512)f32_splat(low), (__m512)x); }

// Adding this rounds to sixteenths; how many there are stands in the low bits.
#define F32_SIXTEENTHS 786432.0f

// e^r 2^nf, where nf is a whole number of sixteenths, `shifted` the same in its low bits, and |r| <= ln(2) / 32. Scaling
// takes the floor of nf.
TK_INLINE VF f32_exp_join(VF r, VF shifted, VF nf) {
  VF power = f32_lookup16(f32_table_exp[0], (VI)shifted);
  VF q = FMA(FMA(r, f32_splat(0.166668698f), f32_splat(0.500010192f)), r, f32_splat(1.0f));
  return f32_scale(FMA(power * r, q, power), (VI)shifted, nf);
}

TK_INLINE VF f32_exp(VF x) {
  VF c = f32_at_least(f32_at_most(x, 89.0f), -104.0f);
  VF shifted = FMA(c, f32_splat(1.44269504f), f32_splat(F32_SIXTEENTHS));
  VF nf = shifted - F32_SIXTEENTHS;
  VF r = FMA(nf, f32_splat(-0x1.62e4p-1f), c);
  return f32_exp_join(FMA(nf, f32_splat(-0x1.7f7d1cp-20f), r), shifted, nf);
}

// e^(x + low) where x + low rounds to x; better rounded than f32_exp, for what goes on from here.
TK_INLINE VF f32_exp_fine(VF x, VF low) {
  VF c = f32_at_least(f32_at_most(x, 89.0f), -104.0f);
  VF shifted = FMA(c, f32_splat(1.44269504f), f32_splat(F32_SIXTEENTHS));
  VF nf = shifted - F32_SIXTEENTHS;
  VF r = FMA(nf, f32_splat(-0x1.62e4p-1f), c);
  r = FMA(nf, f32_splat(-0x1.7f7d1cp-20f), r) + (low + f32_lookup16(f32_table_exp[1], (VI)shifted));
  return f32_exp_join(r, shifted, nf);
}

TK_INLINE VF f32_exp2(VF x) {
  VF c = f32_at_least(f32_at_most(x, 129.0f), -151.0f);
  VF shifted = c + F32_SIXTEENTHS;
  VF nf = shifted - F32_SIXTEENTHS;
  return f32_exp_join((c - nf) * 0.693147182f, shifted, nf);
}

// log(1 + r) - r, divided by r^2, for r in -1/60...1/32
TK_INLINE VF f32_log_square(VF r) {
  return FMA(FMA(r, f32_splat(-0.245724574f), f32_splat(0.333386481f)), r, f32_splat(-0.500000536f));
}

// x = 2^e m, m in 1...2 but for m - 1/2 where it comes out below 3/4...3/2: the tables hold what that is to add.
TK_INLINE VF f32_mantissa(VF x) { return (VF)_mm512_getmant_ps((__m512)x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src); }
TK_INLINE VF f32_exponent(VF x) { return (VF)_mm512_getexp_ps((__m512)x); }
TK_INLINE VI f32_log_index(VF m) { return (VI)((VUI)m >> 18); }

// The ends of a logarithm's range: NaN stays, 0 gives -inf, inf itself, what is below 0 gives NaN. In `one` what 1 gives:
// 8 for 0, 0 for y.
#define F32_LOG_ENDS(x, y, one) \
  ((VF)_mm512_fixupimm_ps((__m512)(y), (__m512)(x), _mm512_set1_epi32(0x03530422 | (one) << 12), 0))

TK_INLINE VF f32_log(VF x) {
  VF m = f32_mantissa(x), e = f32_exponent(x);
  VI at = f32_log_index(m);
  VF r = FMA(m, f32_lookup(f32_table_log[0], at), f32_splat(-1.0f));
  VF high = FMA(e, f32_splat(0.693147182f), f32_lookup(f32_table_log[1], at));
  VF y = high + FMA(r * r, f32_log_square(r), r);
  return F32_LOG_ENDS(x, y, 8);
}

TK_INLINE VF f32_log2(VF x) {
  VF m = f32_mantissa(x), e = f32_exponent(x);
  VI at = f32_log_index(m);
  VF r = FMA(m, f32_lookup(f32_table_log2[0], at), f32_splat(-1.0f));
  VF tail = r * r * f32_log_square(r);
  VF high = e + f32_lookup(f32_table_log2[1], at);
  // log2(e) = 1 + 0.4427, so that the large part is not rounded twice.
  VF y = high + (r + FMA(r + tail, f32_splat(0.442695041f), tail));
  return F32_LOG_ENDS(x, y, 8);
}

TK_INLINE VF f32_log10(VF x) {
  VF m = f32_mantissa(x), e = f32_exponent(x);
  VI at = f32_log_index(m);
  VF r = FMA(m, f32_lookup(f32_table_log10[0], at), f32_splat(-1.0f));
  VF p = FMA(r * r, f32_log_square(r), r);
  VF high = FMA(e, f32_splat(0.30103001f), f32_lookup(f32_table_log10[1], at));
  // What the float32 of log10(2) is too large by, once for each doubling up to m.
  VF low = FMA(e - f32_exponent(m), f32_splat(-1.43209931e-8f), p * -1.01030508e-8f);
  return F32_LOG_ENDS(x, high + FMA(p, f32_splat(0.434294492f), low), 8);
}

// log(1 + x) between the ends of the range; what the sum loses goes in again with the remainder.
TK_INLINE VF f32_log1p_inner(VF x) {
  VF u = 1.0f + x, back = u - 1.0f;
  VF lost = (1.0f - (u - back)) + (x - back);
  VF m = f32_mantissa(u), e = f32_exponent(u);
  VI at = f32_log_index(m);
  VF inverse = f32_lookup(f32_table_log[0], at);
  VF scaled = (VF)_mm512_scalef_ps((__m512)lost, (__m512)(f32_exponent(m) - e));
  VF r = FMA(scaled, inverse, FMA(m, inverse, f32_splat(-1.0f)));
  VF high = FMA(e, f32_splat(0.693147182f), f32_lookup(f32_table_log[1], at));
  return high + FMA(r * r, f32_log_square(r), r);
}

TK_INLINE VF f32_log1p(VF x) {
  VF y = F32_LOG_ENDS(1.0f + x, f32_log1p_inner(x), 0);
  return (VF)((VI)y | ((VI)x & INT32_MIN));
}

// A function by 32 polynomials of degree 6 over quarters of octaves: base + r (polynomial in r). `first` is the pattern of
// the first interval's lower end; what lies below belongs to it.
#define F32_PIECES(table, a, first, base) \
  VI at = __builtin_elementwise_max((VI)(a), (VI)(first)) >> 21; \
  VF r = (a) - f32_lookup((table)[0], at); \
  VF p = FMA(f32_lookup((table)[7], at), r, f32_lookup((table)[6], at)); \
  p = FMA(p, r, f32_lookup((table)[5], at)); \
  p = FMA(p, r, f32_lookup((table)[4], at)); \
  p = FMA(p, r, f32_lookup((table)[3], at)); \
  p = FMA(p, r, f32_lookup((table)[2], at)); \
  return FMA(p, r, base)

TK_INLINE VF f32_pieces(const float (*table)[32], VF a, int32_t first) {
  F32_PIECES(table, a, first, f32_lookup(table[1], at));
}

// The first slope, 1.128, would round too coarsely: there the base is the argument.
TK_INLINE VF f32_erf_pieces(VF a) {
  F32_PIECES(f32_table_erf, a, 0x3D000000, SEL(a < 0x1.4p-5f, a, f32_lookup(f32_table_erf[1], at)));
}

TK_INLINE VF f32_tanh(VF x) {
  return f32_with_sign(f32_pieces(f32_table_tanh, f32_at_most(f32_abs(x), 9.15f), 0x3D800000), x);
}

TK_INLINE VF f32_erf(VF x) {
  return f32_with_sign(f32_erf_pieces(f32_at_most(f32_abs(x), 3.99f)), x);
}

// The normal distribution function, (1 + erf(x / sqrt(2))) / 2.
TK_INLINE VF f32_normal_cdf(VF x) {
  return 0.5f + f32_with_sign(f32_pieces(f32_table_cdf, f32_at_most(f32_abs(x), 5.65f), 0x3D800000), x);
}

TK_INLINE VF f32_erfc(VF x) {
  VF a = f32_at_most(f32_abs(x), 10.4f), square = a * a;
  VF lost = FMA(a, a, -square);
  VF y = f32_exp_fine(-square, -lost) * f32_pieces(f32_table_erfcx, a, 0x3D800000);
  return SEL(x < 0.0f, 2.0f - y, y);
}

// sin(x) or cos(x) with x = k pi/16 + r; the table holds both at k pi/16.
TK_INLINE VF f32_wave(const float (*table)[32], VF x) {
  VF shifted = FMA(x, f32_splat(5.09295818f), f32_splat(F32_ROUNDER));
  VF nf = shifted - F32_ROUNDER;
  VF r = FMA(nf, f32_splat(-0x1.921fb4p-3f), x);
  r = FMA(nf, f32_splat(-0x1.4442dp-27f), r);
  r = FMA(nf, f32_splat(-0x1.84698ap-51f), r);
  VF s = r * r;
  VF sine = r * s * FMA(s, f32_splat(0.00833138265f), f32_splat(-0.166666672f));
  VF cosine = s * FMA(s, f32_splat(0.0416530147f), f32_splat(-0.49999997f));
  VF at = f32_lookup(table[0], (VI)shifted), slope = f32_lookup(table[1], (VI)shifted);
  return at + FMA(slope, r, FMA(slope, sine, at * cosine));
}
