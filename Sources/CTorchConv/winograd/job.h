// What the drivers share: the sizes of a convolution in the kernels' terms, and work that is handed out part by part.
#pragma once

#include <stdatomic.h>

#include "CTorchConv.h"
#include "CTorchRuntime.h"
#include "counts.h"
#include "kernels.h"

/// A convolution as the kernels see it. For an input gradient `input` is the slopes and `output` the result.
struct convolution {
  const struct conv_kernels *kernels;
  const struct tile_kernels *tiles;
  struct picture input, output;
  struct grid grid;
  ptrdiff_t tile_count;
  bool turned;
};

/// False where the sizes are not for these kernels.
bool describe(const cw_desc *desc, bool input_gradient, struct convolution *c);

static inline ptrdiff_t round_up(ptrdiff_t a, ptrdiff_t b) { return pieces(a, b) * b; }

/// The first of part `i` of `parts` nearly equal ones.
static inline ptrdiff_t part_begin(ptrdiff_t count, ptrdiff_t parts, ptrdiff_t i) {
  return count / parts * i + least(i, count % parts);
}

/// Frequencies lie one line beyond a round number apart, so that those of a place do not fall on the same cache lines.
enum { LINE = 16 };

typedef void (*job_body)(void *context, ptrdiff_t part, int thread);

/// Hands out parts 0..<count to up to `threads` of the pool's threads, one after another.
void hand_out(ptrdiff_t count, ptrdiff_t threads, job_body body, void *context);
