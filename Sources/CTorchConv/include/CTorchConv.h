// Convolutions with kernels of 3 x 3 and stride 1 in float32 by Winograd's minimal filtering.
//
// F(4x4, 3x3) and F(2x2, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015: tiles of
// 4 x 4 results cost 36 multiplications for each pair of channels instead of 144, tiles of 2 x 2 cost 16 instead of 36.
// What is no number, or infinite, in one place of an input may spread over the results of the tiles that read it.
//
// Every function returns a status and never stops the process. Results have the same bits for any number of threads.
#pragma once

#include "CTorchConvUnits.h"
#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

enum {
  CW_OK = 0,
  CW_UNSUPPORTED = 1,  // sizes that these functions do not take
  CW_NO_MEMORY = 2,
};

/// A convolution of one group with a kernel of 3 x 3, stride 1 and dilation 1.
typedef struct {
  ptrdiff_t batch, in_channels, out_channels;
  ptrdiff_t in_height, in_width, out_height, out_width;
  ptrdiff_t padding_top, padding_left;            // 0...2
  bool in_channels_last, out_channels_last;       // else row-major [N, C, H, W]
  int tile;                                       // 4 or 2: how many results a tile has on each side
} cw_desc;

/// What becomes of each result: result * scale + shift + residual, kept within low...high where it is bounded.
typedef struct {
  const float *_Nullable scale, *_Nullable shift;  // of each output channel; a bias is a shift
  const float *_Nullable residual;                 // lies as the output does, and is other memory
  bool bounded;
  float low, high;
} cw_ending;

/// How many floats the weights take once they are transformed.
ptrdiff_t cw_weights_count(const cw_desc *desc);

/// Transforms weights [out, in, 3, 3] for `cw_forward`. The result belongs to the desc's tile and channels, and to the
/// instruction set.
int cw_transform_weights(const cw_desc *desc, const float *weight, float *transformed);

/// dst = convolution of src. Either `weight` or `transformed` is given.
int cw_forward(const cw_desc *desc, const float *src, const float *_Nullable weight, const float *_Nullable transformed,
               const cw_ending *ending, float *dst);

/// The gradient of the convolution for src.
int cw_input_gradient(const cw_desc *desc, const float *grad_dst, const float *weight, float *grad_src);

/// The gradients of the convolution for weight, and for a bias where `grad_bias` is not null.
int cw_weight_gradient(const cw_desc *desc, const float *src, const float *grad_dst, float *grad_weight,
                       float *_Nullable grad_bias);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
