// What the per-ISA compilations of the moves, scans and sorts offer.
#pragma once
#include "include/CTorchKernels.h"

/// Rows x cols items; input columns and output rows contiguous, the other strides in bytes.
typedef void (*tk_turn_fn)(
  ptrdiff_t rows, ptrdiff_t cols, char *out, ptrdiff_t out_rs, const char *in, ptrdiff_t in_cs);
typedef void (*tk_reverse_fn)(ptrdiff_t n, char *out, const char *in);

typedef struct tk_moves {
  /// By the logarithm of the item size.
  tk_turn_fn turn[4];
  tk_reverse_fn reverse[4];
  void (*fill_dense)(ptrdiff_t bytes, char *out, const char *pattern);
} tk_moves;

extern const tk_moves tk_moves_base, tk_moves_avx2, tk_moves_avx512;

/// The compilation for this machine.
const tk_moves *tk_moves_here(void);
