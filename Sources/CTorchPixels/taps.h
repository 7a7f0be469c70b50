// The weighted pixels that make one of a resized row or column.
#pragma once
#include "include/CTorchPixels.h"

/// Weights of bytes are whole numbers with this many bits below one.
enum { CP_PRECISION = 32 - 8 - 2 };

typedef struct {
  int32_t count;      // of pixels to be made
  int32_t room;       // weights a pixel may have
  int32_t *first;     // of each: the first pixel it is made of
  int32_t *length;    // of each: how many
  double *weights;    // room of them for each
  int32_t *fixed;     // the same for bytes
} cp_taps;

typedef void (*cp_rows_fn)(const cp_picture *out, const cp_picture *in, const cp_taps *taps);

// Horizontal and vertical passes over bytes, one compilation for each instruction set.
#define CP_DECLARE(isa) \
  void cp_across_##isa(const cp_picture *out, const cp_picture *in, const cp_taps *taps); \
  void cp_down_##isa(const cp_picture *out, const cp_picture *in, const cp_taps *taps);
CP_DECLARE(base)
CP_DECLARE(avx2)
CP_DECLARE(avx512)
#undef CP_DECLARE
