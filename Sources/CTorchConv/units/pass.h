// One pass of convolution on the matrix unit: sums over taps of an image, each seen from a pixel further on.
#pragma once

#include "CTorchConvUnits.h"
#include "counts.h"
#include "image.h"

enum { MOST_TAPS = 121, MOST_PHASES = 16 };

/// An element of the kernel: which phase of the image it multiplies, how far from the pixel of the result, and its place among the weights.
struct unit_tap {
  int phase;
  ptrdiff_t down, across, weight;
};

struct unit_pass {
  struct unit_image source;
  ptrdiff_t source_stride[2];
  struct unit_phase phases[MOST_PHASES];
  int phase_count;
  struct unit_tap taps[MOST_TAPS];
  int tap_count;
  ptrdiff_t size[2];                     // how many results a channel has
  struct unit_grid grid;
  ptrdiff_t top, bottom, left, right;    // how far the taps reach
};

/// The pass that a convolution is.
void unit_pass_forward(struct unit_pass *pass, const cu_conv_desc *desc, const float *input);
/// One of the passes that the input's gradient is, for every stride-th pixel from (row, column) on; false: nothing falls there.
bool unit_pass_backward(struct unit_pass *pass, const cu_conv_desc *desc, const float *gradient, ptrdiff_t row,
                        ptrdiff_t column);
