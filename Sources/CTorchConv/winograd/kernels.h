// What each compilation of the kernels offers to the driver.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// How an image lies in memory; strides count floats. One of `channel` and `pixel` is 1.
struct picture {
  ptrdiff_t batch, channel, row, pixel;
  ptrdiff_t channels, height, width;
};

/// How tiles cover it. Tiles are numbered along a row, then down, then from image to image.
struct grid {
  ptrdiff_t top, left;      // rows and columns of zeros before the picture
  ptrdiff_t down, across;   // tiles of one picture
};

/// One run of tiles, in as many channels as a vector has lanes: to[f * f_step + t * t_step] is frequency f of tile t.
struct gathering {
  const float *image;
  const struct picture *picture;
  const struct grid *grid;
  ptrdiff_t first, count;   // tiles
  ptrdiff_t channel;
  float *to;
  ptrdiff_t f_step, t_step;
  float *sums;              // of slopes: where the channels' sums are added to; may be null
  float *work;              // WORK_FLOATS of them
};

/// What becomes of a result before it is stored: result * scale + shift + residual, kept within low ... high.
struct ending {
  const float *scale, *shift;  // of each channel; may be null
  const float *residual;       // lies as the result does; may be null
  bool bounded;
  float low, high;
};

/// One run of tiles on their way out.
struct scattering {
  const float *from;        // frequency f of tile t: from[f * f_step + t * t_step]
  ptrdiff_t f_step, t_step;
  float *image;
  const struct picture *picture;
  const struct grid *grid;
  ptrdiff_t first, count;
  ptrdiff_t channel;
  const struct ending *ending;
  float *work;
};

/// C[rows, panel] = A[rows, depth] x B[depth, panel]. B and C are rows of one panel.
struct product {
  ptrdiff_t rows, depth;
  const float *a;
  ptrdiff_t a_row, a_step;
  const float *b;
  float *c;
  bool narrow;              // only the panel's first vector counts
};

/// Weights [outputs, inputs, 3, 3] into frequencies: to[f * f_step + d * panel + lane] of `depth` inputs from `first`.
struct turning {
  const float *weight;
  ptrdiff_t outputs, inputs;
  bool turned;              // for input gradients: lanes are inputs, depth is outputs, the kernel is turned around
  ptrdiff_t lane_channel;   // of the panel's first lane
  ptrdiff_t first, depth;
  float *to;
  ptrdiff_t f_step;
};

enum { MOST_TILES_ACROSS = 8 };  // tiles of a row that are gathered at once; twice as many of the small ones
enum { WORK_FLOATS = 2 * 6 * (MOST_TILES_ACROSS * 4 + 2) * 16 };

struct tile_kernels {
  int size, frequencies;
  void (*gather)(const struct gathering *g);
  /// The same of a result's gradient, by the transposed of what `scatter` does.
  void (*gather_slopes)(const struct gathering *g);
  void (*scatter)(const struct scattering *s);
  void (*turn)(const struct turning *t);
  /// sums[(c * 9 + tap) * panel + lane] += what the frequencies from[f * f_step + c * panel + lane] are worth as taps.
  void (*fold)(float *sums, const float *from, ptrdiff_t f_step, ptrdiff_t count, bool first);
};

struct conv_kernels {
  int lanes, panel, height;
  void (*multiply)(const struct product *p);
  struct tile_kernels small, large;
  /// weight[(channel + lane) * columns + i] = the sum of the parts' part[p * part_step + i * panel + lane], for i from
  /// begin until end.
  void (*collect)(float *weight, ptrdiff_t columns, ptrdiff_t channel, ptrdiff_t channels, const float *part,
                  ptrdiff_t parts, ptrdiff_t part_step, ptrdiff_t begin, ptrdiff_t end);
};

extern const struct conv_kernels conv_base, conv_avx2, conv_avx512;
