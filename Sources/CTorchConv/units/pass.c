// What a convolution and its gradients are to the matrix unit.
#include "pass.h"

/// Division that rounds down.
static ptrdiff_t floored(ptrdiff_t x, ptrdiff_t by) { return x >= 0 ? x / by : -((-x + by - 1) / by); }

static void measure(struct unit_pass *pass) {
  pass->top = pass->bottom = pass->left = pass->right = 0;
  for (int i = 0; i < pass->tap_count; i++) {
    const struct unit_tap *tap = &pass->taps[i];
    pass->top = least(pass->top, tap->down);
    pass->bottom = most(pass->bottom, tap->down);
    pass->left = least(pass->left, tap->across);
    pass->right = most(pass->right, tap->across);
  }
  ptrdiff_t rows = 0, columns = 0;
  for (int i = 0; i < pass->phase_count; i++) {
    rows = most(rows, pass->phases[i].rows);
    columns = most(columns, pass->phases[i].columns);
  }
  // What a tap sees beyond an edge are the zeros behind the row, this one's or the one's before.
  pass->grid.rows = most(pass->size[0] + pass->bottom, rows - pass->top);
  pass->grid.pitch = most(pass->size[1] + pass->right, columns - pass->left);
}

/// The image's pixels at rows and columns that are `row` and `column` beyond multiples of the stride.
static int phase_of(struct unit_pass *pass, ptrdiff_t row, ptrdiff_t column) {
  for (int i = 0; i < pass->phase_count; i++)
    if (pass->phases[i].row == row && pass->phases[i].column == column) return i;
  const ptrdiff_t *stride = pass->source_stride;
  pass->phases[pass->phase_count] = (struct unit_phase){
    row, column, most(pieces(pass->source.rows - row, stride[0]), 0),
    most(pieces(pass->source.columns - column, stride[1]), 0),
  };
  return pass->phase_count++;
}

void unit_pass_forward(struct unit_pass *pass, const cu_conv_desc *d, const float *input) {
  pass->source = (struct unit_image){input, d->batch, d->in_channels, d->input[0], d->input[1], d->input_channels_last};
  pass->phase_count = pass->tap_count = 0;
  for (int i = 0; i < 2; i++) {
    pass->source_stride[i] = d->stride[i];
    pass->size[i] = d->output[i];
  }
  for (ptrdiff_t y = 0; y < d->kernel[0]; y++)
    for (ptrdiff_t x = 0; x < d->kernel[1]; x++) {
      ptrdiff_t at_y = y * d->dilation[0] - d->padding[0], at_x = x * d->dilation[1] - d->padding[1];
      ptrdiff_t down = floored(at_y, d->stride[0]), across = floored(at_x, d->stride[1]);
      int phase = phase_of(pass, at_y - down * d->stride[0], at_x - across * d->stride[1]);
      pass->taps[pass->tap_count++] = (struct unit_tap){phase, down, across, y * d->kernel[1] + x};
    }
  measure(pass);
}

bool unit_pass_backward(struct unit_pass *pass, const cu_conv_desc *d, const float *gradient, ptrdiff_t row,
                        ptrdiff_t column) {
  pass->source =
    (struct unit_image){gradient, d->batch, d->out_channels, d->output[0], d->output[1], d->output_channels_last};
  pass->phase_count = pass->tap_count = 0;
  pass->source_stride[0] = pass->source_stride[1] = 1;
  pass->size[0] = pieces(d->input[0] - row, d->stride[0]);
  pass->size[1] = pieces(d->input[1] - column, d->stride[1]);
  for (ptrdiff_t y = 0; y < d->kernel[0]; y++)
    for (ptrdiff_t x = 0; x < d->kernel[1]; x++) {
      ptrdiff_t at_y = row + d->padding[0] - y * d->dilation[0], at_x = column + d->padding[1] - x * d->dilation[1];
      ptrdiff_t down = floored(at_y, d->stride[0]), across = floored(at_x, d->stride[1]);
      if (down * d->stride[0] != at_y || across * d->stride[1] != at_x) continue;
      int phase = phase_of(pass, 0, 0);
      pass->taps[pass->tap_count++] = (struct unit_tap){phase, down, across, y * d->kernel[1] + x};
    }
  if (pass->tap_count == 0) return false;
  measure(pass);
  return true;
}
