// The float32 functions of instruction sets without wide permutations. The polynomials are interpolants at Chebyshev nodes,
// fitted for these ranges.

TK_INLINE VF f32_exp(VF x) {
  VF c = SEL(x < -104.0f, f32_splat(-104.0f), x);
  c = SEL(c > 89.0f, f32_splat(89.0f), c);
  VF shifted = FMA(c, f32_splat(1.44269504f), f32_splat(F32_ROUNDER));
  VI n = (VI)shifted - F32_ROUNDER_BITS;
  VF nf = shifted - F32_ROUNDER;
  // The reduction's second step rounds; what it lost goes in again with the small terms.
  VF high = FMA(nf, f32_splat(-0x1.62e4p-1f), c);
  VF r = FMA(nf, f32_splat(-0x1.7f7d1cp-20f), high);
  VF lost = FMA(nf, f32_splat(-0x1.7f7d1cp-20f), high - r);
  VF y = (r + FMA(r * r, f32_exp_tail(r), lost)) + 1.0f;
  return f32_scale(y, n, nf);
}

// e^(x + low) where x + low rounds to x.
TK_INLINE VF f32_exp_fine(VF x, VF low) { return f32_exp(x) * (1.0f + low); }

// For x in -87...88, unchecked.
TK_INLINE VF f32_exp_inner(VF x) {
  VF nf;
  VI n;
  VF r = f32_exp_split(x, &nf, &n);
  VF y = FMA(r * r, f32_exp_tail(r), r) + 1.0f;
  return (VF)((VI)y + (n << 23));
}

TK_INLINE VF f32_exp2(VF x) {
  VF c = SEL(x < -151.0f, f32_splat(-151.0f), x);
  c = SEL(c > 129.0f, f32_splat(129.0f), c);
  VF shifted = c + F32_ROUNDER;
  VI n = (VI)shifted - F32_ROUNDER_BITS;
  VF nf = shifted - F32_ROUNDER;
  VF f = c - nf;
  VF q = FMA(f, f32_splat(0.000154537614f), f32_splat(0.00133915548f));
  q = FMA(q, f, f32_splat(0.00961808115f));
  q = FMA(q, f, f32_splat(0.0555035584f));
  q = FMA(q, f, f32_splat(0.240226507f));
  q = FMA(q, f, f32_splat(0.693147182f));
  return f32_scale(FMA(q, f, f32_splat(1.0f)), n, nf);
}

// x = 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for positive finite x.
TK_INLINE VF f32_log_split(VF x, VF *e) {
  VI small = x < 0x1p-126f;
  VI bits = (VI)SEL(small, x * 0x1p23f, x);
  VI exponent = (bits - 0x3F3504F3) >> 23;
  *e = __builtin_convertvector(exponent + (small & -23), VF);
  return (VF)(bits - (exponent << 23)) - 1.0f;
}

// log(1 + f) - f
TK_INLINE VF f32_log_tail(VF f) {
  VF p = FMA(f, f32_splat(0.0697161183f), f32_splat(-0.114797339f));
  p = FMA(p, f, f32_splat(0.116854198f));
  p = FMA(p, f, f32_splat(-0.124256872f));
  p = FMA(p, f, f32_splat(0.142490581f));
  p = FMA(p, f, f32_splat(-0.166678026f));
  p = FMA(p, f, f32_splat(0.200007156f));
  p = FMA(p, f, f32_splat(-0.24999997f));
  p = FMA(p, f, f32_splat(0.333333313f));
  VF square = f * f;
  return FMA(p * f, square, -0.5f * square);
}

// The ends of a logarithm's range.
TK_INLINE VF f32_log_ends(VF x, VF y) {
  y = SEL(x == INFINITY, x, y);
  y = SEL(x == 0.0f, f32_splat(-INFINITY), y);
  return SEL(x >= 0.0f, y, f32_splat(NAN));
}

#define F32_LN2_HIGH 0x1.62e4p-1f
#define F32_LN2_LOW 0x1.7f7d1cp-20f

TK_INLINE VF f32_log(VF x) {
  VF e, f = f32_log_split(x, &e);
  VF low = FMA(e, f32_splat(F32_LN2_LOW), f32_log_tail(f));
  return f32_log_ends(x, FMA(e, f32_splat(F32_LN2_HIGH), f + low));
}

TK_INLINE VF f32_log2(VF x) {
  VF e, f = f32_log_split(x, &e);
  VF tail = f32_log_tail(f);
  return f32_log_ends(x, e + (f + FMA(f + tail, f32_splat(0.442695041f), tail)));
}

TK_INLINE VF f32_log10(VF x) {
  VF e, f = f32_log_split(x, &e);
  VF tail = f32_log_tail(f);
  VF low = FMA(e, f32_splat(0x1.3509f8p-18f), FMA(tail, f32_splat(0.4342944920063019f), f * -1.0103049952192578e-08f));
  VF inner = FMA(f, f32_splat(0.4342944920063019f), low);
  return f32_log_ends(x, FMA(e, f32_splat(0x1.344p-2f), inner));
}

TK_INLINE VF f32_log1p(VF x) {
  VF u = 1.0f + x;
  VF lost = SEL(x >= 1.0f, 1.0f - (u - x), x - (u - 1.0f));
  lost = SEL(u > 0x1p26f, f32_splat(0.0f), lost / u);
  VF e, f = f32_log_split(u, &e);
  VI near = e == 0.0f;
  f = SEL(near, x, f);
  lost = SEL(near, f32_splat(0.0f), lost);
  VF low = FMA(e, f32_splat(F32_LN2_LOW), f32_log_tail(f) + lost);
  VF y = FMA(e, f32_splat(F32_LN2_HIGH), f + low);
  return f32_log_ends(u, SEL(x == 0.0f, x, y));
}

// log(1 + t) for t in 0...1
TK_INLINE VF f32_log1p_inner(VF t) {
  VI upper = t > 0.41421354f;
  VF f = SEL(upper, FMA(t, f32_splat(0.5f), f32_splat(-0.5f)), t);
  VF e = SEL(upper, f32_splat(1.0f), f32_splat(0.0f));
  VF low = FMA(e, f32_splat(F32_LN2_LOW), f32_log_tail(f));
  return FMA(e, f32_splat(F32_LN2_HIGH), f + low);
}

TK_INLINE VF f32_tanh(VF x) {
  VF a = f32_abs(x), s = a * a;
  VF inner = FMA(s, f32_splat(0.00229274482f), f32_splat(-0.00834394526f));
  inner = FMA(inner, s, f32_splat(0.0217689183f));
  inner = FMA(inner, s, f32_splat(-0.0539592579f));
  inner = FMA(inner, s, f32_splat(0.133333042f));
  inner = FMA(inner, s, f32_splat(-0.333333343f));
  inner = FMA(inner * s, a, a);
  // Further out: t = e^2a - 1, t / (t + 2).
  VF c = SEL(a > 10.0f, f32_splat(20.0f), a + a);
  VF nf;
  VI n;
  VF r = f32_exp_split(c, &nf, &n);
  VF p = FMA(r * r, f32_exp_tail(r), r);
  VF power = f32_pow2(n);
  VF t = FMA(power, p, power - 1.0f);
  return f32_with_sign(SEL(a < 0.625f, inner, t / (t + 2.0f)), x);
}

TK_INLINE VF f32_erf(VF x) {
  VF a = f32_abs(x);
  a = SEL(a > 4.0f, f32_splat(4.0f), a);
  VF s = a * a;
  VF p = FMA(s, f32_splat(8.20416972e-5f), f32_splat(-0.00081029156f));
  p = FMA(p, s, f32_splat(0.00519748731f));
  p = FMA(p, s, f32_splat(-0.0268579591f));
  p = FMA(p, s, f32_splat(0.112836696f));
  p = FMA(p, s, f32_splat(-0.376126319f));
  p = FMA(p, s, f32_splat(0.128379166f));
  VF inner = FMA(p, a, a);
  VF g = FMA(a, f32_splat(1.6435697e-6f), f32_splat(-4.61779127e-5f));
  g = FMA(g, a, f32_splat(0.000597743492f));
  g = FMA(g, a, f32_splat(-0.00476357527f));
  g = FMA(g, a, f32_splat(0.0264310185f));
  g = FMA(g, a, f32_splat(-0.11009448f));
  g = FMA(g, a, f32_splat(-0.631814539f));
  g = FMA(g, a, f32_splat(-1.13023758f));
  g = FMA(g, a, f32_splat(0.000320441526f));
  VF outer = 1.0f - f32_exp_inner(g);
  return f32_with_sign(SEL(a > 0.93f, outer, inner), x);
}

// 1 + erf(x / sqrt(2)), halved: the normal distribution function
TK_INLINE VF f32_normal_cdf(VF x) { return 0.5f * (1.0f + f32_erf(x * 0.707106781f)); }

// The sine in quadrant n (its low bits).
TK_INLINE VF f32_sin_quadrant(VF r, VI n) {
  VF s = r * r;
  VF p = FMA(s, f32_splat(2.72487023e-6f), f32_splat(-0.000198400769f));
  p = FMA(p, s, f32_splat(0.00833333191f));
  p = FMA(p, s, f32_splat(-0.166666672f));
  VF sine = FMA(r * s, p, r);
  VF q = FMA(s, f32_splat(-2.72999387e-7f), f32_splat(2.48005927e-5f));
  q = FMA(q, s, f32_splat(-0.00138888881f));
  q = FMA(q, s, f32_splat(0.0416666679f));
  VF half = 0.5f * s;
  VF top = 1.0f - half;
  VF cosine = top + FMA(s * s, q, (1.0f - top) - half);
  VF y = SEL((n & 1) == 0, sine, cosine);
  return (VF)((VI)y ^ ((n & 2) << 30));
}
