// Small sums over counts, for all the rooms that cut work up.
#pragma once

#include <stddef.h>

// Always, since the compiler hesitates where the caller is compiled for a larger instruction set.
#define COUNTED static inline __attribute__((always_inline, unused)) ptrdiff_t

COUNTED least(ptrdiff_t x, ptrdiff_t y) { return x < y ? x : y; }
COUNTED most(ptrdiff_t x, ptrdiff_t y) { return x > y ? x : y; }
/// How many pieces of `size` hold `count`.
COUNTED pieces(ptrdiff_t count, ptrdiff_t size) { return (count + size - 1) / size; }

#undef COUNTED
