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
  ptrdiff_t (*index_check)(ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
  void (*index_offsets)(ptrdiff_t, int64_t *, const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, int);
  void (*gather_line[4])(
    ptrdiff_t, char *, ptrdiff_t, const char *, ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
  tk_scatter_line_fn scatter_line[4];
  tk_scatter_line_fn add_line[TK_DTYPE_LIMIT];
  void (*gather_items[4])(ptrdiff_t, char *, ptrdiff_t, const char *, const int64_t *);
  void (*scatter_items[4])(ptrdiff_t, char *, const int64_t *, const char *, ptrdiff_t);
  ptrdiff_t (*find_flags)(ptrdiff_t, int64_t *, const uint8_t *, int64_t, ptrdiff_t);
  ptrdiff_t (*count_flags)(ptrdiff_t, const uint8_t *);
  /// NULL for float64, whose keys are wide.
  int (*sort_items[TK_DTYPE_LIMIT])(ptrdiff_t, ptrdiff_t, const char *, ptrdiff_t, uint32_t, int64_t, tk_item *);
  void (*sort_store[TK_DTYPE_LIMIT])(
    ptrdiff_t, const tk_item *, uint32_t, int64_t, int, const char *, ptrdiff_t, char *, ptrdiff_t, char *, ptrdiff_t);
} tk_moves;

extern const tk_moves tk_moves_base, tk_moves_avx2, tk_moves_avx512;

/// The compilation for this machine.
const tk_moves *tk_moves_here(void);
