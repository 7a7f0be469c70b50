// Whole sequences of a recurrent layer in float32: what is left of them when the products with the inputs are done.
//
// Equal calls give equal bits, for any number of threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

enum { CG_MAX_DIRECTIONS = 2 };

/// One direction of a layer. Rows are packed: the sequences of the first step, then of the second and so on; `total` of them.
typedef struct {
  /// Whether it runs from the last step to the first.
  bool reversed;
  /// [gates * hidden, hidden], contiguous.
  const float *weight;
  /// GRU: what the hidden product of the new state adds up with, [hidden], or null.
  const float *_Nullable bias;
  /// The states before the first step, [batch, hidden], contiguous; null for zeros.
  const float *_Nullable hidden;
  /// [total, places * hidden], contiguous, `places` being 4 for a GRU. Forward: the products with the inputs, and on return
  /// the gates, if they are kept. A GRU's fourth place is free for its hidden product.
  float *gates;
  /// [total, hidden] with a row distance.
  float *output;
  ptrdiff_t output_row;
  /// Forward: receives each sequence's last state. [batch, hidden], contiguous.
  float *_Nullable last;
  /// LSTM, forward: the cells before, which become the last ones, [batch, hidden]; and all of them, [total, hidden], or null.
  /// Backward: `cell` is what the cells were before the first step, or null.
  float *_Nullable cell;
  float *_Nullable cells;

  // Backward alone.
  /// The gradient of the output, [total, hidden] with a row distance; null for none.
  const float *_Nullable gradient;
  ptrdiff_t gradient_row;
  /// [total, places * hidden]: receives the gradients of the sums. GRU: of reset, update, the hidden product of the new
  /// state, the input's product of it.
  float *_Nullable slopes;
  /// The gradients of the last states and cells, which become those of the first: [batch, hidden].
  float *_Nullable d_hidden;
  float *_Nullable d_cell;
  /// Receives the steps whose gradients in `slopes` are not all zero, from `first` up to and not including `past`; `first` is
  /// not below `past` where all are.
  ptrdiff_t first, past;
} cg_recurrence_direction;

typedef struct {
  /// A `tk_recurrence`.
  int kind;
  ptrdiff_t hidden, steps;
  /// Where each step's rows begin, and where the last one's end: steps + 1 numbers. Steps never have more rows than the one
  /// before.
  const ptrdiff_t *starts;
  /// Whether steps may multiply on the processor's matrix unit, as exact but not bit for bit the same.
  bool matrix_unit;
  /// Whether gates and cells are kept for the backward pass.
  bool keeps;
  /// Whether the gradients of the states before the first step are wanted.
  bool wants_hidden;
  int directions;
  cg_recurrence_direction direction[CG_MAX_DIRECTIONS];
} cg_recurrence;

/// Runs all steps. False: there was no memory to work in, and nothing was done.
bool cg_recurrence_forward(cg_recurrence *job);
/// The gradients of all steps, back from the states that came last.
bool cg_recurrence_backward(cg_recurrence *job);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
