// float32 functions on vectors of VF. The polynomials are interpolants at Chebyshev nodes, fitted for these ranges.

TK_INLINE VF f32_splat(float v) { return (VF)v; }

TK_INLINE VF f32_abs(VF x) { return __builtin_elementwise_abs(x); }

// x with the sign of s; x is not negative.
TK_INLINE VF f32_with_sign(VF x, VF s) { return (VF)((VI)x | ((VI)s & INT32_MIN)); }

// 2^n for n in the normal range.
TK_INLINE VF f32_pow2(VI n) { return (VF)((n + 127) << 23); }

// y * 2^n where the result may be infinite or denormal; `nf` is n as a float.
TK_INLINE VF f32_scale(VF y, VI n, VF nf) {
#if TK_LEVEL == 2
  (void)n;
  return (VF)_mm512_scalef_ps((__m512)y, (__m512)nf);
#else
  (void)nf;
  VI half = n >> 1;
  return y * f32_pow2(half) * f32_pow2(n - half);
#endif
}

// Adding this rounds to an integer, which then stands in the low bits.
#define F32_ROUNDER 12582912.0f
#define F32_ROUNDER_BITS 0x4B400000

// e^r - 1 - r, divided by r^2, for |r| <= ln(2) / 2
TK_INLINE VF f32_exp_tail(VF r) {
  VF q = FMA(r, f32_splat(0.000198912792f), f32_splat(0.00139339105f));
  q = FMA(q, r, f32_splat(0.00833331048f));
  q = FMA(q, r, f32_splat(0.041666463f));
  q = FMA(q, r, f32_splat(0.166666672f));
  return FMA(q, r, f32_splat(0.5f));
}

// x = n ln(2) + r
TK_INLINE VF f32_exp_split(VF x, VF *nf, VI *n) {
  VF shifted = FMA(x, f32_splat(1.44269504f), f32_splat(F32_ROUNDER));
  *n = (VI)shifted - F32_ROUNDER_BITS;
  *nf = shifted - F32_ROUNDER;
  VF r = FMA(*nf, f32_splat(-0x1.62e4p-1f), x);
  return FMA(*nf, f32_splat(-0x1.7f7d1cp-20f), r);
}

// 1 / (y + low), where low is smaller than the last bit of y.
TK_INLINE VF f32_reciprocal(VF y, VF low) {
#if TK_LEVEL == 2
  // An estimate of 14 bits, made better twice, is faster than dividing.
  VF q = (VF)_mm512_rcp14_ps((__m512)y);
  q = FMA(q, FMA(-q, y, f32_splat(1.0f)), q);
#else
  VF q = 1.0f / y;
#endif
#if TK_FUSED
  return FMA(q, FMA(-q, low, FMA(-q, y, f32_splat(1.0f))), q);
#else
  return q - q * q * low;
#endif
}

// 1 / (1 + e) for a finite e that is not negative; what the sum loses is made up for.
TK_INLINE VF f32_one_over_one_plus(VF e) {
  VF sum = 1.0f + e, rest = sum - 1.0f;
  return f32_reciprocal(sum, (1.0f - (sum - rest)) + (e - rest));
}

#if TK_LEVEL == 2
#include "math_f32_avx512.h"
#else
#include "math_f32_common.h"
#endif

// With e = e^-|x| neither side overflows or loses its last bits: 1 / (1 + e), and below zero e - e^2 / (1 + e).
TK_INLINE VF f32_sigmoid(VF x) {
  VF e = f32_exp(-f32_abs(x));
  VF q = f32_one_over_one_plus(e);
  return SEL(x < 0.0f, FMA(-(e * e), q, e), q);
}

TK_INLINE VF f32_expm1(VF x) {
  VF c = SEL(x < -20.0f, f32_splat(-20.0f), x);
  c = SEL(c > 89.0f, f32_splat(89.0f), c);
  VF nf;
  VI n;
  VF r = f32_exp_split(c, &nf, &n);
  VF p = FMA(r * r, f32_exp_tail(r), r);
  VF half_power = f32_pow2(n - 1);
  VF y = FMA(half_power, p, half_power - 0.5f) * 2.0f;
  y = SEL(n == 0, p, y);
  return SEL(x == 0.0f, x, y);
}

// The largest argument the vector form reduces by itself.
#define F32_TRIG_LIMIT 100000.0f

// x = n pi/2 + r + lost
TK_INLINE VF f32_trig_split(VF x, VI *n, VF *lost) {
  VF shifted = FMA(x, f32_splat(0.636619772f), f32_splat(F32_ROUNDER));
  *n = (VI)shifted;
  VF nf = shifted - F32_ROUNDER;
#if TK_FUSED
  VF r = FMA(nf, f32_splat(-0x1.921fb4p+0f), x);
  VF middle = FMA(nf, f32_splat(-0x1.4442dp-24f), r);
  r = FMA(nf, f32_splat(-0x1.84698ap-48f), middle);
  *lost = FMA(nf, f32_splat(-0x1.84698ap-48f), middle - r);
  return r;
#else
  typedef TK_VECTOR(double, TK_VB / 4) Wide;
  Wide nd = __builtin_convertvector(nf, Wide);
  Wide exact = __builtin_convertvector(x, Wide) - nd * 0x1.921fb544p+0;
  exact -= nd * 0x1.0b4611a62633p-34;
  VF r = __builtin_convertvector(exact, VF);
  *lost = __builtin_convertvector(exact - __builtin_convertvector(r, Wide), VF);
  return r;
#endif
}

TK_INLINE VF f32_trig_large(VF x, VF y, float (*f)(float)) {
  VI large = f32_abs(x) > F32_TRIG_LIMIT;
  if (__builtin_expect(__builtin_reduce_or(large) != 0, 0)) {
    for (int i = 0; i < TK_VB / 4; i++)
      if (large[i]) y[i] = f(x[i]);
  }
  return y;
}

#if TK_LEVEL == 2
TK_INLINE VF f32_sin(VF x) { return f32_trig_large(x, SEL(x == 0.0f, x, f32_wave(f32_table_sin, x)), sinf); }
TK_INLINE VF f32_cos(VF x) { return f32_trig_large(x, f32_wave(f32_table_cos, x), cosf); }
#else
TK_INLINE VF f32_sin(VF x) {
  VI n;
  VF lost, r = f32_trig_split(x, &n, &lost);
  VF y = SEL(x == 0.0f, x, f32_sin_quadrant(r, n));
  return f32_trig_large(x, y, sinf);
}

TK_INLINE VF f32_cos(VF x) {
  VI n;
  VF lost, r = f32_trig_split(x, &n, &lost);
  return f32_trig_large(x, f32_sin_quadrant(r, n + 1), cosf);
}
#endif

// log(1 + e^x)
TK_INLINE VF f32_softplus(VF x) {
  VF positive = SEL(x < 0.0f, f32_splat(0.0f), x);
  return positive + f32_log1p_inner(f32_exp_fine(-f32_abs(x), f32_splat(0.0f)));
}

// x e^x where e^x alone would be too small to hold: the power of two comes last.
TK_INLINE VF f32_times_exp(VF x) {
  VF nf, c = SEL(x < -120.0f, f32_splat(-120.0f), x);
  VI n;
  VF r = f32_exp_split(c, &nf, &n);
  return f32_scale(c * (FMA(r * r, f32_exp_tail(r), r) + 1.0f), n, nf);
}

// Far below zero y, which is x e^x there, loses its bits.
TK_INLINE VF f32_far_below(VF x, VF y) {
  VI far = (x < -20.0f) & (x > -INFINITY);
  if (__builtin_expect(__builtin_reduce_or(far) != 0, 0)) y = SEL(far, f32_times_exp(x), y);
  return y;
}

TK_INLINE VF f32_silu(VF x) { return f32_far_below(x, x * f32_sigmoid(x)); }

TK_INLINE VF f32_mish(VF x) {
  VF e = f32_exp(SEL(x > 20.0f, f32_splat(20.0f), x));
  VF n = e * (e + 2.0f);
  return f32_far_below(x, SEL(x > 20.0f, x, x * (n / (n + 2.0f))));
}
