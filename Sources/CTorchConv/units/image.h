// Images as the matrix unit reads them: pixels in rows of one pitch, with zeros behind each row and below each image.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// An image in memory, a batch of them.
struct unit_image {
  const float *at;
  ptrdiff_t batch, channels, rows, columns;
  bool channels_last;
};

/// Every `stride`th pixel of each row, and every `stride`th row: one of the images that a strided kernel sees.
struct unit_phase {
  ptrdiff_t row, column;        // the first
  ptrdiff_t rows, columns;      // how many
};

/// How pixels are numbered: all images one below the other, `rows` rows of `pitch` pixels each.
struct unit_grid {
  ptrdiff_t rows, pitch;
};

enum { UNIT_CHANNELS = 32 };

/// Writes a row of the grid as to[pixel][32]: 32 channels from `channel` on, zeros where there is no pixel or channel. Rows may be
/// before the first and after the last.
void unit_image_row(float *to, const struct unit_image *image, const struct unit_phase *phase,
                    const ptrdiff_t stride[2], const struct unit_grid *grid, ptrdiff_t row, ptrdiff_t channel);
