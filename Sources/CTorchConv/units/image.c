#include "image.h"

#if defined(__x86_64__)
#include <string.h>

#include "CTorchUnits.h"

enum { SIDE = UNIT_LINES };

/// 16 channels of 16 pixels, or fewer, from planes: to[pixel][32].
static void turn_some(float *to, const float *from, ptrdiff_t plane, ptrdiff_t step, ptrdiff_t pixels,
                      ptrdiff_t channels) {
  if (pixels == SIDE && channels == SIDE && step == 1) {
    unit_turn(to, UNIT_CHANNELS, from, plane);
    return;
  }
  float near[SIDE * SIDE], turned[SIDE * SIDE];
  memset(near, 0, sizeof near);
  for (ptrdiff_t c = 0; c < channels; c++) {
    if (step == 1) memcpy(near + c * SIDE, from + c * plane, (size_t)pixels * sizeof(float));
    else
      for (ptrdiff_t x = 0; x < pixels; x++) near[c * SIDE + x] = from[c * plane + x * step];
  }
  unit_turn(turned, SIDE, near, SIDE);
  for (ptrdiff_t x = 0; x < pixels; x++) memcpy(to + x * UNIT_CHANNELS, turned + x * SIDE, SIDE * sizeof(float));
}

void unit_image_row(float *to, const struct unit_image *image, const struct unit_phase *phase,
                    const ptrdiff_t stride[2], const struct unit_grid *grid, ptrdiff_t row, ptrdiff_t channel) {
  size_t pixel_bytes = UNIT_CHANNELS * sizeof(float);
  ptrdiff_t number = row < 0 ? -1 : row / grid->rows, y = row - number * grid->rows;
  if (row < 0 || number >= image->batch || y >= phase->rows) {
    memset(to, 0, (size_t)grid->pitch * pixel_bytes);
    return;
  }
  ptrdiff_t width = phase->columns, channels = image->channels - channel;
  if (channels > UNIT_CHANNELS) channels = UNIT_CHANNELS;
  y = y * stride[0] + phase->row;
  if (image->channels_last) {
    const float *from = image->at + ((number * image->rows + y) * image->columns + phase->column) * image->channels + channel;
    for (ptrdiff_t x = 0; x < width; x++, from += stride[1] * image->channels) {
      memcpy(to + x * UNIT_CHANNELS, from, (size_t)channels * sizeof(float));
      if (channels < UNIT_CHANNELS)
        memset(to + x * UNIT_CHANNELS + channels, 0, (size_t)(UNIT_CHANNELS - channels) * sizeof(float));
    }
  } else {
    ptrdiff_t plane = image->rows * image->columns;
    const float *from = image->at + ((number * image->channels + channel) * image->rows + y) * image->columns + phase->column;
    for (ptrdiff_t half = 0; half < UNIT_CHANNELS; half += SIDE) {
      ptrdiff_t some = channels - half < SIDE ? channels - half : SIDE;
      for (ptrdiff_t x = 0; x < width; x += SIDE) {
        // The last pixels once more with those before them, where there are as many.
        ptrdiff_t at = stride[1] == 1 && x + SIDE > width && width >= SIDE ? width - SIDE : x;
        ptrdiff_t pixels = width - at < SIDE ? width - at : SIDE;
        turn_some(to + at * UNIT_CHANNELS + half, from + half * plane + at * stride[1], plane, stride[1], pixels,
                  some < 0 ? 0 : some);
      }
    }
  }
  memset(to + width * UNIT_CHANNELS, 0, (size_t)(grid->pitch - width) * pixel_bytes);
}
#endif
