// The transforms of one row, for tiles of m = 4 and m = 2 results.
//
// They are those of Toom and Cook: m + 1 points and infinity. Tiles of four take 0, +-11/16, +-23/16: of all pairs of
// 32nds that were tried these leave the smallest error in the worst place of a tile, less than a third of what
// 0, +-1, +-2 leave, and their powers are exact floats. Tiles of two take 0, +-1. In the matrices of the literature
// `toward` is B^T, `out` is A^T, `back` is A, `weigh` is G and `unweigh` is G^T. ARCHITECTURE.md has a table of errors.

#define P 0.6875f
#define R 1.4375f
#define PP (P * P)
#define RR (R * R)
#define G_ZERO (1 / (0.6875 * 0.6875 * 1.4375 * 1.4375))
#define G_P (1 / (2 * 0.6875 * 0.6875 * (0.6875 * 0.6875 - 1.4375 * 1.4375)))
#define G_R (1 / (2 * 1.4375 * 1.4375 * (1.4375 * 1.4375 - 0.6875 * 0.6875)))

/// m + 2 numbers of the input to m + 2 frequencies.
INLINE void toward(int m, V *d) {
  if (m == 4) {
    V even = FMA((V)(-RR), d[2], d[4]), odd = FMA((V)(-RR), d[1], d[3]);
    V even2 = FMA((V)(-PP), d[2], d[4]), odd2 = FMA((V)(-PP), d[1], d[3]);
    V first = FMA((V)(PP * RR), d[0], FMA((V)(-(PP + RR)), d[2], d[4]));
    V last = FMA((V)(PP * RR), d[1], FMA((V)(-(PP + RR)), d[3], d[5]));
    d[0] = first;
    d[1] = FMA((V)P, odd, even);
    d[2] = FMA((V)(-P), odd, even);
    d[3] = FMA((V)R, odd2, even2);
    d[4] = FMA((V)(-R), odd2, even2);
    d[5] = last;
  } else {
    V first = d[2] - d[0], plus = d[2] + d[1], minus = d[2] - d[1], last = d[3] - d[1];
    d[0] = first;
    d[1] = plus;
    d[2] = minus;
    d[3] = last;
  }
}

/// m + 2 frequencies to m results.
INLINE void out(int m, V *y) {
  if (m == 4) {
    V even = y[1] + y[2], odd = y[1] - y[2], even2 = y[3] + y[4], odd2 = y[3] - y[4];
    y[0] = y[0] + even + even2;
    y[1] = FMA((V)R, odd2, P * odd);
    y[2] = FMA((V)RR, even2, PP * even);
    y[3] = FMA((V)(R * RR), odd2, FMA((V)(P * PP), odd, y[5]));
  } else {
    V first = y[0] + y[1] + y[2], last = y[1] - y[2] + y[3];
    y[0] = first;
    y[1] = last;
  }
}

/// The transposed of `out`: slopes of m results to slopes of m + 2 frequencies.
INLINE void back(int m, V *y) {
  if (m == 4) {
    V even = FMA((V)PP, y[2], y[0]), odd = FMA((V)PP, y[3], y[1]);
    V even2 = FMA((V)RR, y[2], y[0]), odd2 = FMA((V)RR, y[3], y[1]);
    y[5] = y[3];
    y[1] = FMA((V)P, odd, even);
    y[2] = FMA((V)(-P), odd, even);
    y[3] = FMA((V)R, odd2, even2);
    y[4] = FMA((V)(-R), odd2, even2);
  } else {
    V plus = y[0] + y[1], minus = y[0] - y[1];
    y[3] = y[1];
    y[1] = plus;
    y[2] = minus;
  }
}

/// Half as many lanes, in double precision: weights are rounded once.
typedef double D __attribute__((ext_vector_type(LANES / 2)));
typedef float HALF __attribute__((ext_vector_type(LANES / 2)));
typedef float LOOSE_HALF __attribute__((ext_vector_type(LANES / 2), aligned(4)));

#if LEVEL > 0 || defined(__aarch64__)
#define FMA_D(x, y, z) __builtin_elementwise_fma((x), (y), (z))
#else
#define FMA_D(x, y, z) ((x) * (y) + (z))
#endif

/// Three taps to m + 2 frequencies.
INLINE void weigh(int m, D *w) {
  if (m == 4) {
    D even = FMA_D((D)(G_P * PP), w[2], G_P * w[0]), odd = (G_P * P) * w[1];
    D even2 = FMA_D((D)(G_R * RR), w[2], G_R * w[0]), odd2 = (G_R * R) * w[1];
    w[5] = w[2];
    w[0] = G_ZERO * w[0];
    w[1] = even + odd;
    w[2] = even - odd;
    w[3] = even2 + odd2;
    w[4] = even2 - odd2;
  } else {
    D even = 0.5 * (w[0] + w[2]), odd = 0.5 * w[1];
    w[3] = w[2];
    w[0] = -w[0];
    w[1] = even + odd;
    w[2] = even - odd;
  }
}

/// The transposed of `weigh`: slopes of m + 2 frequencies to slopes of three taps.
INLINE void unweigh(int m, V *u) {
  if (m == 4) {
    V even = u[1] + u[2], odd = u[1] - u[2], even2 = u[3] + u[4], odd2 = u[3] - u[4];
    V first = FMA((V)(float)G_R, even2, FMA((V)(float)G_P, even, (float)G_ZERO * u[0]));
    u[1] = FMA((V)(float)(G_R * R), odd2, (float)(G_P * P) * odd);
    u[2] = FMA((V)(float)(G_R * RR), even2, FMA((V)(float)(G_P * PP), even, u[5]));
    u[0] = first;
  } else {
    V even = 0.5f * (u[1] + u[2]), odd = 0.5f * (u[1] - u[2]);
    u[0] = even - u[0];
    u[1] = odd;
    u[2] = even + u[3];
  }
}
