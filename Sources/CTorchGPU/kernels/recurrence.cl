// A step of a recurrent layer after its products, and its gradients: a thread for each unit of a row. Gates stand in PyTorch's order;
// a GRU's row of gates has a fourth place, for the hidden product of the new state.

typedef NUMBER(X) T;
#define ONE ((T)1)

// RECURRENCE is one of these.
#define RECURRENCE_TANH 0
#define RECURRENCE_RELU 1
#define RECURRENCE_LSTM 2
#define RECURRENCE_GRU 3

#if RECURRENCE == RECURRENCE_LSTM
#define GATES 4
#elif RECURRENCE == RECURRENCE_GRU
#define GATES 3
#else
#define GATES 1
#endif

/// Exactly 1 where it is nearer to 1 than a number can say, which not every compiler's own is.
DEVICE T bent(T x) { return fabs(x) > (T)20 ? copysign(ONE, x) : tanh(x); }
DEVICE T logistic(T x) { return ONE / (ONE + exp(-x)); }

#define GATE(g) (at + (g) * hidden)

/// Adds the products of the states to the sums of the inputs, and makes the new states of them. `last` holds the states before.
KERNEL recurrence_step(
  i64 rows, i64 hidden, i32 keeps, OUT(X, gates), i64 gates_row, i32 has_product, IN(X, product), i32 has_bias, IN(X, bias),
  OUT(X, h), i64 h_row, OUT(X, last), OUT(X, c), i32 has_cells, OUT(X, cells)) {
  EACH(item, rows * hidden) {
    i64 row = item / hidden, unit = item - row * hidden, at = gates_from + row * gates_row + unit;
    T sum[GATES], given[GATES];
    for (int g = 0; g < GATES; g++) {
      given[g] = has_product ? LOAD(X, product, product_from + (row * GATES + g) * hidden + unit) : (T)0;
      sum[g] = LOAD(X, gates, GATE(g)) + given[g];
    }
#if RECURRENCE == RECURRENCE_TANH
    T state = bent(sum[0]);
#elif RECURRENCE == RECURRENCE_RELU
    T state = sum[0] < 0 ? (T)0 : sum[0];
#elif RECURRENCE == RECURRENCE_LSTM
    T in = logistic(sum[0]), keep = logistic(sum[1]), fresh = bent(sum[2]), out = logistic(sum[3]);
    T cell = keep * LOAD(X, c, c_from + item) + in * fresh, state = out * bent(cell);
    STORE(X, c, c_from + item, cell);
    if (keeps) {
      STORE(X, gates, GATE(0), in);
      STORE(X, gates, GATE(1), keep);
      STORE(X, gates, GATE(2), fresh);
      STORE(X, gates, GATE(3), out);
    }
    if (has_cells) STORE(X, cells, cells_from + item, cell);
#else
    T product_of_states = given[2] + (has_bias ? LOAD(X, bias, bias_from + unit) : (T)0);
    T reset = logistic(sum[0]), keep = logistic(sum[1]);
    T fresh = bent(LOAD(X, gates, GATE(2)) + reset * product_of_states), before = LOAD(X, last, last_from + item);
    T state = (before - fresh) * keep + fresh;
    if (keeps) {
      STORE(X, gates, GATE(0), reset);
      STORE(X, gates, GATE(1), keep);
      STORE(X, gates, GATE(2), fresh);
      STORE(X, gates, GATE(3), product_of_states);
    }
#endif
    STORE(X, h, h_from + row * h_row + unit, state);
    STORE(X, last, last_from + item, state);
  }
}

/// The gradients of a step's sums, from those of its states. The first `ran` rows had a step before, whose rows are `before`; others
/// began with `start`. Both are states, of an LSTM cells.
KERNEL recurrence_slope(
  i64 rows, i64 hidden, i64 ran, IN(X, gates), OUT(X, slopes), i64 gates_row, i32 has_gradient, IN(X, gradient),
  i64 gradient_row, OUT(X, dh), OUT(X, dc), IN(X, h), i64 h_row, IN(X, cells), IN(X, before), i64 before_row, i32 has_start,
  IN(X, start)) {
  EACH(item, rows * hidden) {
    i64 row = item / hidden, unit = item - row * hidden, at = gates_from + row * gates_row + unit;
    i64 to = slopes_from + row * gates_row + unit;
    T slope = LOAD(X, dh, dh_from + item);
    if (has_gradient) slope += LOAD(X, gradient, gradient_from + row * gradient_row + unit);
#if RECURRENCE == RECURRENCE_TANH
    T state = LOAD(X, h, h_from + row * h_row + unit);
    STORE(X, slopes, to, slope * (ONE - state * state));
#elif RECURRENCE == RECURRENCE_RELU
    // A comparison with NaN is false, and lets the gradient of a NaN pass.
    STORE(X, slopes, to, LOAD(X, h, h_from + row * h_row + unit) <= 0 ? (T)0 : slope);
#else
    T earlier = row < ran ? LOAD(X, before, before_from + row * before_row + unit)
                          : has_start ? LOAD(X, start, start_from + item) : (T)0;
#if RECURRENCE == RECURRENCE_LSTM
    T in = LOAD(X, gates, GATE(0)), keep = LOAD(X, gates, GATE(1)), fresh = LOAD(X, gates, GATE(2));
    T out = LOAD(X, gates, GATE(3)), level = bent(LOAD(X, cells, cells_from + item));
    T for_cell = slope * out * (ONE - level * level) + LOAD(X, dc, dc_from + item);
    STORE(X, slopes, to, for_cell * fresh * (in * (ONE - in)));
    STORE(X, slopes, to + hidden, for_cell * earlier * (keep * (ONE - keep)));
    STORE(X, slopes, to + 2 * hidden, for_cell * in * (ONE - fresh * fresh));
    STORE(X, slopes, to + 3 * hidden, slope * level * (out * (ONE - out)));
    STORE(X, dc, dc_from + item, for_cell * keep);
#else
    T reset = LOAD(X, gates, GATE(0)), keep = LOAD(X, gates, GATE(1)), fresh = LOAD(X, gates, GATE(2));
    T for_fresh = slope * (ONE - keep) * (ONE - fresh * fresh);
    STORE(X, slopes, to, for_fresh * LOAD(X, gates, GATE(3)) * (reset * (ONE - reset)));
    STORE(X, slopes, to + hidden, slope * (earlier - fresh) * (keep * (ONE - keep)));
    STORE(X, slopes, to + 2 * hidden, for_fresh * reset);
    STORE(X, slopes, to + 3 * hidden, for_fresh);
    // What passes by the products.
    STORE(X, dh, dh_from + item, slope * keep);
#endif
#endif
  }
}
