// The passes of a normalisation of each channel over batch and space, over one plane (all of one channel) or over pixels
// whose channels follow each other. The including file has set NUMBER and NORM(name).
// Sums go into float64 every few thousand numbers.

static void NORM(plane_moments)(ptrdiff_t n, const void *x_at, double *mean, double *spread) {
  const NUMBER *x = x_at;
  double total = 0;
  ptrdiff_t i = 0;
  while (i + 2 * LANES <= n) {
    V s0 = 0, s1 = 0;
    for (int k = 0; k < NORM_BLOCK && i + 2 * LANES <= n; k++, i += 2 * LANES) {
      s0 += load(x + i);
      s1 += load(x + i + LANES);
    }
    total += (double)sum_of(s0 + s1);
  }
  for (; i < n; i++) total += (double)one(x[i]);
  double exact = total / (double)n;
  float middle = (float)exact;
  total = 0;
  for (i = 0; i + 2 * LANES <= n;) {
    V s0 = 0, s1 = 0;
    for (int k = 0; k < NORM_BLOCK && i + 2 * LANES <= n; k++, i += 2 * LANES) {
      V d0 = load(x + i) - middle, d1 = load(x + i + LANES) - middle;
      s0 = FMA(d0, d0, s0);
      s1 = FMA(d1, d1, s1);
    }
    total += (double)sum_of(s0 + s1);
  }
  for (; i < n; i++) total += (double)(one(x[i]) - middle) * (double)(one(x[i]) - middle);
  *mean = exact;
  *spread = total;
}

static void NORM(plane_affine)(ptrdiff_t n, void *out_at, const void *x_at, const void *plus_at, float mean, float factor,
                              float shift, int relu) {
  NUMBER *out = out_at;
  const NUMBER *x = x_at;
  const NUMBER *plus = plus_at;
  ptrdiff_t i = 0;
#define AFFINE(PLUS, RELU) \
  for (; i + LANES <= n; i += LANES) { \
    V v = FMA(load(x + i) - mean, (V)factor, (V)shift); \
    if (PLUS) v += load(plus + i); \
    store(out + i, RELU ? at_least(v, 0) : v); \
  }
  if (plus && relu) AFFINE(1, 1)
  else if (plus) AFFINE(1, 0)
  else if (relu) AFFINE(0, 1)
  else AFFINE(0, 0)
#undef AFFINE
  if (i == n) return;
  V v = FMA(load_some(x + i, n - i) - mean, (V)factor, (V)shift);
  if (plus) v += load_some(plus + i, n - i);
  store_some(out + i, n - i, relu ? at_least(v, 0) : v);
}

static void NORM(plane_slopes)(ptrdiff_t n, const void *g_at, const void *x_at, const void *result_at, float mean, double *sum,
                              double *along) {
  const NUMBER *g = g_at;
  const NUMBER *x = x_at;
  const NUMBER *result = result_at;
  double total = 0, product = 0;
  ptrdiff_t i = 0;
#define SLOPES(MASK) \
  while (i + LANES <= n) { \
    V s0 = 0, p0 = 0, s1 = 0, p1 = 0; \
    for (int k = 0; k < NORM_BLOCK && i + LANES <= n; k++, i += LANES) { \
      V v = load(g + i); \
      if (MASK) v = passed(v, load(result + i)); \
      V d = load(x + i) - mean; \
      if (k & 1) s1 += v, p1 = FMA(v, d, p1); \
      else s0 += v, p0 = FMA(v, d, p0); \
    } \
    total += (double)sum_of(s0 + s1); \
    product += (double)sum_of(p0 + p1); \
  }
  if (result) SLOPES(1)
  else SLOPES(0)
#undef SLOPES
  for (; i < n; i++) {
    if (result && one(result[i]) <= 0) continue;
    total += (double)one(g[i]);
    product += (double)one(g[i]) * (double)(one(x[i]) - mean);
  }
  *sum = total;
  *along = product;
}

static void NORM(plane_combine)(ptrdiff_t n, void *dx_at, void *dplus_at, const void *g_at, const void *x_at, const void *result_at,
                               float mean, float by_g, float by_x, float shift) {
  NUMBER *dx = dx_at;
  NUMBER *dplus = dplus_at;
  const NUMBER *g = g_at;
  const NUMBER *x = x_at;
  const NUMBER *result = result_at;
  for (ptrdiff_t i = 0; i < n; i += LANES) {
    bool whole = i + LANES <= n;
    V v = whole ? load(g + i) : load_some(g + i, n - i), at = whole ? load(x + i) : load_some(x + i, n - i);
    if (result) v = passed(v, whole ? load(result + i) : load_some(result + i, n - i));
    V slope = FMA(at - mean, (V)by_x, FMA(v, (V)by_g, (V)shift));
    if (whole) {
      if (dx) store(dx + i, slope);
      if (dplus) store(dplus + i, v);
    } else {
      if (dx) store_some(dx + i, n - i, slope);
      if (dplus) store_some(dplus + i, n - i, v);
    }
  }
}

// Pixels: `count` channels at hand of the `channels` that a pixel has; up to LANES of them.

static void NORM(pixel_moments)(ptrdiff_t pixels, ptrdiff_t channels, ptrdiff_t count, const void *x_at, double *mean,
                               double *spread) {
  const NUMBER *x = x_at;
  for (ptrdiff_t c = 0; c < count; c += LANES) {
    ptrdiff_t left = count - c;
    bool whole = left >= LANES;
    double total[LANES] = {0}, squares[LANES] = {0};
    for (ptrdiff_t i = 0; i < pixels;) {
      V s = 0;
      for (int k = 0; k < NORM_BLOCK && i < pixels; k++, i++)
        s += whole ? load(x + i * channels + c) : load_some(x + i * channels + c, left);
      add_lanes(total, s);
    }
    float middle[LANES];
    UNROLL for (int i = 0; i < LANES; i++) total[i] /= (double)pixels, middle[i] = (float)total[i];
    V around = load(middle);
    for (ptrdiff_t i = 0; i < pixels;) {
      V s = 0;
      for (int k = 0; k < NORM_BLOCK && i < pixels; k++, i++) {
        V d = (whole ? load(x + i * channels + c) : load_some(x + i * channels + c, left)) - around;
        s = FMA(d, d, s);
      }
      add_lanes(squares, s);
    }
    for (ptrdiff_t i = 0; i < LANES && i < left; i++) mean[c + i] = total[i], spread[c + i] = squares[i];
  }
}

static void NORM(pixel_slopes)(ptrdiff_t pixels, ptrdiff_t channels, ptrdiff_t count, const void *g_at, const void *x_at,
                              const void *result_at, const float *mean, double *sum, double *along) {
  const NUMBER *g = g_at;
  const NUMBER *x = x_at;
  const NUMBER *result = result_at;
  for (ptrdiff_t c = 0; c < count; c += LANES) {
    ptrdiff_t left = count - c;
    bool whole = left >= LANES;
    double total[LANES] = {0}, product[LANES] = {0};
    V middle = whole ? load(mean + c) : load_some(mean + c, left);
    for (ptrdiff_t i = 0; i < pixels;) {
      V s = 0, p = 0;
      for (int k = 0; k < NORM_BLOCK && i < pixels; k++, i++) {
        ptrdiff_t at = i * channels + c;
        V v = whole ? load(g + at) : load_some(g + at, left);
        if (result) v = passed(v, whole ? load(result + at) : load_some(result + at, left));
        s += v;
        p = FMA(v, (whole ? load(x + at) : load_some(x + at, left)) - middle, p);
      }
      add_lanes(total, s);
      add_lanes(product, p);
    }
    for (ptrdiff_t i = 0; i < LANES && i < left; i++) sum[c + i] = total[i], along[c + i] = product[i];
  }
}

static void NORM(pixel_affine)(ptrdiff_t pixels, ptrdiff_t channels, void *out_at, const void *x_at, const void *plus_at,
                              const float *mean, const float *factor, const float *shift, int relu) {
  NUMBER *out = out_at;
  const NUMBER *x = x_at;
  const NUMBER *plus = plus_at;
  for (; pixels > 0; pixels--, x += channels, out += channels) {
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      ptrdiff_t left = channels - c;
      if (left >= LANES) {
        V v = FMA(load(x + c) - load(mean + c), load(factor + c), load(shift + c));
        if (plus) v += load(plus + c);
        store(out + c, relu ? at_least(v, 0) : v);
      } else {
        V v = FMA(load_some(x + c, left) - load_some(mean + c, left), load_some(factor + c, left),
                  load_some(shift + c, left));
        if (plus) v += load_some(plus + c, left);
        store_some(out + c, left, relu ? at_least(v, 0) : v);
      }
    }
    if (plus) plus += channels;
  }
}

static void NORM(pixel_combine)(ptrdiff_t pixels, ptrdiff_t channels, void *dx_at, void *dplus_at, const void *g_at,
                               const void *x_at, const void *result_at, const float *mean, const float *by_g,
                               const float *by_x, const float *shift) {
  NUMBER *dx = dx_at;
  NUMBER *dplus = dplus_at;
  const NUMBER *g = g_at;
  const NUMBER *x = x_at;
  const NUMBER *result = result_at;
  for (ptrdiff_t first = 0; first < pixels * channels; first += channels) {
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      ptrdiff_t left = channels - c, at = first + c;
      bool whole = left >= LANES;
#define GET(p) (whole ? load(p) : load_some(p, left))
      V v = GET(g + at);
      if (result) v = passed(v, GET(result + at));
      V slope = FMA(GET(x + at) - GET(mean + c), GET(by_x + c), FMA(v, GET(by_g + c), GET(shift + c)));
#undef GET
      if (whole) {
        if (dx) store(dx + at, slope);
        if (dplus) store(dplus + at, v);
      } else {
        if (dx) store_some(dx + at, left, slope);
        if (dplus) store_some(dplus + at, left, v);
      }
    }
  }
}

const struct norm_kernels NORM(cl_norms) = {
  .item = sizeof(NUMBER), .plane_moments = NORM(plane_moments), .plane_affine = NORM(plane_affine),
  .plane_slopes = NORM(plane_slopes), .plane_combine = NORM(plane_combine), .pixel_moments = NORM(pixel_moments),
  .pixel_affine = NORM(pixel_affine), .pixel_slopes = NORM(pixel_slopes), .pixel_combine = NORM(pixel_combine),
};
