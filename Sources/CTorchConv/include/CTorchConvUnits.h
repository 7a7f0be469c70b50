// Convolutions of float32 on the matrix unit (CTorchUnits.h): two spatial dimensions, one group.
//
// An image is laid out once, as pixels whose channels are split into parts, in rows with zeros behind them. Then what a kernel's element
// multiplies is the same image read from another pixel on, and the whole convolution is one product whose tiles lie anywhere.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// A convolution in PyTorch's terms: its input, kernel and output, whatever is to be computed. Rows first.
typedef struct {
  int64_t batch, in_channels, out_channels;
  int64_t input[2], kernel[2], output[2];
  int64_t stride[2], dilation[2], padding[2];  // the padding before; what is missing behind is zeros too
  int32_t input_channels_last, output_channels_last;
} cu_conv_desc;

/// Inference is forward with weights that are laid out already, and with an epilogue that would be passes of its own.
typedef enum { CU_FORWARD, CU_INFERENCE, CU_INPUT_GRADIENT, CU_WEIGHT_GRADIENT } cu_conv_purpose;

typedef enum { CU_PLAIN, CU_RELU, CU_RELU6 } cu_activation;

/// What is done to each result while it is near: activation(result * scale + bias + added).
typedef struct {
  const float *_Nullable scale, *_Nullable bias;  // a number for each channel
  const float *_Nullable added;  // an image like the result
  cu_activation activation;
} cu_epilogue;

typedef enum {
  CU_DONE,
  CU_DECLINED,  // no unit, not quicker by it, no memory, or infinite numbers: compute another way; the result may hold anything
} cu_status;

/// Whether the unit is there and quicker.
bool cu_conv_suits(const cu_conv_desc *desc, cu_conv_purpose purpose);

/// How many bytes the weights take once they are laid out for `cu_conv_forward`.
size_t cu_packed_bytes(const cu_conv_desc *desc);

/// Lays out weights [out, in, rows, columns], for images of any size. CU_DECLINED: some are not finite.
cu_status cu_pack_weights(const cu_conv_desc *desc, const float *weight, void *packed);

/// Either `weight` or `packed` is given.
cu_status cu_conv_forward(const cu_conv_desc *desc, const float *input, const float *_Nullable weight,
                          const void *_Nullable packed, cu_epilogue epilogue, float *output);
cu_status cu_conv_input_gradient(const cu_conv_desc *desc, const float *gradient, const float *weight, float *input);
cu_status cu_conv_weight_gradient(const cu_conv_desc *desc, const float *input, const float *gradient, float *weight);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
