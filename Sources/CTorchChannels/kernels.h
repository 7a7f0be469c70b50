// What each compilation of the kernels offers to the driver.
#pragma once

#include <stddef.h>

/// Channels are computed in blocks of so many, whatever the machine's vectors hold.
enum { BLOCK = 16, MOST_BLOCKS = 3 };

/// A row of results by some blocks of channels.
struct run {
  const float *a;                       // what the first tap of the first pixel reads
  ptrdiff_t a_step;                     // to what the next pixel reads
  const ptrdiff_t *tap;                 // where the taps lie from the first
  ptrdiff_t taps, depth;                // how many floats follow each other in a tap
  const float *b;                       // weights of the first block: [taps * depth][BLOCK], the next block behind them
  const float *bias;                    // of the first block
  ptrdiff_t pixels;
  ptrdiff_t channels;                   // of the blocks at hand; the last block may be part of one
  float *c;
  ptrdiff_t c_step;
  const float *plus;                    // added before the activation; may be null
  ptrdiff_t plus_step;
  int activation;
};

/// Norms of one type of numbers; statistics are always float32.
struct norm_kernels {
  ptrdiff_t item;                       // bytes of a number

  // The passes of a normalisation, over `n` numbers of one channel.
  void (*plane_moments)(ptrdiff_t n, const void *x, double *mean, double *spread);
  void (*plane_affine)(ptrdiff_t n, void *out, const void *x, const void *plus, float mean, float factor,
                       float shift, int relu);
  void (*plane_slopes)(ptrdiff_t n, const void *g, const void *x, const void *result, float mean, double *sum,
                       double *along);
  void (*plane_combine)(ptrdiff_t n, void *dx, void *dplus, const void *g, const void *x, const void *result,
                        float mean, float by_g, float by_x, float shift);

  // The same over pixels; sums are those of the first `count` of their channels.
  void (*pixel_moments)(ptrdiff_t pixels, ptrdiff_t channels, ptrdiff_t count, const void *x, double *mean,
                        double *spread);
  void (*pixel_affine)(ptrdiff_t pixels, ptrdiff_t channels, void *out, const void *x, const void *plus,
                       const float *mean, const float *factor, const float *shift, int relu);
  void (*pixel_slopes)(ptrdiff_t pixels, ptrdiff_t channels, ptrdiff_t count, const void *g, const void *x,
                       const void *result, const float *mean, double *sum, double *along);
  void (*pixel_combine)(ptrdiff_t pixels, ptrdiff_t channels, void *dx, void *dplus, const void *g, const void *x,
                        const void *result, const float *mean, const float *by_g, const float *by_x,
                        const float *shift);
};

struct channel_kernels {
  /// All channels of each tap times their weights; up to MOST_BLOCKS blocks of channels.
  void (*products)(const struct run *r);
  /// Each channel by itself: `depth` is not looked at, any number of channels.
  void (*depthwise)(const struct run *r);
  /// The greatest of the taps; any number of channels.
  void (*greatest)(const struct run *r);
  const struct norm_kernels *norms[2];  // of float32 and of bfloat16
};

extern const struct channel_kernels cl_kernels_base, cl_kernels_avx2, cl_kernels_avx512;
