// Functions that neither compiler has: series where they converge at once, asymptotic series far out. Programs of these ops have this
// text before that of pointwise.cl; no others carry it. All compute as wide as the device can, as the processor does.

#if defined(HAS_DOUBLE)
#define C(x) x
#else
#define C(x) JOIN(x, f)
#endif
#define PI_W C(3.14159265358979323846)
#define ROOT_HALF_W C(0.70710678118654752440)
#define ROOT_PI_W C(1.77245385090551602730)
#define ROOT_2PI_W C(2.50662827463100050242)

/// The derivative of lgamma: recurrence up to 10, then the asymptotic series.
DEVICE W log_gamma_slope(W x) {
  if (x == 0) return copysign(INFINITY_W, -x);
  if (x == INFINITY_W) return x;
  W sum = 0;
  if (x < 0) {
    W fraction = x - trunc(x);
    if (fraction == 0 || x == -INFINITY_W) return NAN_W;
    sum = -PI_W / tan(PI_W * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum -= 1 / x;
  W z = 1 / (x * x);
  W tail = C(691.0) / 32760 - z / 12;
  tail = C(1.0) / 132 - z * tail;
  tail = C(1.0) / 240 - z * tail;
  tail = C(1.0) / 252 - z * tail;
  tail = C(1.0) / 120 - z * tail;
  tail = C(1.0) / 12 - z * tail;
  return sum + log(x) - C(0.5) / x - z * tail;
}

/// The second derivative of lgamma: reflection below a half, recurrence up to 10, then the asymptotic series.
DEVICE W log_gamma_curvature(W x) {
  if (x == -INFINITY_W) return NAN_W;
  if (x == INFINITY_W) return 0;
  W sum = 0, sign = 1;
  if (x < C(0.5)) {
    if (x <= 0 && x == floor(x)) return INFINITY_W;
    W sine = sin(PI_W * x);
    sum = -PI_W * PI_W / (sine * sine);
    sign = -1;
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum += 1 / (x * x);
  W z = 1 / (x * x);
  W tail = C(5.0) / 66 - z * (C(691.0) / 2730);
  tail = C(1.0) / 30 - z * tail;
  tail = C(1.0) / 42 - z * tail;
  tail = C(1.0) / 30 - z * tail;
  tail = C(1.0) / 6 - z * tail;
  return sign * (sum + (1 + C(0.5) / x + z * tail) / x);
}

/// The sum of (k + q)^-x over k = 0, 1, ... where q is above 0: the first terms, then Euler and Maclaurin's formula.
DEVICE W zeta_above_zero(W x, W q) {
  W sum = pow(q, -x), a = q, term = sum;
  if (sum == 0) return x == INFINITY_W || q == INFINITY_W ? NAN_W : 0;
  while (a < 10 + x) {
    a += 1;
    term = pow(a, -x);
    sum += term;
    if (term <= C(1e-17) * sum) return sum;
  }
  // The last term was counted whole and stands at the end of the interval.
  sum += term * (a / (x - 1) - C(0.5));
  // Bernoulli's numbers B2, B4 and so on.
  const W bernoulli[10] = {C(1.0) / 6,       C(-1.0) / 30,  C(1.0) / 42,     C(-1.0) / 30,      C(5.0) / 66,
                           C(-691.0) / 2730, C(7.0) / 6,    C(-3617.0) / 510, C(43867.0) / 798, C(-174611.0) / 330};
  W factor = term * x / (2 * a), j = 2;
  for (int i = 0; i < 10; i++, j += 2) {
    W part = factor * bernoulli[i];
    sum += part;
    if (fabs(part) <= C(1e-18) * sum) break;
    factor *= (x + j - 1) * (x + j) / ((j + 1) * (j + 2) * a * a);
  }
  return sum;
}

DEVICE W hurwitz_zeta(W x, W q) {
  if (x == 1) return INFINITY_W;
  if (x < 1) return NAN_W;
  // Below zero the terms are mirrored: those up to q are all of them less those beyond. In this order, since near a half the first two
  // are all but equal where their signs differ. A negative number has a power of either sign only where the exponent is whole.
  W at[3] = {q, 1, 1}, sign = fmod(x, (W)2) == 0 ? 1 : -1, sum = 0;
  int count = 1;
  if (q <= 0) {
    if (q == floor(q)) return INFINITY_W;
    if (x != floor(x)) return NAN_W;
    at[0] = q - floor(q);
    at[1] = floor(q) + 1 - q;
    at[2] = 1 - q;
    count = 3;
  }
  for (int i = 0; i < count; i++) {
    W part = zeta_above_zero(x, at[i]);
    sum += i == 0 ? part : i == 1 ? sign * part : -sign * part;
  }
  return sum;
}

/// The n-th derivative of digamma.
DEVICE W log_gamma_derivative(W n, W x) {
  if (n == 0) return log_gamma_slope(x);
  if (n == 1) return log_gamma_curvature(x);
  W size = exp(lgamma(n + 1)) * hurwitz_zeta(n + 1, x);
  return fmod(n, (W)2) == 0 ? -size : size;
}

/// exp(-|x|) times the modified Bessel function of the first kind, of order 0 or 1.
DEVICE W scaled_bessel(int order, W x) {
  W size = fabs(x), v = order, term = 1, sum = 1, k = 0;
  if (size <= 30) {
    W quarter = size * size / 4;
    while (term > C(1e-18) * sum) {
      k += 1;
      term *= quarter / (k * (k + v));
      sum += term;
    }
    sum *= exp(-size) * (order == 0 ? 1 : size / 2);
  } else {
    // The terms shrink until k is about twice the size.
    while (fabs(term) > C(1e-18) && k < 60) {
      k += 1;
      W odd = 2 * k - 1;
      term *= (odd * odd - 4 * v * v) / (8 * k * size);
      sum += term;
    }
    sum /= sqrt(2 * PI_W * size);
  }
  return order == 1 && x < 0 ? -sum : sum;
}

/// exp(x * x) * erfc(x), without overflow where x is large.
DEVICE W scaled_erfc(W x) {
  if (x != x) return x;
  // The square with what rounding it lost.
  W square = x * x, lost = fma(x, x, -square);
  if (x < 6) {
    W growth = exp(square);
    if (x < 0 && growth == INFINITY_W) return growth;
    return growth * (1 + lost) * erfc(x);
  }
  W term = 1, sum = 1, k = 0;
  while (fabs(term) > C(1e-18) && k < 30) {
    term *= -(2 * k + 1) / (2 * square);
    sum += term;
    k += 1;
  }
  return sum / (x * ROOT_PI_W);
}

/// The logarithm of the normal distribution's cumulative function.
DEVICE W log_normal_share(W x) {
  W y = x * ROOT_HALF_W;
  return x < -1 ? log(scaled_erfc(-y) / 2) - x * x / 2 : log1p(-erfc(y) / 2);
}

/// The inverse of the normal distribution's cumulative function: a rational start value, then Halley's steps.
DEVICE W inverse_normal_share(W p) {
  if (!(p >= 0 && p <= 1)) return NAN_W;
  if (p == C(0.5)) return 0;
  // Of the two tails the lower one.
  W sign = p > C(0.5) ? -1 : 1;
  if (p > C(0.5)) p = 1 - p;
  if (p == 0) return -sign * INFINITY_W;
  W t = sqrt(-2 * log(p));
  W top = C(2.515517) + t * (C(0.802853) + t * C(0.010328));
  W bottom = 1 + t * (C(1.432788) + t * (C(0.189269) + t * C(0.001308)));
  W x = top / bottom - t;
  for (int i = 0; i < 3; i++) {
    W step = (erfc(-x * ROOT_HALF_W) / 2 - p) * ROOT_2PI_W * exp(x * x / 2);
    if (!(fabs(step) < INFINITY_W)) break;
    x -= step / (1 + x * step / 2);
  }
  return sign * x;
}

/// A coarse start, then three steps of third order on erf, or on erfc where erf is flat.
DEVICE W inverse_erf(W x) {
  W a = fabs(x);
  if (!(a < 1)) return a == 1 ? copysign(INFINITY_W, x) : NAN_W;
  if (a < C(1e-9)) return x * C(0.88622692545275801);
  W l = log1p(-a * a), h = 2 / (PI_W * C(0.147)) + C(0.5) * l;
  W t = sqrt(sqrt(h * h - l / C(0.147)) - h);
  for (int i = 0; i < 3; i++) {
    W error = a > C(0.5) ? (1 - a) - erfc(t) : erf(t) - a;
    W step = error / (C(1.12837916709551257) * exp(-t * t));
    t -= step / (1 + step * t);
  }
  return copysign(t, x);
}

DEVICE W entropy(W x) { return x != x ? x : x > 0 ? -x * log(x) : x == 0 ? 0 : -INFINITY_W; }
DEVICE W sine_by_angle(W x) { return x == 0 ? 1 : sin(PI_W * x) / (PI_W * x); }

/// x is held within eps and 1 - eps; a negative eps holds nothing.
DEVICE W log_odds(W x, W eps) {
  W held = eps < 0 ? x : x < eps ? eps : x > 1 - eps ? 1 - eps : x;
  return log(held / (1 - held));
}

/// x * 2^y, also where the power alone leaves the range.
DEVICE W times_power_of_2(W x, W y) {
  W half_way = floor(y / 2);
  return fabs(half_way) < INFINITY_W ? x * exp2(half_way) * exp2(y - half_way) : x * exp2(y);
}

/// A number is a mantissa from a half to 1 times a power of 2; 0, NaN and infinities are their own mantissas.
DEVICE W mantissa_of(W x) {
  int exponent;
  return fabs(x) < INFINITY_W && x != 0 ? frexp(x, &exponent) : x;
}
DEVICE W exponent_of(W x) {
  int exponent = 0;
  if (fabs(x) < INFINITY_W && x != 0) frexp(x, &exponent);
  return exponent;
}

/// The next number of the dtype on the way from x to y: patterns of bits grow as magnitudes do.
DEVICE T next_number(T x, T y) {
  if (x != x || y != y) return (T)NAN_W;
  if (x == y) return y;
#if IS_DOUBLE(X)
  i64 bits = AS_LONG(x), sign = AS_LONG(x == 0 ? y : x) < 0 ? (i64)HIGHEST_BIT : 0, size = bits & ~(i64)HIGHEST_BIT;
  return AS_DOUBLE(sign | (size == 0 || (x < y) == (x > 0) ? size + 1 : size - 1));
#else
  u32 sign = AS_UINT(x == 0 ? y : x) & 0x80000000u, size = AS_UINT(x) & 0x7fffffffu;
  i32 grows = size == 0 || (x < y) == (x > 0);
#if IS_F16(X)
  // Below its least normal number the steps are even; beyond the largest comes infinity, and before that the largest.
  float least = AS_FLOAT(0x33800000u), normal = AS_FLOAT(0x38800000u), magnitude = AS_FLOAT(size);
  if (grows ? magnitude < normal : magnitude <= normal) size = AS_UINT(grows ? magnitude + least : magnitude - least);
  else if (!grows && size == 0x7f800000u) size = AS_UINT(65504.0f);
  else size = grows ? size + 0x2000u : size - 0x2000u;
#else
  u32 step = IS_BF16(X) ? 0x10000u : 1u;
  size = grows ? size + step : size - step;
#endif
  return AS_FLOAT(sign | size);
#endif
}

#define UNARY_erfinv inverse_erf(x)
#define UNARY_digamma log_gamma_slope(x)
#define UNARY_trigamma log_gamma_curvature(x)
#define UNARY_polygamma log_gamma_derivative(a, x)
#define UNARY_logit log_odds(x, a)
#define UNARY_sinc sine_by_angle(x)
#define UNARY_i0 (scaled_bessel(0, x) * exp(fabs((W)x)))
#define UNARY_i0e scaled_bessel(0, x)
#define UNARY_i1 (scaled_bessel(1, x) * exp(fabs((W)x)))
#define UNARY_i1e scaled_bessel(1, x)
#define UNARY_erfcx scaled_erfc(x)
#define UNARY_logNdtr log_normal_share(x)
#define UNARY_ndtri inverse_normal_share(x)
#define UNARY_entr entropy(x)
#define UNARY_mantissa mantissa_of(x)
#define UNARY_binaryExponent exponent_of(x)
#define BINARY_nextafter next_number(x, y)
#define BINARY_zeta hurwitz_zeta(x, y)
#define BINARY_ldexp times_power_of_2(x, y)
