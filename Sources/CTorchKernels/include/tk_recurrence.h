// The steps of recurrent nets between the products: float32 rows, units contiguous.
#pragma once
#include "tk_types.h"

typedef enum tk_recurrence {
  TK_RECURRENCE_TANH,
  TK_RECURRENCE_RELU,
  TK_RECURRENCE_LSTM,  ///< gates in PyTorch's order: input, forget, cell, output
  TK_RECURRENCE_GRU,   ///< reset, update, new; fourth the hidden product of the new state
} tk_recurrence;

/// Rows of one step. A pointer is followed by the distance of its rows, in numbers.
typedef struct tk_recurrence_step {
  ptrdiff_t rows, units;
  /// The sums that go into the gates; with `keeps` they become the gates. `gate` lies between two of a unit's gates.
  float *gates;
  ptrdiff_t gates_row, gate;
  int keeps;
  /// GRU: the states before, NULL for zeros.
  const float *before;
  ptrdiff_t before_row;
  /// The new states, once in the output and once in the running state.
  float *h;
  ptrdiff_t h_row;
  float *last;
  ptrdiff_t last_row;
  /// LSTM: the running cells, and with `keeps` where the new ones go too.
  float *c;
  ptrdiff_t c_row;
  float *c_kept;
  ptrdiff_t c_kept_row;
} tk_recurrence_step;
void tk_recurrence_step_f32(tk_recurrence kind, const tk_recurrence_step *step);

/// The gradients of the same rows.
typedef struct tk_recurrence_slope {
  ptrdiff_t rows, units;
  /// What the step kept, and the gradients of its sums. GRU: of reset, update, the hidden product of the new state, and
  /// the input's product of it.
  const float *gates;
  float *dgates;
  ptrdiff_t gates_row, dgates_row, gate;
  /// The gradient of the output, NULL for none.
  const float *gradient;
  ptrdiff_t gradient_row;
  /// The gradient that the following steps give to the state; of a GRU it becomes the part that passes by the products.
  float *dh;
  ptrdiff_t dh_row;
  /// LSTM: the gradient of the cells, which becomes that of the cells before; the cells, and those before or NULL.
  float *dc;
  ptrdiff_t dc_row;
  const float *c, *c_before;
  ptrdiff_t c_row, c_before_row;
  /// RNN: the states. GRU: those before, NULL for zeros.
  const float *h, *before;
  ptrdiff_t h_row, before_row;
} tk_recurrence_slope;
/// Whether any of the gradients of the sums is other than zero.
int tk_recurrence_slope_f32(tk_recurrence kind, const tk_recurrence_slope *slope);
