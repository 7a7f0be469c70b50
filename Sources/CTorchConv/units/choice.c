// Which convolutions are quicker on the matrix unit.
#include "pass.h"

#if defined(__x86_64__)
#include "CTorchUnits.h"

// Nanoseconds of one thread, found by measuring: a multiplication by vectors and on the unit, and splitting a number of an image and
// of a kernel.
static const double BY_VECTORS = 0.0105, ON_UNIT = 0.0029, SPLIT_PIXEL = 0.3, SPLIT_WEIGHT = 0.6;
static const double LEAST_WORK = 4e6;

/// How many multiplications, and numbers to split, a pass has with all that is zero.
static double cost_of(const struct unit_pass *pass, ptrdiff_t channels, bool for_weights) {
  double pixels = (double)pass->source.batch * (double)pass->grid.rows * (double)pass->grid.pitch;
  double inputs = (double)pieces(pass->source.channels, UNIT_CHANNELS) * UNIT_CHANNELS;
  double side = for_weights ? UNIT_SIDE : UNIT_LINES;
  double outputs = (double)pieces(channels, (ptrdiff_t)side) * side;
  double split = pixels * inputs * pass->phase_count * SPLIT_PIXEL;
  double more = for_weights ? pixels * (inputs * pass->phase_count + outputs) * SPLIT_PIXEL
                            : inputs * outputs * pass->tap_count * SPLIT_WEIGHT;
  return pixels * inputs * outputs * pass->tap_count * ON_UNIT + split + more;
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
  return cost < work * BY_VECTORS;
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
