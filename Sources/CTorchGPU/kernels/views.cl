// Operands of one shape that lie in memory by strides. The host joins dimensions where it can, so that most have one.

#define MOST_DIMS 8

typedef struct {
  i64 dims, size[MOST_DIMS];
} Sizes;

typedef struct {
  i64 stride[MOST_DIMS];
} Strides;

// Kernels take them as vectors, since not every OpenCL gets structs by value right: SIZES and STRIDES stand among the arguments, and
// OPEN_SIZES and OPEN_STRIDES are the first lines of a body.
#if defined(__CUDACC_RTC__) || defined(__CUDACC__)
typedef struct {
  i64 word[MOST_DIMS];
} Words;
#define WORD(words, d) (words).word[d]
#else
typedef long8 Words;
#define WORD(words, d) (words).s##d
#endif
#define OPEN_WORDS(words, to) \
  (to)[0] = WORD(words, 0), (to)[1] = WORD(words, 1), (to)[2] = WORD(words, 2), (to)[3] = WORD(words, 3), \
  (to)[4] = WORD(words, 4), (to)[5] = WORD(words, 5), (to)[6] = WORD(words, 6), (to)[7] = WORD(words, 7)

#define SIZES(name) i64 name##_dims, Words name##_words
#define STRIDES(name) Words name##_words
#define OPEN_SIZES(name) \
  Sizes name; \
  name.dims = name##_dims; \
  OPEN_WORDS(name##_words, name.size)
#define OPEN_STRIDES(name) \
  Strides name; \
  OPEN_WORDS(name##_words, name.stride)

/// Walks the dimensions of element `i` from the last to the first; `step` uses `at`, the position along dimension `d`.
#define EACH_DIM(i, sizes, d, at, step) \
  do { \
    u64 left_ = (u64)(i); \
    for (int d = (int)(sizes).dims - 1; d > 0; d--) { \
      u64 size_ = (u64)(sizes).size[d]; \
      u64 next_ = (left_ | size_) >> 32 ? left_ / size_ : (u64)((u32)left_ / (u32)size_); \
      i64 at = (i64)(left_ - next_ * size_); \
      step; \
      left_ = next_; \
    } \
    { \
      const int d = 0; \
      i64 at = (i64)left_; \
      step; \
    } \
  } while (0)

/// Where element `i` lies, from where the operand begins.
DEVICE i64 place(i64 i, Sizes sizes, Strides along) {
  i64 position = 0;
  EACH_DIM(i, sizes, d, at, position += at * along.stride[d]);
  return position;
}

/// Joins in pairs what the lanes of a group have put into memory that they share; `step` does so for `lane` and `lane + reach`. Stands
/// outside of all branches, even of those that all lanes take alike: PoCL goes wrong there.
#define JOIN_LANES(lane, reach, step) \
  do { \
    BARRIER; \
    for (int reach = GROUP_LANES / 2; reach > 0; reach /= 2) { \
      if (lane < reach) step; \
      BARRIER; \
    } \
  } while (0)
