// float32 functions by way of float64 on as many lanes: for those whose cancellations would cost a float dearly.

typedef TK_VECTOR(double, TK_VB / 4) VW;
typedef TK_VECTOR(long, TK_VB / 4) VWL;

TK_INLINE VW wide_splat(double v) { return (VW)v; }
TK_INLINE VW wide_of(VF x) { return __builtin_convertvector(x, VW); }
TK_INLINE VF wide_narrow(VW x) { return __builtin_convertvector(x, VF); }
TK_INLINE VW wide_abs(VW x) { return __builtin_elementwise_abs(x); }
TK_INLINE VW wide_with_sign(VW x, VW s) { return (VW)((VWL)x | ((VWL)s & INT64_MIN)); }

#define WIDE_STEP(p, x, c) p = FMA(p, x, wide_splat(c))

// e^x for |x| <= 700
TK_INLINE VW wide_exp(VW x) {
  VW shifted = FMA(x, wide_splat(0x1.71547652b82fep+0), wide_splat(0x1.8p52));
  VWL n = (VWL)shifted - 0x4338000000000000;
  VW nf = shifted - 0x1.8p52;
  VW r = FMA(nf, wide_splat(-0x1.62e42fefp-1), x);
  r = FMA(nf, wide_splat(-0x1.473de6af278edp-34), r);
  VW p = wide_splat(2.7617927187137587e-6);
  WIDE_STEP(p, r, 2.4868268974990972e-5);
  WIDE_STEP(p, r, 0.0001984122405392735);
  WIDE_STEP(p, r, 0.0013888838510042916);
  WIDE_STEP(p, r, 0.0083333333444002081);
  WIDE_STEP(p, r, 0.041666666788436037);
  WIDE_STEP(p, r, 0.16666666666662489);
  WIDE_STEP(p, r, 0.4999999999995402);
  VW y = 1.0 + FMA(r * r, p, r);
  return (VW)((VWL)y + (n << 52));
}

// Positive normal numbers.
TK_INLINE VW wide_log(VW x) {
  VWL bits = (VWL)x;
  VWL e = (bits - 0x3FE6A09E667F3BCD) >> 52;
  VW f = (VW)(bits - (e << 52)) - 1.0;
  // The exponent is small: read it back from the low bits of a rounder.
  VW ef = (VW)(e + 0x4338000000000000) - 0x1.8p52;
  VW s = f / (f + 2.0);
  VW u = s * s;
  VW p = wide_splat(0.16635232704979386);
  WIDE_STEP(p, u, 0.18139301311477055);
  WIDE_STEP(p, u, 0.22222882801026231);
  WIDE_STEP(p, u, 0.28571423948795716);
  WIDE_STEP(p, u, 0.40000000011806436);
  WIDE_STEP(p, u, 0.66666666666661789);
  return FMA(ef, wide_splat(0x1.62e42fefa39efp-1), FMA(s * u, p, s + s));
}

#define WIDE_HALF_PI 0x1.921fb54442d18p+0

// asin on 0...1/2
TK_INLINE VW wide_asin_half(VW x) {
  VW s = x * x;
  VW p = wide_splat(0.028360143945903499);
  WIDE_STEP(p, s, 0.0010549948436791271);
  WIDE_STEP(p, s, 0.016868812679351607);
  WIDE_STEP(p, s, 0.016901761126868836);
  WIDE_STEP(p, s, 0.022412516935935503);
  WIDE_STEP(p, s, 0.030379939464357238);
  WIDE_STEP(p, s, 0.044642906636416901);
  WIDE_STEP(p, s, 0.074999999532581171);
  WIDE_STEP(p, s, 0.16666666666738927);
  return FMA(x * s, p, x);
}

TK_INLINE VF f32_asin(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VWL outer = a > 0.5;
  VW t = SEL(outer, __builtin_elementwise_sqrt((1.0 - a) * 0.5), a);
  VW y = wide_asin_half(t);
  return wide_narrow(wide_with_sign(SEL(outer, WIDE_HALF_PI - 2.0 * y, y), x));
}

TK_INLINE VF f32_acos(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VWL outer = a > 0.5;
  VW t = SEL(outer, __builtin_elementwise_sqrt((1.0 - a) * 0.5), a);
  VW y = wide_asin_half(t);
  VW positive = SEL(outer, 2.0 * y, WIDE_HALF_PI - y);
  return wide_narrow(SEL(x < 0.0, 2.0 * WIDE_HALF_PI - positive, positive));
}

// atan on 0...1
TK_INLINE VF f32_atan_unit(VF t) {
  VF s = t * t;
  VF p = FMA(s, f32_splat(-0.00238699722f), f32_splat(0.0135077713f));
  p = FMA(p, s, f32_splat(-0.0358715393f));
  p = FMA(p, s, f32_splat(0.0625016913f));
  p = FMA(p, s, f32_splat(-0.0865688026f));
  p = FMA(p, s, f32_splat(0.110337645f));
  p = FMA(p, s, f32_splat(-0.142785683f));
  p = FMA(p, s, f32_splat(0.199997395f));
  p = FMA(p, s, f32_splat(-0.333333313f));
  return FMA(t * s, p, t);
}

// pi/2 and pi as a float32 and what it is too large by.
#define F32_HALF_PI 1.57079637f
#define F32_HALF_PI_EXCESS 4.37113883e-8f
#define F32_PI 3.14159274f
#define F32_PI_EXCESS 8.74227766e-8f

TK_INLINE VF f32_atan(VF x) {
  VF a = f32_abs(x);
  VI outer = a > 1.0f;
  VF y = f32_atan_unit(SEL(outer, 1.0f / a, a));
  return f32_with_sign(SEL(outer, F32_HALF_PI - (y + F32_HALF_PI_EXCESS), y), x);
}

TK_INLINE VF f32_atan2(VF y, VF x) {
  VF a = f32_abs(y), b = f32_abs(x);
  VI swap = a > b;
  VF low = SEL(swap, b, a), high = SEL(swap, a, b);
  VF t = SEL(high == 0.0f, high, low / high);
  t = SEL(low == INFINITY, f32_splat(1.0f), t);
  VF r = f32_atan_unit(t);
  r = SEL(swap, F32_HALF_PI - (r + F32_HALF_PI_EXCESS), r);
  r = SEL((VI)x < 0, F32_PI - (r + F32_PI_EXCESS), r);
  // NaN in either.
  r = SEL((x != x) | (y != y), x + y, r);
  return f32_with_sign(r, y);
}

TK_INLINE VF f32_tan(VF x) {
  VI n;
  VF lost, r = f32_trig_split(x, &n, &lost), s = r * r;
  VF p = FMA(s, f32_splat(0.00385147845f), f32_splat(0.00117125467f));
  p = FMA(p, s, f32_splat(0.00997096114f));
  p = FMA(p, s, f32_splat(0.0216186121f));
  p = FMA(p, s, f32_splat(0.053994786f));
  p = FMA(p, s, f32_splat(0.133332297f));
  p = FMA(p, s, f32_splat(0.333333343f));
  // In two parts, since the reciprocal may double the error.
  VF small = FMA(r * s, p, lost), y = r + small, low = (r - y) + small;
  y = SEL((n & 1) == 0, y, -f32_reciprocal(y, low));
  return f32_trig_large(x, SEL(x == 0.0f, x, y), tanf);
}

// The rest of a division toward zero: exact, as every product fits a double. What does not fit goes lane by lane.
TK_INLINE VF f32_fmod(VF xf, VF yf) {
  VW x = wide_abs(wide_of(xf)), y = wide_abs(wide_of(yf));
  VW q = __builtin_elementwise_trunc(x / y);
#if TK_FUSED
  VW r = FMA(-q, y, x);
#else
  VW r = x - q * y;
#endif
  // The quotient may have been rounded up to a whole number.
  r = SEL(r < 0.0, r + y, r);
  r = SEL((y == INFINITY) & (x < INFINITY), x, r);
  VF rest = f32_with_sign(wide_narrow(r), xf);
  rest = SEL((xf != xf) | (yf != yf) | (yf == 0.0f) | (f32_abs(xf) == INFINITY), f32_splat(NAN), rest);
  VI far = __builtin_convertvector((q > 0x1p29) & (q < INFINITY), VI);
  if (__builtin_expect(__builtin_reduce_or(far) != 0, 0)) {
    for (int i = 0; i < TK_VB / 4; i++)
      if (far[i]) rest[i] = fmodf(xf[i], yf[i]);
  }
  return rest;
}

// Python's: the rest has the divisor's sign.
TK_INLINE VF f32_remainder(VF x, VF y) {
  VF r = f32_fmod(x, y);
  return SEL((r != 0.0f) & ((y < 0.0f) ^ (r < 0.0f)), r + y, r);
}

TK_INLINE VF f32_floor_divide(VF x, VF y) {
  VF r = f32_fmod(x, y), q = (x - r) / y;
  q = SEL((r != 0.0f) & ((y < 0.0f) ^ (r < 0.0f)), q - 1.0f, q);
  VF whole = __builtin_elementwise_floor(q);
  whole = SEL(q - whole > 0.5f, whole + 1.0f, whole);
  whole = SEL(q == 0.0f, __builtin_elementwise_copysign(f32_splat(0.0f), x / y), whole);
  return SEL(y == 0.0f, x / y, whole);
}

TK_INLINE VF f32_sinh(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VW e = wide_exp(SEL(a > 100.0, wide_splat(100.0), a));
  VW s = x * x;
  VW inner = a + a * s * (1.0 / 6 + s * (1.0 / 120));
  VW outer = 0.5 * (e - 1.0 / e);
  return wide_narrow(wide_with_sign(SEL(a < 0x1p-6, inner, outer), x));
}

TK_INLINE VF f32_cosh(VF xf) {
  VW a = wide_abs(wide_of(xf));
  VW e = wide_exp(SEL(a > 100.0, wide_splat(100.0), a));
  return wide_narrow(0.5 * (e + 1.0 / e));
}

TK_INLINE VF f32_asinh(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VW s = x * x;
  VW inner = a - a * s * (1.0 / 6 - s * (3.0 / 40));
  VW outer = wide_log(a + __builtin_elementwise_sqrt(s + 1.0));
  VW y = SEL(a < 0x1p-6, inner, outer);
  return wide_narrow(wide_with_sign(SEL(a < INFINITY, y, a), x));
}

TK_INLINE VF f32_acosh(VF xf) {
  VW x = wide_of(xf);
  VW y = wide_log(x + __builtin_elementwise_sqrt(x * x - 1.0));
  y = SEL(x == INFINITY, x, y);
  return wide_narrow(SEL(x >= 1.0, y, wide_splat(NAN)));
}

TK_INLINE VF f32_atanh(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VW s = x * x;
  VW inner = a + a * s * (1.0 / 3 + s * 0.2);
  VW outer = 0.5 * wide_log((1.0 + a) / (1.0 - a));
  VW y = SEL(a < 0x1p-6, inner, outer);
  y = SEL(a == 1.0, wide_splat(INFINITY), y);
  return wide_narrow(wide_with_sign(SEL(a <= 1.0, y, wide_splat(NAN)), x));
}

#if TK_LEVEL != 2
// e^(-x^2) over a rational argument: (1 + 2t) e^(t^2) erfc(t) is a polynomial in (t - 2) / (t + 2).
TK_INLINE VF f32_erfc(VF xf) {
  VW x = wide_of(xf), t = wide_abs(x);
  t = SEL(t > 10.5, wide_splat(10.5), t);
  VW u = (t - 2.0) / (t + 2.0);
  VW p = wide_splat(-7.8503933101619484e-6);
  WIDE_STEP(p, u, -2.832674082748979e-5);
  WIDE_STEP(p, u, -3.3570801597067687e-6);
  WIDE_STEP(p, u, 0.00014499378425852555);
  WIDE_STEP(p, u, 0.00020617136605654605);
  WIDE_STEP(p, u, -0.0004520215440589789);
  WIDE_STEP(p, u, -0.001456577715876576);
  WIDE_STEP(p, u, 0.0012708408415185125);
  WIDE_STEP(p, u, 0.0087226080533121184);
  WIDE_STEP(p, u, -0.0080339567466159115);
  WIDE_STEP(p, u, -0.054219998279999702);
  WIDE_STEP(p, u, 0.16405127683116985);
  WIDE_STEP(p, u, -0.16603039761590951);
  WIDE_STEP(p, u, -0.092763826532557436);
  WIDE_STEP(p, u, 1.2769783815517597);
  VW y = wide_exp(-t * t) * p / (1.0 + 2.0 * t);
  return wide_narrow(SEL(x < 0.0, 2.0 - y, y));
}
#endif

TK_INLINE VF f32_hypot(VF xf, VF yf) {
  VW x = wide_of(xf), y = wide_of(yf);
  VW r = __builtin_elementwise_sqrt(x * x + y * y);
  return wide_narrow(SEL((wide_abs(x) == INFINITY) | (wide_abs(y) == INFINITY), wide_splat(INFINITY), r));
}

TK_INLINE VF f32_pow(VF xf, VF yf) {
  VW x = wide_of(xf), y = wide_of(yf), a = wide_abs(x);
  VW l = wide_log(a);
  l = SEL(a == 0.0, wide_splat(-INFINITY), l);
  l = SEL(a == INFINITY, a, l);
  VW z = y * l;
  z = SEL(z < -200.0, wide_splat(-200.0), z);
  z = SEL(z > 200.0, wide_splat(200.0), z);
  VW r = wide_exp(z);
  r = SEL((z != z) | (a != a), x + y, r);
  r = SEL((a == 1.0) & (y == y), wide_splat(1.0), r);
  VWL whole = __builtin_elementwise_trunc(y) == y;
  VW half = 0.5 * y;
  VWL odd = whole & (__builtin_elementwise_trunc(half) != half);
  r = SEL(((VWL)x < 0) & odd, -r, r);
  r = SEL((x < 0.0) & (a < INFINITY) & (whole == 0), wide_splat(NAN), r);
  return wide_narrow(SEL((y == 0.0) | (x == 1.0), wide_splat(1.0), r));
}

// log(e^x + e^y); equal infinities give themselves.
TK_INLINE VF f32_logaddexp(VF x, VF y) {
  VF high = SEL(x > y, x, y);
  VF r = high + f32_log1p_inner(f32_exp(-f32_abs(x - y)));
  r = SEL((x != x) | (y != y), x + y, r);
  return SEL((x == y) & (f32_abs(x) == INFINITY), x, r);
}

TK_INLINE VF f32_logaddexp2(VF x, VF y) {
  VF high = SEL(x > y, x, y);
  VF r = high + 1.44269504f * f32_log1p_inner(f32_exp2(-f32_abs(x - y)));
  r = SEL((x != x) | (y != y), x + y, r);
  return SEL((x == y) & (f32_abs(x) == INFINITY), x, r);
}

TK_INLINE VF f32_xlogy(VF x, VF y) {
  VF r = SEL(x == 0.0f, f32_splat(0.0f), x * f32_log(y));
  return SEL(y != y, y, r);
}
