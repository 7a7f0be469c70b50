// Random numbers by Philox4x32-10: the stream of PyTorch on CUDA, and the same bits on every device.
//
// Each thread of PyTorch's has a part of the stream of its own, of blocks of four words, and fills places that lie as many apart as
// it has threads. Here an element of work is one block of one such thread, however many threads the device itself runs.
//
// Where a product is added to something, that is written as fma: compilers join the two as they like otherwise, and the last bits
// would be theirs. For the same reason logarithm, sine and cosine are this file's own. What is left is the square root of a float,
// which OpenCL lets devices round as they like.

// DRAW is one of these.
#define DRAW_UNIFORM 0
#define DRAW_NORMAL 1
#define DRAW_EXPONENTIAL 2
#define DRAW_BERNOULLI 3
#define DRAW_WHOLE 4
#define DRAW_LONG_WHOLE 5
#define DRAW_SHUFFLE 6

/// Four words for a place in the stream of a seed: place `low` of part `high`.
///
/// Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011.
DEVICE void philox(u64 seed, u64 low, u64 high, u32 *word) {
  u32 first_key = (u32)seed, second_key = (u32)(seed >> 32);
  u32 x = (u32)low, y = (u32)(low >> 32), z = (u32)high, w = (u32)(high >> 32);
  for (int round = 0; round < 10; round++) {
    u64 first = (u64)x * 0xD2511F53u, second = (u64)z * 0xCD9E8D57u;
    x = (u32)(second >> 32) ^ y ^ first_key;
    y = (u32)second;
    z = (u32)(first >> 32) ^ w ^ second_key;
    w = (u32)first;
    first_key += 0x9E3779B9u;
    second_key += 0xBB67AE85u;
  }
  word[0] = x;
  word[1] = y;
  word[2] = z;
  word[3] = w;
}

/// The block so many places behind `first`, which may carry into the part.
DEVICE void block_at(i64 seed, i64 first, i64 places, i64 part, u32 *word) {
  u64 low = (u64)first + (u64)places;
  philox((u64)seed, low, (u64)part + (low < (u64)first ? 1u : 0u), word);
}

#if DRAW == DRAW_SHUFFLE

/// Brings what has equal keys into an order that is drawn. Keys are sorted; the first of equal ones does it for all.
KERNEL shuffle_equals(i64 count, i64 seed, i64 first, IN(i64, keys), OUT(i64, o)) {
  EACH(i, count - 1) {
    i64 key = keys[keys_from + i];
    if (keys[keys_from + i + 1] != key || (i > 0 && keys[keys_from + i - 1] == key)) continue;
    i64 size = 2;
    while (i + size < count && keys[keys_from + i + size] == key) size++;
    u32 word[4];
    i64 taken = 0;
    for (i64 last = size - 1; last > 0; last--) {
      if (taken % 4 == 0) block_at(seed, first, taken / 4, i, word);
      u32 drawn = taken % 4 == 0 ? word[0] : taken % 4 == 1 ? word[1] : taken % 4 == 2 ? word[2] : word[3];
      i64 other = (i64)((u64)drawn % (u64)(last + 1));
      i64 kept = o[o_from + i + last];
      o[o_from + i + last] = o[o_from + i + other];
      o[o_from + i + other] = kept;
      taken++;
    }
  }
}

#else

#if IS_DOUBLE(O)
typedef double R;
#define AT_ONCE 2
#else
typedef float R;
#define AT_ONCE 4
#endif

#if DRAW == DRAW_LONG_WHOLE
#define PLACES 2
#elif DRAW == DRAW_WHOLE
#define PLACES 4
#else
#define PLACES AT_ONCE
#endif

#if DRAW == DRAW_UNIFORM || DRAW == DRAW_EXPONENTIAL || DRAW == DRAW_BERNOULLI || DRAW == DRAW_NORMAL

/// Above 0 and up to 1: the middle of the words' steps, as cuRAND has it.
#if IS_DOUBLE(O)
#define WIDE(word, i) ((word)[2 * (i)] ^ ((u64)(word)[2 * (i) + 1] << 21))
#define UNIT(word, i) fma((double)WIDE(word, i), 1.1102230246251565e-16, 5.5511151231257827e-17)
#else
#define UNIT(word, i) fma((float)(word)[i], 2.3283064365386963e-10f, 1.1641532182693481e-10f)
#endif

#endif

#if DRAW == DRAW_EXPONENTIAL || DRAW == DRAW_NORMAL

/// The natural logarithm of a number above 0, up to 1.
#if IS_DOUBLE(O)
DEVICE R logarithm(R x) {
  i64 bits = AS_LONG(x);
  i64 exponent = (bits >> 52) - 1023;
  R f = AS_DOUBLE((bits & 0xfffffffffffffL) | 0x3ff0000000000000L);
  if (f > 1.4142135623730951) {
    f = f * 0.5;
    exponent++;
  }
  f = f - 1.0;
  R s = f / (2.0 + f), z = s * s, w = z * z, half_f = 0.5 * f, e = (R)exponent;
  R odd = fma(w, fma(w, fma(w, 1.479819860511658591e-01, 1.818357216161805012e-01), 2.857142874366239149e-01),
              6.666666666666735130e-01);
  R even = w * fma(w, fma(w, 1.531383769920937332e-01, 2.222219843214978396e-01), 3.999999999940941908e-01);
  R rest = fma(s, fma(half_f, f, fma(z, odd, even)), e * 1.90821492927058770002e-10);
  R below = fma(half_f, f, -rest) - f;
  return fma(e, 6.93147180369123816490e-01, -below);
}
#else
DEVICE R logarithm(R x) {
  u32 bits = AS_UINT(x);
  i32 exponent = (i32)(bits >> 23) - 126;
  R f = AS_FLOAT((bits & 0x7fffffu) | 0x3f000000u);
  if (f < 0.707106781f) {
    f = f + f;
    exponent--;
  }
  f = f - 1.0f;
  R z = f * f, e = (R)exponent;
  R y = fma(7.0376836292e-2f, f, -1.1514610310e-1f);
  y = fma(y, f, 1.1676998740e-1f);
  y = fma(y, f, -1.2420140846e-1f);
  y = fma(y, f, 1.4249322787e-1f);
  y = fma(y, f, -1.6668057665e-1f);
  y = fma(y, f, 2.0000714765e-1f);
  y = fma(y, f, -2.4999993993e-1f);
  y = fma(y, f, 3.3333331174e-1f);
  R cube = f * z, low = e * -2.12194440e-4f;
  y = fma(y, cube, low);
  y = fma(-0.5f, z, y);
  return fma(e, 0.693359375f, f + y);
}
#endif

#endif

#if DRAW == DRAW_NORMAL

/// Sine and cosine of an angle: of a float in radians, of a double in half turns, both up to a whole turn.
#if IS_DOUBLE(O)
DEVICE void turned(R angle, R *sine, R *cosine) {
  R quarters = rint(angle * 2.0);
  int quarter = (int)quarters;
  R x = fma(quarters, -0.5, angle) * 3.14159265358979323846, z = x * x, cube = x * z;
  R s = fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08);
  s = fma(z, s, 2.75573137070700676789e-06);
  s = fma(z, s, -1.98412698298579493134e-04);
  s = fma(z, s, 8.33333333332248946124e-03);
  s = fma(z, s, -1.66666666666666324348e-01);
  s = fma(cube, s, x);
  R c = fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09);
  c = fma(z, c, -2.75573143513906633035e-07);
  c = fma(z, c, 2.48015872894767294178e-05);
  c = fma(z, c, -1.38888888888741095749e-03);
  c = fma(z, c, 4.16666666666666019037e-02);
  c = fma(z * z, c, fma(-0.5, z, 1.0));
#else
DEVICE void turned(R angle, R *sine, R *cosine) {
  R quarters = rint(angle * 0.636619772f);
  int quarter = (int)quarters;
  R x = fma(quarters, 4.37113883e-8f, fma(quarters, -1.57079637f, angle)), z = x * x, cube = x * z;
  R s = fma(z, -1.9515295891e-4f, 8.3321608736e-3f);
  s = fma(z, s, -1.6666654611e-1f);
  s = fma(cube, s, x);
  R c = fma(z, 2.443315711809948e-5f, -1.388731625493765e-3f);
  c = fma(z, c, 4.166664568298827e-2f);
  c = fma(z * z, c, fma(-0.5f, z, 1.0f));
#endif
  R up = quarter & 1 ? c : s, along = quarter & 1 ? s : c;
  *sine = quarter & 2 ? -up : up;
  *cosine = (quarter + 1) & 2 ? -along : along;
}

/// Two numbers of mean 0 and deviation 1 from two halves of a block, or of it all.
///
/// Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
DEVICE void normal_pair(const u32 *word, R *value) {
  R sine, cosine;
#if IS_DOUBLE(O)
  R angle = fma((double)WIDE(word, 1), 2.220446049250313e-16, 1.1102230246251565e-16);
#else
  R angle = fma((float)word[1], 1.46291807926715968e-9f, 7.3145903963357984e-10f);
#endif
  turned(angle, &sine, &cosine);
  R radius = sqrt((R)-2 * logarithm(UNIT(word, 0)));
  value[0] = sine * radius;
  value[1] = cosine * radius;
}

#endif

/// Fills `count` places as so many of PyTorch's `threads` do in so many rounds. What a, b and c are, and base, range and mask, is the
/// draw's own.
KERNEL draw(
  i64 count, i64 threads, i64 rounds, i64 seed, i64 first, R a, R b, R c, i64 base, i64 range, i64 mask, OUT(O, o)) {
  EACH(item, threads * rounds) {
    i64 round = item / threads, thread = item - round * threads, at = round * threads * PLACES + thread;
    if (at >= count) continue;
    u32 word[4];
    block_at(seed, first, round, thread, word);
#if DRAW == DRAW_NORMAL
    R value[AT_ONCE];
    normal_pair(word, value);
#if !IS_DOUBLE(O)
    normal_pair(word + 2, value + 2);
#endif
#endif
    for (int i = 0; i < PLACES && at < count; i++, at += threads) {
      i64 to = o_from + at;
#if DRAW == DRAW_UNIFORM
      // From a on, c wide; what reaches b becomes a.
      STORE(O, o, to, fma(UNIT(word, i), c, a));
      if (LOAD(O, o, to) == b) STORE(O, o, to, a);
#elif DRAW == DRAW_NORMAL
      STORE(O, o, to, fma(value[i], b, a));
#elif DRAW == DRAW_EXPONENTIAL
      // The logarithm is never 0: c is the least number below 1 that counts as 1, b what its logarithm is.
      R unit = UNIT(word, i);
      STORE(O, o, to, a * (unit >= c ? b : logarithm(unit)));
#elif DRAW == DRAW_BERNOULLI
      STORE(O, o, to, UNIT(word, i) < a ? 1 : 0);
#else
#if DRAW == DRAW_LONG_WHOLE
      u64 bits = (u64)word[2 * i] << 32 | word[2 * i + 1];
#else
      u64 bits = word[i];
#endif
      STORE(O, o, to, (i64)((bits % (u64)range + (u64)base) & (u64)mask));
#endif
    }
  }
}

#endif
