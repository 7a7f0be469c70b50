// Compiled once per instruction set by random.c, which defines CT_NAME(x).
// Every fused multiply-add is written out and nothing else is contracted (see random.c), so that all
// compilations give the same bits: with the instruction where the CPU has it, by libm's fma where not.

static inline CT_WORDS CT_NAME(load)(const uint32_t *from) {
  CT_WORDS v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

static void CT_NAME(refill)(uint32_t *state) {
  enum { lanes = sizeof(CT_WORDS) / sizeof(uint32_t) };
#define CT_TWIST(u, v) ((((u) & 0x80000000u) | ((v) & 0x7fffffffu)) >> 1 ^ (-((v) & 1u) & 0x9908b0dfu))
  // Words [from, to) out of those `ahead` of them, which are old, or new and at least 227 behind.
#define CT_TWISTS(from, to, ahead) \
  do { \
    int i = from; \
    for (; i + lanes <= (to); i += lanes) { \
      CT_WORDS u = CT_NAME(load)(state + i), v = CT_NAME(load)(state + i + 1); \
      CT_WORDS next = CT_NAME(load)(state + i + (ahead)) ^ CT_TWIST(u, v); \
      __builtin_memcpy(state + i, &next, sizeof next); \
    } \
    for (; i < (to); i++) state[i] = state[i + (ahead)] ^ CT_TWIST(state[i], state[i + 1]); \
  } while (0)
  CT_TWISTS(0, 227, 397);
  CT_TWISTS(227, 623, -227);
  state[623] = state[396] ^ CT_TWIST(state[623], state[0]);
#undef CT_TWISTS
#undef CT_TWIST
}

static void CT_NAME(uniform_f32)(const uint32_t *restrict words, float *restrict out, long n, float from,
                                 float range) {
  for (long i = 0; i < n; i++) {
    float u = (float)(int32_t)(ct_mt_temper(words[i]) & 0xffffffu) * 0x1p-24f;
    out[i] = __builtin_fmaf(u, range, from);
  }
}

static void CT_NAME(uniform_f64)(const uint32_t *restrict words, double *restrict out, long n, double from,
                                 double range) {
  for (long i = 0; i < n; i++) {
    uint64_t high = ct_mt_temper(words[2 * i]) & 0x1fffffu;
    uint64_t bits = high << 32 | ct_mt_temper(words[2 * i + 1]);
    out[i] = __builtin_fma((double)(int64_t)bits * 0x1p-53, range, from);
  }
}

static void CT_NAME(bernoulli_u8)(const uint32_t *restrict words, uint8_t *restrict out, long n,
                                  uint64_t threshold) {
  enum { lanes = sizeof(CT_PAIRS) / sizeof(int64_t) };
  long i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (; i + lanes <= n; i += lanes) {
    CT_WORDS y = CT_NAME(load)(words + 2 * i);
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    y ^= y >> 18;
    // The first word of a pair is the high half.
    CT_UPAIRS pair = (CT_UPAIRS)y;
    CT_PAIRS bits = (CT_PAIRS)((pair << 32 | pair >> 32) & 0x1fffffffffffffu);
    CT_FLAGS flags = __builtin_convertvector(bits < (CT_PAIRS)(int64_t)threshold, CT_FLAGS) & 1;
    __builtin_memcpy(out + i, &flags, lanes);
  }
#endif
  for (; i < n; i++) {
    uint64_t high = ct_mt_temper(words[2 * i]) & 0x1fffffu;
    uint64_t bits = high << 32 | ct_mt_temper(words[2 * i + 1]);
    out[i] = bits < threshold;
  }
}

// ln x for 0 < x <= 1: the single precision minimax polynomial of Moshier's Cephes library on
// [sqrt(1/2), sqrt 2], with ln 2 added in two pieces.
static inline ct_f32x8 CT_NAME(log)(ct_f32x8 x) {
  ct_i32x8 bits = (ct_i32x8)x;
  ct_f32x8 exponent = __builtin_convertvector((bits >> 23) - 126, ct_f32x8);
  ct_f32x8 m = (ct_f32x8)((bits & 0x007fffff) | 0x3f000000);
  ct_i32x8 low = m < 0.707106781186547524f;
  exponent -= (ct_f32x8)((ct_i32x8)(ct_f32x8)(1.0f) & low);
  ct_f32x8 t = (m - 1.0f) + (ct_f32x8)((ct_i32x8)m & low);
  ct_f32x8 z = t * t;
  ct_f32x8 p = CT_FMA((ct_f32x8)(7.0376836292e-2f), t, (ct_f32x8)(-1.1514610310e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(1.1676998740e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(-1.2420140846e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(1.4249322787e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(-1.6668057665e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(2.0000714765e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(-2.4999993993e-1f));
  p = CT_FMA(p, t, (ct_f32x8)(3.3333331174e-1f));
  ct_f32x8 r = CT_FMA(p * t, z, exponent * -2.12194440e-4f);
  r = CT_FMA((ct_f32x8)(-0.5f), z, r);
  return CT_FMA(exponent, (ct_f32x8)(0.693359375f), t + r);
}

static void CT_NAME(normal16_f32)(float *data, long blocks, float mean, float std) {
  ct_f32x8 means = mean, stds = std;
  for (long b = 0; b < blocks; b++, data += 16) {
    ct_f32x8 u1, u2;
    __builtin_memcpy(&u1, data, sizeof u1);
    __builtin_memcpy(&u2, data + 8, sizeof u2);
    ct_f32x8 radius = __builtin_elementwise_sqrt(-2.0f * CT_NAME(log)(1.0f - u1));
    // The angle, reduced to [-pi/4, pi/4] by an even multiple j of pi/4 taken off in three pieces.
    ct_f32x8 angle = u2 * 6.283185307179586f;
    ct_i32x8 j = (__builtin_convertvector(angle * 1.27323954473516f, ct_i32x8) + 1) & ~1;
    ct_f32x8 q = __builtin_convertvector(j, ct_f32x8);
    ct_f32x8 x = CT_FMA(q, (ct_f32x8)(-0.78515625f), angle);
    x = CT_FMA(q, (ct_f32x8)(-2.4187564849853515625e-4f), x);
    x = CT_FMA(q, (ct_f32x8)(-3.77489497744594108e-8f), x);
    ct_f32x8 z = x * x;
    // Cephes' cosine and sine of the reduced angle.
    ct_f32x8 c = CT_FMA((ct_f32x8)(2.443315711809948e-5f), z, (ct_f32x8)(-1.388731625493765e-3f));
    c = CT_FMA(c, z, (ct_f32x8)(4.166664568298827e-2f));
    c = CT_FMA(c * z, z, -0.5f * z) + 1.0f;
    ct_f32x8 s = CT_FMA((ct_f32x8)(-1.9515295891e-4f), z, (ct_f32x8)(8.3321608736e-3f));
    s = CT_FMA(s, z, (ct_f32x8)(-1.6666654611e-1f));
    s = CT_FMA(s * z, x, x);
    // Odd quadrants swap the two; bit 2 of j, and of j + 2, is the sign.
    ct_i32x8 odd = (j & 2) != 0;
    ct_i32x8 cosine = ((ct_i32x8)s & odd) | ((ct_i32x8)c & ~odd);
    ct_i32x8 sine = ((ct_i32x8)c & odd) | ((ct_i32x8)s & ~odd);
    cosine ^= ((j + 2) & 4) << 29;
    sine ^= (j & 4) << 29;
    ct_f32x8 first = CT_FMA(radius * (ct_f32x8)cosine, stds, means);
    ct_f32x8 second = CT_FMA(radius * (ct_f32x8)sine, stds, means);
    __builtin_memcpy(data, &first, sizeof first);
    __builtin_memcpy(data + 8, &second, sizeof second);
  }
}
