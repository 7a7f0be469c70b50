// out = condition ? x : y, by item size.

#define SELECT_ROW(size, T, V) \
  typedef TK_VECTOR(int8_t, sizeof(V) / (size)) select_bytes_##size; \
  static void select_row_##size( \
    ptrdiff_t n, void *out, ptrdiff_t so, const void *condition, ptrdiff_t sc, const void *in, ptrdiff_t sx, \
    const void *in2, ptrdiff_t sy) { \
    enum { lanes = sizeof(V) / (size) }; \
    char *o = out; \
    const char *c = condition, *p = in, *q = in2; \
    int8_t cs[lanes]; \
    T xs[lanes], ys[lanes], result[lanes]; \
    ptrdiff_t i = 0; \
    if (n >= lanes && so == (size) && sc == 1 && (sx == (size) || sx == 0) && (sy == (size) || sy == 0)) { \
      const char *px = p, *py = q; \
      ptrdiff_t step_x = lanes * sx, step_y = lanes * sy; \
      if (sx == 0) { \
        tk_gather(size, xs, p, 0, 1, lanes); \
        px = (const char *)xs; \
      } \
      if (sy == 0) { \
        tk_gather(size, ys, q, 0, 1, lanes); \
        py = (const char *)ys; \
      } \
      for (; i + lanes <= n; i += lanes, px += step_x, py += step_y) { \
        V mask = __builtin_convertvector(TK_LOAD(select_bytes_##size, c + i), V); \
        V x = TK_LOAD(V, px), y = TK_LOAD(V, py); \
        TK_SOON(px); \
        TK_SOON(py); \
        TK_SOON_WRITTEN(o + i * (size)); \
        TK_STORE(V, o + i * (size), SEL(mask != 0, x, y)); \
      } \
    } \
    for (; i < n; i += lanes) { \
      ptrdiff_t count = n - i < lanes ? n - i : lanes; \
      tk_gather(1, cs, c + i * sc, sc, count, lanes); \
      tk_gather(size, xs, p + i * sx, sx, count, lanes); \
      tk_gather(size, ys, q + i * sy, sy, count, lanes); \
      V mask = __builtin_convertvector(TK_LOAD(select_bytes_##size, cs), V); \
      V x = TK_LOAD(V, xs), y = TK_LOAD(V, ys); \
      TK_STORE(V, result, SEL(mask != 0, x, y)); \
      tk_scatter(size, o + i * so, so, result, count); \
    } \
  }
SELECT_ROW(1, int8_t, VB)
SELECT_ROW(2, int16_t, VS)
SELECT_ROW(4, int32_t, VI)
SELECT_ROW(8, int64_t, VL)

tk_select_fn TK_ISA(tk_select)(ptrdiff_t item_size) {
  switch (item_size) {
    case 1: return select_row_1;
    case 2: return select_row_2;
    case 4: return select_row_4;
    case 8: return select_row_8;
    default: return NULL;
  }
}
