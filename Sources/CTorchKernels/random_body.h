// Compiled once per instruction set by random.c, which defines CT_NAME(x).
// Every fused multiply-add is written out and nothing else is contracted (see random.c), so that all
// compilations give the same bits: with the instruction where the CPU has it, by libm's fma where not.

static void CT_NAME(refill)(uint32_t *state) {
  // The three loops read only words that are old, or new and at least 227 behind: they vectorise.
#define CT_TWIST(u, v) ((((u) & 0x80000000u) | ((v) & 0x7fffffffu)) >> 1 ^ (-((v) & 1u) & 0x9908b0dfu))
  for (int i = 0; i < 227; i++) state[i] = state[i + 397] ^ CT_TWIST(state[i], state[i + 1]);
  for (int i = 227; i < 623; i++) state[i] = state[i - 227] ^ CT_TWIST(state[i], state[i + 1]);
  state[623] = state[396] ^ CT_TWIST(state[623], state[0]);
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
  for (long i = 0; i < n; i++) {
    uint64_t high = ct_mt_temper(words[2 * i]) & 0x1fffffu;
    uint64_t bits = high << 32 | ct_mt_temper(words[2 * i + 1]);
    out[i] = bits < threshold;
  }
}

// ln x for 0 < x <= 1: the single precision minimax polynomial of Moshier's Cephes library on
// [sqrt(1/2), sqrt 2], with ln 2 added in two pieces.
static inline float CT_NAME(log)(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  float exponent = (float)((int32_t)(bits >> 23) - 126);
  bits = (bits & 0x007fffffu) | 0x3f000000u;
  float m;
  __builtin_memcpy(&m, &bits, 4);
  int low = m < 0.707106781186547524f;
  exponent -= low ? 1.0f : 0.0f;
  float t = (m - 1.0f) + (low ? m : 0.0f);
  float z = t * t;
  float p = 7.0376836292e-2f;
  p = __builtin_fmaf(p, t, -1.1514610310e-1f);
  p = __builtin_fmaf(p, t, 1.1676998740e-1f);
  p = __builtin_fmaf(p, t, -1.2420140846e-1f);
  p = __builtin_fmaf(p, t, 1.4249322787e-1f);
  p = __builtin_fmaf(p, t, -1.6668057665e-1f);
  p = __builtin_fmaf(p, t, 2.0000714765e-1f);
  p = __builtin_fmaf(p, t, -2.4999993993e-1f);
  p = __builtin_fmaf(p, t, 3.3333331174e-1f);
  float r = __builtin_fmaf(p * t, z, exponent * -2.12194440e-4f);
  r = __builtin_fmaf(-0.5f, z, r);
  return __builtin_fmaf(exponent, 0.693359375f, t + r);
}

static void CT_NAME(normal16_f32)(float *data, long blocks, float mean, float std) {
  for (long b = 0; b < blocks; b++, data += 16) {
    float cosines[8], sines[8];
    for (int k = 0; k < 8; k++) {
      float radius = __builtin_sqrtf(-2.0f * CT_NAME(log)(1.0f - data[k]));
      // The angle, reduced to [-pi/4, pi/4] by an even multiple j of pi/4 taken off in three pieces.
      float angle = data[k + 8] * 6.283185307179586f;
      int32_t j = ((int32_t)(angle * 1.27323954473516f) + 1) & ~1;
      float q = (float)j;
      float x = __builtin_fmaf(q, -0.78515625f, angle);
      x = __builtin_fmaf(q, -2.4187564849853515625e-4f, x);
      x = __builtin_fmaf(q, -3.77489497744594108e-8f, x);
      float z = x * x;
      // Cephes' cosine and sine of the reduced angle.
      float c = 2.443315711809948e-5f;
      c = __builtin_fmaf(c, z, -1.388731625493765e-3f);
      c = __builtin_fmaf(c, z, 4.166664568298827e-2f);
      c = __builtin_fmaf(c * z, z, -0.5f * z) + 1.0f;
      float s = -1.9515295891e-4f;
      s = __builtin_fmaf(s, z, 8.3321608736e-3f);
      s = __builtin_fmaf(s, z, -1.6666654611e-1f);
      s = __builtin_fmaf(s * z, x, x);
      float cosine = j & 2 ? s : c, sine = j & 2 ? c : s;
      cosine = (j + 2) & 4 ? -cosine : cosine;
      sine = j & 4 ? -sine : sine;
      cosines[k] = __builtin_fmaf(radius * cosine, std, mean);
      sines[k] = __builtin_fmaf(radius * sine, std, mean);
    }
    for (int k = 0; k < 8; k++) {
      data[k] = cosines[k];
      data[k + 8] = sines[k];
    }
  }
}
