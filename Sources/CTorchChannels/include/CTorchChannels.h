// Convolutional layers over images that lie channels last, float32: several layers in one call, with bias, activation and
// what is added to the result done while it is in registers. Equal bits for any number of threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// What is done to a result at last.
enum { CL_PLAIN = 0, CL_RELU = 1, CL_RELU6 = 2, CL_HARDSWISH = 3 };

/// Images of one size: [batch, height, width, channels] with any steps (in floats) between pixels, rows and images. The
/// channels follow each other where `plane` is 1.
typedef struct {
  float *data;
  ptrdiff_t batch, channels, height, width;
  ptrdiff_t plane, pixel, row, image;
} cl_images;

enum { CL_CONVOLUTION = 0, CL_DEPTHWISE = 1, CL_MAX_POOL = 2 };
enum { CL_MOST_LAYERS = 256 };

/// Another way of computing a layer, with its activation and what is added: all images are dense and lie channels last.
/// Returns 0, or nonzero where it cannot.
typedef int (*cl_way)(const void *_Nullable context, const float *in, const float *_Nullable plus, float *out);

/// One layer of a chain. Values are numbered: 0 is what the chain was given, i + 1 the result of layer i.
typedef struct {
  int32_t kind;
  int32_t activation;
  int32_t input;                        // the number of its input
  int32_t plus;                         // the number of what is added before the activation, or -1
  ptrdiff_t outputs;                    // channels of the result
  ptrdiff_t kernel[2], stride[2], padding[2], dilation[2];
  const float *_Nullable weight;        // packed by cl_pack or cl_pack_depthwise; none for pools
  const float *_Nullable bias;          // cl_padded(outputs) floats
  cl_way _Nullable way;                 // in place of the kernels of this library, which need no weights then
  const void *_Nullable context;
} cl_layer;

/// A number of channels made up to whole blocks.
ptrdiff_t cl_padded(ptrdiff_t channels);

/// How many floats the packed weights of a convolution of one group take: `depth` is inputs times the kernel's places.
size_t cl_packed_size(ptrdiff_t outputs, ptrdiff_t depth);

/// Packs weights [outputs, inputs, height, width], each output's times `scale` where there is one, rounded once. `planes`
/// says whether the layer reads the chain's input and that lies row-major, in planes.
void cl_pack(float *packed, const float *weight, const double *_Nullable scale, ptrdiff_t outputs, ptrdiff_t inputs,
             const ptrdiff_t kernel[_Nonnull 2], int planes);

/// Packs the weights [channels, 1, height, width] of a depthwise convolution: cl_padded(channels) * height * width floats.
void cl_pack_depthwise(float *packed, const float *weight, const double *_Nullable scale, ptrdiff_t channels,
                       ptrdiff_t places);

/// The size of a layer's result along one dimension; 0 where the window does not fit.
ptrdiff_t cl_output(const cl_layer *layer, int dimension, ptrdiff_t size);

/// Runs the layers. Only the first may read an input whose channels lie apart, with weights packed for planes; `out` holds
/// the last one's result and is channels last. Returns 0, or nonzero where the layers do not fit together or there is no
/// memory to work in.
int cl_run(const cl_layer *layers, int count, const cl_images *in, const cl_images *out);

/// Normalisation of each channel over batch and space: dense [batch, channels, pixels], or [batch, pixels, channels] where
/// `last` says so.
typedef struct {
  ptrdiff_t batch, channels, pixels;
  int last;
  int bfloat16;                         // numbers are bfloat16, else float32; statistics and weights never are
  int training;                         // by the batch's own statistics, which forward finds
  int relu;                             // negative results become 0
  double eps;
} cl_norm;

/// out = (x - mean) / sqrt(variance + eps) * weight + bias + plus. Mean and biased variance are of each channel: written
/// where the norm is training, else read. Returns 0, or nonzero where there is no memory to work in.
int cl_norm_forward(const cl_norm *norm, const void *x, const void *_Nullable plus, const float *_Nullable weight,
                    const float *_Nullable bias, double *mean, double *variance, void *out);

/// The gradients of the same, from the gradient `g` of the result and, where negative ones became 0, the `result`. Each of
/// those wanted is written.
int cl_norm_backward(const cl_norm *norm, const void *g, const void *x, const void *_Nullable result,
                     const float *_Nullable weight, const double *mean, const double *variance,
                     void *_Nullable dx, void *_Nullable dplus, float *_Nullable dweight, float *_Nullable dbias);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
