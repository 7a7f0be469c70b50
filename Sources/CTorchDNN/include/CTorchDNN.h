// Matrix products and convolutions by oneDNN, over raw pointers.
//
// Every function returns a status and never stops the process. Primitives are built once per shape and kept; the
// functions may be called from any number of threads. Nothing happens before the first call.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

enum {
  CD_OK = 0,
  CD_UNSUPPORTED = 1,  // a layout or dtype that oneDNN does not take well: copy, cast, or compute another way
  CD_INVALID = 2,      // sizes that contradict each other
  CD_NO_MEMORY = 3,
  CD_FAILED = 4,       // oneDNN refused; `cd_last_error` tells more
};

/// Element types, by PyTorch's numbers.
enum { CD_FLOAT16 = 5, CD_FLOAT32 = 6, CD_BFLOAT16 = 15 };

/// The text of this thread's last result that was not CD_OK.
const char *cd_last_error(void);

/// The version of the oneDNN in use, as major * 10000 + minor * 100 + patch, and its name for people.
int cd_version(void);
const char *cd_name(void);

/// Frees what is kept between calls: idle work buffers, primitives and oneDNN's own cache of them.
void cd_release_cached_memory(void);

enum { CD_MAX_BATCH_RANK = 6 };

/// How one matrix, or a batch of them, lies in memory; strides count elements.
typedef struct {
  int64_t row, column;
  int64_t batch[CD_MAX_BATCH_RANK];  // 0 repeats one matrix along that batch dimension
} cd_strides;

/// C[b, m, n] = A[b, m, k] x B[b, k, n] (+ bias[b, m, n]), or C += the same.
typedef struct {
  int32_t batch_rank;                     // 0...CD_MAX_BATCH_RANK
  int64_t batch[CD_MAX_BATCH_RANK];       // sizes, outermost first
  int64_t m, n, k;
  cd_strides a, b, c, bias;               // a bias broadcasts by strides of 0
  int32_t input_type;                     // of A and B: CD_FLOAT32, CD_BFLOAT16 (CD_FLOAT16 where the library has it)
  int32_t output_type;                    // of C: the input type or CD_FLOAT32
  int32_t bias_type;                      // of bias: the output type or CD_FLOAT32; read only when there is a bias
  int32_t accumulate;                     // nonzero: add to what C holds
} cd_matmul_desc;

/// A and B may be row-major or transposed views with any leading dimension, C as well (but no two of its elements may
/// share memory). CD_UNSUPPORTED asks the caller to make A and B contiguous.
int cd_matmul(const cd_matmul_desc *desc, const void *a, const void *b, const void *_Nullable bias, void *c);

enum { CD_MAX_SPATIAL = 3 };
enum { CD_CONTIGUOUS = 0, CD_CHANNELS_LAST = 1 };
/// How a convolution is to be computed; CD_PLAN_AUTO picks by what was measured.
enum {
  CD_PLAN_AUTO = 0,
  CD_PLAN_AS_GIVEN = 1,       // in the layout of src and dst (blocked where they differ)
  CD_PLAN_BLOCKED = 2,        // in whatever oneDNN likes best
  CD_PLAN_CHANNELS_LAST = 3,
  CD_PLAN_CONTIGUOUS = 4,
};

/// A convolution in PyTorch's terms. Arrays are outermost spatial dimension first.
typedef struct {
  int32_t spatial_rank;                         // 1...3
  int32_t type;                                 // of all operands
  int32_t src_layout, dst_layout;               // CD_CONTIGUOUS [N, C, spatial] or CD_CHANNELS_LAST [N, spatial, C]
  int32_t plan;                                 // CD_PLAN_AUTO unless you are measuring
  int64_t batch, in_channels, out_channels, groups;
  int64_t input[CD_MAX_SPATIAL], kernel[CD_MAX_SPATIAL], output[CD_MAX_SPATIAL];
  int64_t stride[CD_MAX_SPATIAL], dilation[CD_MAX_SPATIAL];  // 1 is dense
  int64_t padding_left[CD_MAX_SPATIAL], padding_right[CD_MAX_SPATIAL];
} cd_conv_desc;

/// dst = convolution of src with weight [out, in / groups, kernel...] (+ bias [out]).
int cd_conv_forward(const cd_conv_desc *desc, const void *src, const void *weight, const void *_Nullable bias,
                    void *dst);

/// The gradient of the forward convolution for src. A transposed convolution is this call, with `input` its output.
int cd_conv_backward_data(const cd_conv_desc *desc, const void *grad_dst, const void *weight, void *grad_src);

/// The gradients of the forward convolution for weight, and for bias where `grad_bias` is not null.
int cd_conv_backward_weights(const cd_conv_desc *desc, const void *src, const void *grad_dst, void *grad_weight,
                             void *_Nullable grad_bias);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
