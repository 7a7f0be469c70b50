// Transposes: out[r][c] = in[c][r], input columns and output rows contiguous. Strides are in bytes.
//
// The unit is a block of whole 64-byte lines on both sides, so that each line is touched once: with strides that are
// powers of two all lines of a block fall in the same few places of the cache, and none would stay for a second visit.

// n vectors of n lanes are transposed in registers: each step swaps the lanes whose numbers differ in one bit.
// Columns that are walked for all rows before the next ones, so that the pages of their memory stay at hand.
enum { transpose_panel = 128 };

#define LOW_2_1 0, 2
#define HIGH_2_1 1, 3
#define LOW_4_1 0, 4, 2, 6
#define HIGH_4_1 1, 5, 3, 7
#define LOW_4_2 0, 1, 4, 5
#define HIGH_4_2 2, 3, 6, 7
#define LOW_8_1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH_8_1 1, 9, 3, 11, 5, 13, 7, 15
#define LOW_8_2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_8_2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW_8_4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH_8_4 4, 5, 6, 7, 12, 13, 14, 15
#define LOW_16_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH_16_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW_16_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_16_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW_16_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH_16_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW_16_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH_16_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

#define TURN_UNROLL _Pragma("clang loop unroll(full)")
#define TURN_STEP(n, s) \
  TURN_UNROLL for (int i_ = 0; i_ < (n); i_ += 2 * (s)) \
    TURN_UNROLL for (int k_ = i_; k_ < i_ + (s); k_++) \
    { \
      __typeof__(v[0]) low_ = __builtin_shufflevector(v[k_], v[k_ + (s)], LOW_##n##_##s); \
      v[k_ + (s)] = __builtin_shufflevector(v[k_], v[k_ + (s)], HIGH_##n##_##s); \
      v[k_] = low_; \
    }
#define TURN_2 TURN_STEP(2, 1)
#define TURN_4 TURN_STEP(4, 2) TURN_STEP(4, 1)
#define TURN_8 TURN_STEP(8, 4) TURN_STEP(8, 2) TURN_STEP(8, 1)
#define TURN_16 TURN_STEP(16, 8) TURN_STEP(16, 4) TURN_STEP(16, 2) TURN_STEP(16, 1)

// Rows and columns that fill no block go item by item where there is no whole block to lay over the edge.
#define TRANSPOSE_TILE(name, T, n) \
  typedef TK_VECTOR(T, n) turned_##name; \
  TK_INLINE void transpose_##name(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) { \
    turned_##name v[n]; \
    TURN_UNROLL for (int i = 0; i < (n); i++) v[i] = TK_LOAD(turned_##name, in + i * in_cs); \
    TURN_##n \
    TURN_UNROLL for (int i = 0; i < (n); i++) TK_STORE(turned_##name, out + i * out_rs, v[i]); \
  }
#define TRANSPOSE(size, T, n, small) \
  TRANSPOSE_TILE(tile_##size, T, n) \
  TRANSPOSE_TILE(small_##size, T, small) \
  static void transpose_block_##size(char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) { \
    enum { side = 64 / (size) }; \
    if ((n) == side) { \
      transpose_tile_##size(out, out_rs, in, in_cs); \
      return; \
    } \
    char lines[side * 64]; \
    for (ptrdiff_t c = 0; c < side; c += (n)) \
      for (ptrdiff_t r = 0; r < side; r += (n)) \
        transpose_tile_##size(lines + r * 64 + c * (size), 64, in + c * in_cs + r * (size), in_cs); \
    for (ptrdiff_t r = 0; r < side; r++) memcpy(out + r * out_rs, lines + r * 64, 64); \
  } \
  static void transpose_items_##size( \
    ptrdiff_t rows, ptrdiff_t cols, char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) { \
    for (ptrdiff_t r = 0; r < rows; r++) \
      for (ptrdiff_t c = 0; c < cols; c++) memcpy(out + r * out_rs + c * (size), in + c * in_cs + r * (size), size); \
  } \
  static void transpose_##size( \
    ptrdiff_t rows, ptrdiff_t cols, char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) { \
    enum { side = 64 / (size) }; \
    if (rows < side || cols < side) { \
      ptrdiff_t r = 0; \
      for (; r + (small) <= rows; r += (small)) { \
        ptrdiff_t c = 0; \
        for (; c + (small) <= cols; c += (small)) \
          transpose_small_##size(out + r * out_rs + c * (size), out_rs, in + c * in_cs + r * (size), in_cs); \
        transpose_items_##size( \
          small, cols - c, out + r * out_rs + c * (size), out_rs, in + c * in_cs + r * (size), in_cs); \
      } \
      transpose_items_##size(rows - r, cols, out + r * out_rs, out_rs, in + r * (size), in_cs); \
      return; \
    } \
    for (ptrdiff_t first = 0; first < cols; first += transpose_panel) { \
      ptrdiff_t last = cols - first < transpose_panel + side ? cols : first + transpose_panel; \
      for (ptrdiff_t strip = 0; strip < rows; strip += side) { \
        ptrdiff_t r = strip + side <= rows ? strip : rows - side; \
        for (ptrdiff_t column = first; column < last; column += side) { \
          ptrdiff_t c = column + side <= last ? column : last - side; \
          transpose_block_##size(out + r * out_rs + c * (size), out_rs, in + c * in_cs + r * (size), in_cs); \
        } \
      } \
      if (last == cols) break; \
    } \
  }
TRANSPOSE(1, uint8_t, 16, 16)
TRANSPOSE(2, uint16_t, 8, 8)
#if TK_LEVEL == 2
TRANSPOSE(4, uint32_t, 16, 4)
TRANSPOSE(8, uint64_t, 8, 2)
#elif TK_LEVEL == 1
TRANSPOSE(4, uint32_t, 8, 4)
TRANSPOSE(8, uint64_t, 4, 2)
#else
TRANSPOSE(4, uint32_t, 4, 4)
TRANSPOSE(8, uint64_t, 2, 2)
#endif

// Two to four lines woven into one, as planes into pixels, and back. The count is a constant so that the compiler
// finds the shuffles.
#define WEAVE(size, T, count) \
  static void weave_##size##_##count(ptrdiff_t n, char *out, const char *in, ptrdiff_t in_cs) { \
    T *restrict o = (T *)(void *)out; \
    for (ptrdiff_t i = 0; i < n; i++) \
      TURN_UNROLL for (int k = 0; k < (count); k++) memcpy(o + i * (count) + k, in + k * in_cs + i * (size), size); \
  } \
  static void unweave_##size##_##count(ptrdiff_t n, char *out, ptrdiff_t out_rs, const char *in) { \
    const T *restrict p = (const T *)(const void *)in; \
    for (ptrdiff_t i = 0; i < n; i++) \
      TURN_UNROLL for (int k = 0; k < (count); k++) memcpy(out + k * out_rs + i * (size), p + i * (count) + k, size); \
  }
#define WEAVES(size, T) \
  WEAVE(size, T, 2) \
  WEAVE(size, T, 3) \
  WEAVE(size, T, 4) \
  static void turn_##size( \
    ptrdiff_t rows, ptrdiff_t cols, char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs) { \
    ptrdiff_t row = cols * (size), column = rows * (size); \
    if (out_rs == row && cols == 2) weave_##size##_2(rows, out, in, in_cs); \
    else if (out_rs == row && cols == 3) weave_##size##_3(rows, out, in, in_cs); \
    else if (out_rs == row && cols == 4) weave_##size##_4(rows, out, in, in_cs); \
    else if (in_cs == column && rows == 2) unweave_##size##_2(cols, out, out_rs, in); \
    else if (in_cs == column && rows == 3) unweave_##size##_3(cols, out, out_rs, in); \
    else if (in_cs == column && rows == 4) unweave_##size##_4(cols, out, out_rs, in); \
    else transpose_##size(rows, cols, out, out_rs, in, in_cs); \
  } \
  /* A line read from its end backwards. */ \
  static void reverse_##size(ptrdiff_t n, char *out, const char *in) { \
    T *restrict o = (T *)(void *)out; \
    const T *restrict p = (const T *)(const void *)in; \
    for (ptrdiff_t i = 0; i < n; i++) o[i] = p[-i]; \
  }
WEAVES(1, uint8_t)
WEAVES(2, uint16_t)
WEAVES(4, uint32_t)
WEAVES(8, uint64_t)
