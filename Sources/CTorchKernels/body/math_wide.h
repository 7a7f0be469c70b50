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

TK_INLINE VW wide_atan_unit(VW x) {
  VW s = x * x;
  VW p = wide_splat(0.00059304375563382821);
  WIDE_STEP(p, s, -0.0042216579909140142);
  WIDE_STEP(p, s, 0.014072923344657855);
  WIDE_STEP(p, s, -0.029913111945460355);
  WIDE_STEP(p, s, 0.047294798621762196);
  WIDE_STEP(p, s, -0.062463151941253015);
  WIDE_STEP(p, s, 0.075866528336455019);
  WIDE_STEP(p, s, -0.090735531189761173);
  WIDE_STEP(p, s, 0.11109392308322179);
  WIDE_STEP(p, s, -0.14285624891483523);
  WIDE_STEP(p, s, 0.19999998154086215);
  WIDE_STEP(p, s, -0.33333333326944142);
  return FMA(x * s, p, x);
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

TK_INLINE VF f32_atan(VF xf) {
  VW x = wide_of(xf), a = wide_abs(x);
  VWL outer = a > 1.0;
  VW y = wide_atan_unit(SEL(outer, 1.0 / a, a));
  return wide_narrow(wide_with_sign(SEL(outer, WIDE_HALF_PI - y, y), x));
}

TK_INLINE VF f32_atan2(VF yf, VF xf) {
  VW y = wide_of(yf), x = wide_of(xf), a = wide_abs(y), b = wide_abs(x);
  VWL swap = a > b;
  VW low = SEL(swap, b, a), high = SEL(swap, a, b);
  VW t = SEL(high == 0.0, high, low / high);
  t = SEL((low == INFINITY) & (high == INFINITY), wide_splat(1.0), t);
  VW r = wide_atan_unit(t);
  r = SEL(swap, WIDE_HALF_PI - r, r);
  r = SEL((VWL)x < 0, 2.0 * WIDE_HALF_PI - r, r);
  // NaN in either.
  r = SEL((x != x) | (y != y), x + y, r);
  return wide_narrow(wide_with_sign(r, y));
}

TK_INLINE VF f32_tan(VF xf) {
  VW x = wide_of(xf);
  VW shifted = FMA(x, wide_splat(0x1.45f306dc9c883p-1), wide_splat(0x1.8p52));
  VWL n = (VWL)shifted;
  VW nf = shifted - 0x1.8p52;
  VW r = FMA(nf, wide_splat(-0x1.921fb544p+0), x);
  r = FMA(nf, wide_splat(-0x1.0b4611a62633p-34), r);
  VW s = r * r;
  VW p = wide_splat(-2.4804654090463726e-8);
  WIDE_STEP(p, s, 2.7555980305015962e-6);
  WIDE_STEP(p, s, -0.00019841266881801285);
  WIDE_STEP(p, s, 0.0083333333310429709);
  WIDE_STEP(p, s, -0.16666666666663829);
  VW sine = FMA(r * s, p, r);
  VW q = wide_splat(2.069989810672882e-9);
  WIDE_STEP(q, s, -2.7556362097622343e-7);
  WIDE_STEP(q, s, 2.4801585185829283e-5);
  WIDE_STEP(q, s, -0.0013888888887251419);
  WIDE_STEP(q, s, 0.041666666666664638);
  VW cosine = FMA(s * s, q, FMA(s, wide_splat(-0.5), wide_splat(1.0)));
  VWL odd = (n & 1) != 0;
  VF y = wide_narrow(SEL(odd, -cosine, sine) / SEL(odd, sine, cosine));
  return f32_trig_large(xf, SEL(xf == 0.0f, xf, y), tanf);
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
