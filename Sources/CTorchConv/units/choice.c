// Which convolutions are quicker on the matrix unit.
#include "pass.h"

#if defined(__x86_64__)
#include "CTorchUnits.h"

// Nanoseconds of one thread, found by measuring beside the vectors on a shared machine: a multiplication by vectors, where a kernel of one
// pixel reads planes, and on the unit; splitting a number of an image, of one that weights are to be had from, and of a
// kernel; writing a result.
static const double BY_VECTORS = 0.0125, BY_VECTORS_OF_PLANES = 0.018, ON_UNIT = 0.0055;
static const double SPLIT_PIXEL = 0.5, SPLIT_FOR_WEIGHTS = 1.4, SPLIT_WEIGHT = 0.6, WRITE = 0.5;
static const double LEAST_WORK = 4e6;
/// How much less than the vectors it has to take; in inference these lay weights out at every call, and norms come after them.
static const double MARGIN = 0.9, INFERENCE_MARGIN = 1.4;
enum { ROWS_TOGETHER = 16 };  // into about so many parts an image's rows are cut, of 4 at least

/// What a pass takes with all that is zero.
static double cost_of(const struct unit_pass *pass, ptrdiff_t channels, bool for_weights) {
  double rows = (double)pass->source.batch * (double)pass->grid.rows, pixels = rows * (double)pass->grid.pitch;
  double inputs = (double)pieces(pass->source.channels, UNIT_CHANNELS) * UNIT_CHANNELS;
  double side = for_weights ? UNIT_SIDE : UNIT_LINES;
  double outputs = (double)pieces(channels, (ptrdiff_t)side) * side;
  double products = pixels * inputs * outputs * pass->tap_count * ON_UNIT;
  if (for_weights) return products + pixels * (inputs * pass->phase_count + outputs) * SPLIT_FOR_WEIGHTS;
  // Rows at the ends of a part are split for it and for the next one.
  double together = rows / ROWS_TOGETHER > 4 ? rows / ROWS_TOGETHER : 4;
  double again = 1 + (double)(pass->bottom - pass->top + 2) / together;
  return products + pixels * inputs * pass->phase_count * again * SPLIT_PIXEL + pixels * outputs * WRITE +
         inputs * outputs * pass->tap_count * SPLIT_WEIGHT;
}

bool cu_conv_suits(const cu_conv_desc *d, cu_conv_purpose purpose) {
  double taps = (double)d->kernel[0] * (double)d->kernel[1];
  double work = (double)d->batch * (double)d->output[0] * (double)d->output[1] * (double)d->in_channels *
                (double)d->out_channels * taps;
  if (work < LEAST_WORK || taps > MOST_TAPS || d->stride[0] * d->stride[1] > MOST_PHASES || !units_available()) return false;
  struct unit_pass pass;
  double cost = 0;
  if (purpose == CU_INPUT_GRADIENT) {
    for (ptrdiff_t row = 0; row < d->stride[0]; row++)
      for (ptrdiff_t column = 0; column < d->stride[1]; column++)
        if (unit_pass_backward(&pass, d, NULL, row, column)) cost += cost_of(&pass, d->in_channels, false);
  } else {
    unit_pass_forward(&pass, d, NULL);
    cost = cost_of(&pass, d->out_channels, purpose == CU_WEIGHT_GRADIENT);
  }
  bool is_forward = purpose == CU_FORWARD || purpose == CU_INFERENCE;
  bool planes = is_forward ? !d->input_channels_last : !d->output_channels_last;
  double by_vectors = taps == 1 && planes && purpose != CU_WEIGHT_GRADIENT ? BY_VECTORS_OF_PLANES : BY_VECTORS;
  return cost < work * by_vectors * (purpose == CU_INFERENCE ? INFERENCE_MARGIN : MARGIN);
}

#else

bool cu_conv_suits(const cu_conv_desc *d, cu_conv_purpose purpose) {
  (void)d;
  (void)purpose;
  return false;
}
size_t cu_packed_bytes(const cu_conv_desc *d) {
  (void)d;
  return 0;
}
cu_status cu_pack_weights(const cu_conv_desc *d, const float *weight, void *packed) {
  (void)d, (void)weight, (void)packed;
  return CU_DECLINED;
}
cu_status cu_conv_forward(const cu_conv_desc *d, const float *input, const float *weight, const void *packed,
                          cu_epilogue epilogue, float *output) {
  (void)d, (void)input, (void)weight, (void)packed, (void)epilogue, (void)output;
  return CU_DECLINED;
}
cu_status cu_conv_input_gradient(const cu_conv_desc *d, const float *gradient, const float *weight, float *input) {
  (void)d, (void)gradient, (void)weight, (void)input;
  return CU_DECLINED;
}
cu_status cu_conv_weight_gradient(const cu_conv_desc *d, const float *input, const float *gradient, float *weight) {
  (void)d, (void)input, (void)gradient, (void)weight;
  return CU_DECLINED;
}

#endif
