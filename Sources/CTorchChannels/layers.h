// One layer, or three that are fused, on values whose memory is there.
#pragma once

#include <stdbool.h>

#include "CTorchChannels.h"
#include "counts.h"
#include "kernels.h"

enum { MOST_TAPS = 1024 };

/// The kernels of this machine.
const struct channel_kernels *cl_kernels(void);

/// Where pixel [y, x] of an image lies.
static inline float *cl_at(const cl_images *v, ptrdiff_t image, ptrdiff_t y, ptrdiff_t x) {
  return v->data + image * v->image + y * v->row + x * v->pixel;
}

/// Where the taps of a layer's window lie from its first, and how many floats follow each other in each.
struct taps {
  ptrdiff_t count, depth;
  ptrdiff_t at[MOST_TAPS];
};

/// False where there are too many.
bool cl_find_taps(struct taps *taps, const cl_layer *layer, const cl_images *in);

/// A convolution, a depthwise one or a pool. What lies around `in` must be filled as far as the windows reach.
void cl_run_layer(const cl_layer *layer, const struct taps *taps, const cl_images *in, const cl_images *plus,
                  const cl_images *out);

/// A convolution of single pixels that widens (or none), a depthwise one, and one of single pixels that narrows.
struct block {
  const cl_layer *widen;  // may be null
  const cl_layer *depthwise;
  const cl_layer *narrow;
};

/// How many floats each thread needs to work in.
size_t cl_block_scratch(const struct block *block, const cl_images *in, const cl_images *out);

/// Runs the three row by row, so that what lies between them stays near.
void cl_run_block(const struct block *block, const cl_images *in, const cl_images *plus, const cl_images *out,
                  float *scratch, size_t scratch_size);
