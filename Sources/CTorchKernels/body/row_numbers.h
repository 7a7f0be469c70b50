// Rows to one number each, and back. The including file has set REAL_T, REAL_V and REAL_NAME.

static void REAL_NAME(row_squares)(ptrdiff_t rows, ptrdiff_t cols, REAL_T *out, const REAL_T *x) {
  enum { lanes = sizeof(REAL_V) / sizeof(REAL_T) };
  for (; rows > 0; rows--, x += cols) {
    REAL_V s0 = (REAL_V)(REAL_T)0, s1 = s0, s2 = s0, s3 = s0;
    ptrdiff_t i = 0;
    for (; i + 4 * lanes <= cols; i += 4 * lanes) {
      REAL_V x0 = TK_LOAD(REAL_V, x + i), x1 = TK_LOAD(REAL_V, x + i + lanes);
      REAL_V x2 = TK_LOAD(REAL_V, x + i + 2 * lanes), x3 = TK_LOAD(REAL_V, x + i + 3 * lanes);
      s0 = FMA(x0, x0, s0);
      s1 = FMA(x1, x1, s1);
      s2 = FMA(x2, x2, s2);
      s3 = FMA(x3, x3, s3);
    }
    for (; i + lanes <= cols; i += lanes) {
      REAL_V x0 = TK_LOAD(REAL_V, x + i);
      s0 = FMA(x0, x0, s0);
    }
    s0 = (s0 + s1) + (s2 + s3);
    REAL_T sum = 0;
    for (int k = 0; k < lanes; k++) sum += s0[k];
    for (; i < cols; i++) sum += x[i] * x[i];
    *out++ = sum;
  }
}

static void REAL_NAME(stretch_rows)(ptrdiff_t rows, ptrdiff_t cols, REAL_T *out, const REAL_T *in) {
  enum { lanes = sizeof(REAL_V) / sizeof(REAL_T) };
  for (; rows > 0; rows--, out += cols) {
    REAL_T number = *in++;
    ptrdiff_t i = 0;
    for (; i + lanes <= cols; i += lanes) TK_STORE(REAL_V, out + i, (REAL_V)number);
    if (i == cols) continue;
    // The last vector goes back over what is done already.
    if (cols >= lanes) TK_STORE(REAL_V, out + cols - lanes, (REAL_V)number);
    else
      for (; i < cols; i++) out[i] = number;
  }
}
