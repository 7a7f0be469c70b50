// Losses that are squares near 0 and straight lines beyond. The including file has set REAL_T, REAL_V and REAL_NAME.

static void REAL_NAME(bend)(ptrdiff_t n, REAL_T *out, const REAL_T *x, const REAL_T *y, const tk_bend *bend) {
  enum { lanes = sizeof(REAL_V) / sizeof(REAL_T) };
  REAL_T limit = (REAL_T)bend->limit, curve = (REAL_T)bend->curve, slope = (REAL_T)bend->slope;
  REAL_T half = (REAL_T)(bend->limit * 0.5);
  ptrdiff_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    TK_SOON(x + i);
    TK_SOON(y + i);
    TK_SOON_WRITTEN(out + i);
    REAL_V d = __builtin_elementwise_abs(TK_LOAD(REAL_V, x + i) - TK_LOAD(REAL_V, y + i));
    TK_STORE(REAL_V, out + i, SEL(d < limit, d * d * curve, (d - half) * slope));
  }
  for (; i < n; i++) {
    REAL_T d = __builtin_elementwise_abs(x[i] - y[i]);
    out[i] = d < limit ? d * d * curve : (d - half) * slope;
  }
}

static void REAL_NAME(bend_slope)(
  ptrdiff_t n, REAL_T *for_x, REAL_T *for_y, const REAL_T *gradient, int same, const REAL_T *x, const REAL_T *y,
  const tk_bend *bend) {
  enum { lanes = sizeof(REAL_V) / sizeof(REAL_T) };
  REAL_T steep = (REAL_T)(2 * bend->curve), most = (REAL_T)bend->slope;
  REAL_V one = (REAL_V)gradient[0];
  ptrdiff_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    TK_SOON(x + i);
    TK_SOON(y + i);
    REAL_V t = (TK_LOAD(REAL_V, x + i) - TK_LOAD(REAL_V, y + i)) * steep;
    t = SEL(t < -most, (REAL_V)(-most), t);
    t = SEL(t > most, (REAL_V)most, t);
    t *= same ? one : TK_LOAD(REAL_V, gradient + i);
    if (for_x) TK_STORE(REAL_V, for_x + i, t);
    if (for_y) TK_STORE(REAL_V, for_y + i, -t);
  }
  for (; i < n; i++) {
    REAL_T t = (x[i] - y[i]) * steep;
    t = t < -most ? -most : t > most ? most : t;
    t *= gradient[same ? 0 : i];
    if (for_x) for_x[i] = t;
    if (for_y) for_y[i] = -t;
  }
}
