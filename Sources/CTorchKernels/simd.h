// Vectors of TK_VB bytes and the moves every kernel body uses. Included once per compilation by isa_begin.h.

#define TK_OUTLINE static __attribute__((noinline, unused))
#define TK_VECTOR(T, lanes) T __attribute__((ext_vector_type(lanes)))

// 64-bit lanes are `long`, which is what comparing doubles gives.
typedef float VF __attribute__((ext_vector_type(TK_VB / 4)));
typedef int32_t VI __attribute__((ext_vector_type(TK_VB / 4)));
typedef uint32_t VUI __attribute__((ext_vector_type(TK_VB / 4)));
typedef double VD __attribute__((ext_vector_type(TK_VB / 8)));
typedef long VL __attribute__((ext_vector_type(TK_VB / 8)));
typedef unsigned long VUL __attribute__((ext_vector_type(TK_VB / 8)));
typedef int8_t VB __attribute__((ext_vector_type(TK_VB)));
typedef uint8_t VUB __attribute__((ext_vector_type(TK_VB)));
typedef int16_t VS __attribute__((ext_vector_type(TK_VB / 2)));
typedef uint16_t VUS __attribute__((ext_vector_type(TK_VB / 2)));

// Lane by lane; `mask` is the result of a comparison.
#define SEL(mask, yes, no) ((mask) ? (yes) : (no))

// The lanes of a vector as one number: the upper half is joined with the lower, again and again, down to 16 bytes first.
#if TK_VB == 64
#define TK_LAST(T, v, JOIN) \
  ({ \
    typedef TK_VECTOR(T, 32 / sizeof(T)) Half_; \
    Half_ half_ = JOIN((v).lo, (v).hi); \
    JOIN(half_.lo, half_.hi); \
  })
#elif TK_VB == 32
#define TK_LAST(T, v, JOIN) JOIN((v).lo, (v).hi)
#else
#define TK_LAST(T, v, JOIN) (v)
#endif
#define TK_DEFINE_ACROSS_F32(name, JOIN) \
  TK_INLINE float name(VF v) { \
    TK_VECTOR(float, 4) four = TK_LAST(float, v, JOIN); \
    TK_VECTOR(float, 2) two = JOIN(four.lo, four.hi); \
    return JOIN(two.x, two.y); \
  }
#define TK_DEFINE_ACROSS_F64(name, JOIN) \
  TK_INLINE double name(VD v) { \
    TK_VECTOR(double, 2) two = TK_LAST(double, v, JOIN); \
    return JOIN(two.x, two.y); \
  }
#define TK_JOIN_SUM(x, y) ((x) + (y))
#define TK_JOIN_TOP(x, y) SEL((x) > (y), (x), (y))
TK_DEFINE_ACROSS_F32(tk_sum_f32, TK_JOIN_SUM)
TK_DEFINE_ACROSS_F32(tk_top_f32, TK_JOIN_TOP)
TK_DEFINE_ACROSS_F64(tk_sum_f64, TK_JOIN_SUM)
#undef TK_DEFINE_ACROSS_F32
#undef TK_DEFINE_ACROSS_F64
#undef TK_JOIN_SUM
#undef TK_JOIN_TOP
#undef TK_LAST

// Memory is never assumed to be aligned.
#define TK_LOAD(V, p) \
  ({ \
    V loaded_; \
    memcpy(&loaded_, (p), sizeof(V)); \
    loaded_; \
  })
#define TK_STORE(V, p, v) \
  do { \
    V stored_ = (v); \
    memcpy((p), &stored_, sizeof(V)); \
  } while (0)

// Moves `count` strided items into a block of `lanes`, padding with the first, and back out.
#define TK_DEFINE_MOVES(size, T) \
  TK_OUTLINE void tk_gather_##size(T *block, const char *p, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t lanes) { \
    if (stride == (size)) { \
      memcpy(block, p, (size_t)count * (size)); \
    } else { \
      for (ptrdiff_t i = 0; i < count; i++) memcpy(block + i, p + i * stride, size); \
    } \
    for (ptrdiff_t i = count; i < lanes; i++) block[i] = block[0]; \
  } \
  TK_OUTLINE void tk_scatter_##size(char *p, ptrdiff_t stride, const T *block, ptrdiff_t count) { \
    if (stride == (size)) { \
      memcpy(p, block, (size_t)count * (size)); \
    } else { \
      for (ptrdiff_t i = 0; i < count; i++) memcpy(p + i * stride, block + i, size); \
    } \
  }
TK_DEFINE_MOVES(1, uint8_t)
TK_DEFINE_MOVES(2, uint16_t)
TK_DEFINE_MOVES(4, uint32_t)
TK_DEFINE_MOVES(8, uint64_t)
#undef TK_DEFINE_MOVES

TK_INLINE void tk_gather(ptrdiff_t size, void *block, const char *p, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t lanes) {
  switch (size) {
    case 1: tk_gather_1(block, p, stride, count, lanes); break;
    case 2: tk_gather_2(block, p, stride, count, lanes); break;
    case 4: tk_gather_4(block, p, stride, count, lanes); break;
    default: tk_gather_8(block, p, stride, count, lanes); break;
  }
}

TK_INLINE void tk_scatter(ptrdiff_t size, char *p, ptrdiff_t stride, const void *block, ptrdiff_t count) {
  switch (size) {
    case 1: tk_scatter_1(p, stride, block, count); break;
    case 2: tk_scatter_2(p, stride, block, count); break;
    case 4: tk_scatter_4(p, stride, block, count); break;
    default: tk_scatter_8(p, stride, block, count); break;
  }
}

// Asks for memory that a row comes to soon. The machine looks ahead by itself only as far as it can see instructions, which
// for a long function of each number is not far: rows of several megabytes were up to three times slower without this.
#define TK_AHEAD 1536
#define TK_SOON(p) __builtin_prefetch((const char *)(p) + TK_AHEAD, 0, 3)
#define TK_SOON_WRITTEN(p) __builtin_prefetch((const char *)(p) + TK_AHEAD, 1, 3)

// A row function out = EXPR of `x` (VX of TX items) giving a VO of TO items, equal lanes. EXPR may use a, b and what SETUP declares.
#define TK_UNARY_ROW(fname, TX, VX, TO, VO, SETUP, EXPR) \
  static void fname(ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, double a, double b) { \
    enum { lanes = sizeof(VX) / sizeof(TX) }; \
    (void)a; \
    (void)b; \
    SETUP; \
    char *o = out; \
    const char *p = in; \
    ptrdiff_t i = 0; \
    if (so == sizeof(TO) && sx == sizeof(TX)) { \
      for (; i + lanes <= n; i += lanes) { \
        VX x = TK_LOAD(VX, p + i * (ptrdiff_t)sizeof(TX)); \
        TK_SOON(p + i * (ptrdiff_t)sizeof(TX)); \
        TK_SOON_WRITTEN(o + i * (ptrdiff_t)sizeof(TO)); \
        TK_STORE(VO, o + i * (ptrdiff_t)sizeof(TO), EXPR); \
      } \
    } \
    TX block[lanes]; \
    TO result[lanes]; \
    for (ptrdiff_t first = 1; i < n; i += lanes, first = 0) { \
      ptrdiff_t count = n - i < lanes ? n - i : lanes; \
      if (first || sx != 0) { \
        tk_gather(sizeof(TX), block, p + i * sx, sx, count, lanes); \
        VX x = TK_LOAD(VX, block); \
        TK_STORE(VO, result, EXPR); \
      } \
      tk_scatter(sizeof(TO), o + i * so, so, result, count); \
    } \
  }

// The same for EXPR of `x` and `y`. A constant operand is read from a block again and again.
#define TK_BINARY_ROW(fname, TX, VX, TO, VO, SETUP, EXPR) \
  static void fname( \
    ptrdiff_t n, void *out, ptrdiff_t so, const void *in, ptrdiff_t sx, const void *in2, ptrdiff_t sy, double alpha) { \
    enum { lanes = sizeof(VX) / sizeof(TX) }; \
    (void)alpha; \
    SETUP; \
    char *o = out; \
    const char *p = in, *q = in2; \
    TX xs[lanes], ys[lanes]; \
    TO result[lanes]; \
    ptrdiff_t i = 0; \
    ptrdiff_t size = sizeof(TX); \
    if (n >= lanes && so == sizeof(TO) && (sx == size || sx == 0) && (sy == size || sy == 0)) { \
      const char *px = p, *py = q; \
      ptrdiff_t step_x = lanes * sx, step_y = lanes * sy; \
      if (sx == 0) { \
        tk_gather(sizeof(TX), xs, p, 0, 1, lanes); \
        px = (const char *)xs; \
      } \
      if (sy == 0) { \
        tk_gather(sizeof(TX), ys, q, 0, 1, lanes); \
        py = (const char *)ys; \
      } \
      for (; i + lanes <= n; i += lanes, px += step_x, py += step_y) { \
        VX x = TK_LOAD(VX, px), y = TK_LOAD(VX, py); \
        TK_SOON(px); \
        TK_SOON(py); \
        TK_SOON_WRITTEN(o + i * (ptrdiff_t)sizeof(TO)); \
        TK_STORE(VO, o + i * (ptrdiff_t)sizeof(TO), EXPR); \
      } \
    } \
    for (; i < n; i += lanes) { \
      ptrdiff_t count = n - i < lanes ? n - i : lanes; \
      tk_gather(sizeof(TX), xs, p + i * sx, sx, count, lanes); \
      tk_gather(sizeof(TX), ys, q + i * sy, sy, count, lanes); \
      VX x = TK_LOAD(VX, xs), y = TK_LOAD(VX, ys); \
      TK_STORE(VO, result, EXPR); \
      tk_scatter(sizeof(TO), o + i * so, so, result, count); \
    } \
  }
