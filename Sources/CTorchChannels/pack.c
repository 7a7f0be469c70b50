// Weights as the kernels read them: blocks of channels side by side, missing channels zero.
#include <string.h>

#include "CTorchChannels.h"
#include "kernels.h"

ptrdiff_t cl_padded(ptrdiff_t channels) { return (channels + BLOCK - 1) / BLOCK * BLOCK; }

size_t cl_packed_size(ptrdiff_t outputs, ptrdiff_t depth) { return (size_t)(cl_padded(outputs) * depth); }

static float scaled(float weight, const double *scale, ptrdiff_t output) {
  return scale ? (float)((double)weight * scale[output]) : weight;
}

void cl_pack(float *packed, const float *weight, const double *scale, ptrdiff_t outputs, ptrdiff_t inputs,
             const ptrdiff_t kernel[2], int planes) {
  ptrdiff_t places = kernel[0] * kernel[1], depth = inputs * places;
  memset(packed, 0, cl_packed_size(outputs, depth) * sizeof(float));
  for (ptrdiff_t o = 0; o < outputs; o++) {
    float *block = packed + o / BLOCK * depth * BLOCK + o % BLOCK;
    const float *from = weight + o * depth;
    for (ptrdiff_t c = 0; c < inputs; c++)
      for (ptrdiff_t p = 0; p < places; p++) {
        ptrdiff_t at = planes ? c * places + p : p * inputs + c;
        block[at * BLOCK] = scaled(from[c * places + p], scale, o);
      }
  }
}

void cl_pack_depthwise(float *packed, const float *weight, const double *scale, ptrdiff_t channels, ptrdiff_t places) {
  memset(packed, 0, (size_t)(cl_padded(channels) * places) * sizeof(float));
  for (ptrdiff_t c = 0; c < channels; c++)
    for (ptrdiff_t p = 0; p < places; p++)
      packed[(c / BLOCK * places + p) * BLOCK + c % BLOCK] = scaled(weight[c * places + p], scale, c);
}
