// What a step of a recurrent net does to the sums of its products, and what it gives back: one pass over a few rows.

/// The first `count` numbers of a vector, zeros after them.
TK_INLINE VF recurrence_load(const float *p, ptrdiff_t count) {
  if (count == TK_VB / 4) return TK_LOAD(VF, p);
  VF v = f32_splat(0.0f);
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}

TK_INLINE void recurrence_store(float *p, VF v, ptrdiff_t count) {
  if (count == TK_VB / 4) TK_STORE(VF, p, v);
  else memcpy(p, &v, (size_t)count * sizeof(float));
}

// Calls a body for each row and vector of units: `at` is where the vector begins, `count` how many numbers it has.
#define RECURRENCE_WALK(s, BODY) \
  for (ptrdiff_t row = 0; row < (s)->rows; row++) { \
    ptrdiff_t at = 0; \
    for (; at + TK_VB / 4 <= (s)->units; at += TK_VB / 4) { \
      enum { count = TK_VB / 4 }; \
      BODY; \
    } \
    if (at < (s)->units) { \
      ptrdiff_t count = (s)->units - at; \
      BODY; \
    } \
  }

#define AT(name) ((name) + row * name##_row + at)

static void recurrence_plain(const tk_recurrence_step *s, int is_relu) {
  RECURRENCE_WALK(s, ({
    VF x = recurrence_load(AT(s->gates), count);
    VF h = is_relu ? SEL(x < 0.0f, f32_splat(0.0f), x) : f32_tanh(x);
    recurrence_store(AT(s->h), h, count);
    recurrence_store(AT(s->last), h, count);
  }))
}

static void recurrence_lstm(const tk_recurrence_step *s) {
  ptrdiff_t gate = s->gate;
  RECURRENCE_WALK(s, ({
    float *gates = AT(s->gates);
    VF in = f32_sigmoid(recurrence_load(gates, count));
    VF keep = f32_sigmoid(recurrence_load(gates + gate, count));
    VF new = f32_tanh(recurrence_load(gates + 2 * gate, count));
    VF out = f32_sigmoid(recurrence_load(gates + 3 * gate, count));
    VF c = FMA(keep, recurrence_load(AT(s->c), count), in * new);
    VF h = out * f32_tanh(c);
    if (s->keeps) {
      recurrence_store(gates, in, count);
      recurrence_store(gates + gate, keep, count);
      recurrence_store(gates + 2 * gate, new, count);
      recurrence_store(gates + 3 * gate, out, count);
      recurrence_store(AT(s->c_kept), c, count);
    }
    recurrence_store(AT(s->c), c, count);
    recurrence_store(AT(s->h), h, count);
    recurrence_store(AT(s->last), h, count);
  }))
}

static void recurrence_gru(const tk_recurrence_step *s) {
  ptrdiff_t gate = s->gate;
  RECURRENCE_WALK(s, ({
    float *gates = AT(s->gates);
    VF reset = f32_sigmoid(recurrence_load(gates, count));
    VF keep = f32_sigmoid(recurrence_load(gates + gate, count));
    VF new = f32_tanh(FMA(reset, recurrence_load(gates + 3 * gate, count), recurrence_load(gates + 2 * gate, count)));
    VF before = s->before ? recurrence_load(AT(s->before), count) : f32_splat(0.0f);
    VF h = FMA(before - new, keep, new);
    if (s->keeps) {
      recurrence_store(gates, reset, count);
      recurrence_store(gates + gate, keep, count);
      recurrence_store(gates + 2 * gate, new, count);
    }
    recurrence_store(AT(s->h), h, count);
    recurrence_store(AT(s->last), h, count);
  }))
}

static void recurrence_step_f32(tk_recurrence kind, const tk_recurrence_step *s) {
  switch (kind) {
    case TK_RECURRENCE_TANH: recurrence_plain(s, 0); break;
    case TK_RECURRENCE_RELU: recurrence_plain(s, 1); break;
    case TK_RECURRENCE_LSTM: recurrence_lstm(s); break;
    case TK_RECURRENCE_GRU: recurrence_gru(s); break;
  }
}

// MARK: gradients. Each tells whether any number it gave to the products is not zero.

/// The gradient of a hidden state: of the output, and of the steps that come after.
#define RECURRENCE_SLOPE(s) \
  VF slope = recurrence_load(AT(s->dh), count); \
  if (s->gradient) slope += recurrence_load(AT(s->gradient), count)

static int recurrence_plain_backward(const tk_recurrence_slope *s, int is_relu) {
  VI any = (VI)(0);
  RECURRENCE_WALK(s, ({
    RECURRENCE_SLOPE(s);
    VF h = recurrence_load(AT(s->h), count);
    // A comparison with NaN is false, and lets the gradient of a NaN pass.
    VF d = is_relu ? SEL(h <= 0.0f, f32_splat(0.0f), slope) : slope * (1.0f - h * h);
    recurrence_store(AT(s->dgates), d, count);
    any |= d != 0.0f;
  }))
  return __builtin_reduce_or(any) != 0;
}

static int recurrence_lstm_backward(const tk_recurrence_slope *s) {
  ptrdiff_t gate = s->gate;
  VI any = (VI)(0);
  RECURRENCE_WALK(s, ({
    RECURRENCE_SLOPE(s);
    const float *gates = AT(s->gates);
    float *dgates = AT(s->dgates);
    VF in = recurrence_load(gates, count), keep = recurrence_load(gates + gate, count);
    VF new = recurrence_load(gates + 2 * gate, count), out = recurrence_load(gates + 3 * gate, count);
    VF bent = f32_tanh(recurrence_load(AT(s->c), count));
    VF before = s->c_before ? recurrence_load(AT(s->c_before), count) : f32_splat(0.0f);
    VF dc = FMA(slope * out, 1.0f - bent * bent, recurrence_load(AT(s->dc), count));
    VF d_in = dc * new * (in * (1.0f - in)), d_keep = dc * before * (keep * (1.0f - keep));
    VF d_new = dc * in * (1.0f - new * new), d_out = slope * bent * (out * (1.0f - out));
    recurrence_store(dgates, d_in, count);
    recurrence_store(dgates + gate, d_keep, count);
    recurrence_store(dgates + 2 * gate, d_new, count);
    recurrence_store(dgates + 3 * gate, d_out, count);
    recurrence_store(AT(s->dc), dc * keep, count);
    any |= (d_in != 0.0f) | (d_keep != 0.0f) | (d_new != 0.0f) | (d_out != 0.0f);
  }))
  return __builtin_reduce_or(any) != 0;
}

static int recurrence_gru_backward(const tk_recurrence_slope *s) {
  ptrdiff_t gate = s->gate;
  VI any = (VI)(0);
  RECURRENCE_WALK(s, ({
    RECURRENCE_SLOPE(s);
    const float *gates = AT(s->gates);
    float *dgates = AT(s->dgates);
    VF reset = recurrence_load(gates, count), keep = recurrence_load(gates + gate, count);
    VF new = recurrence_load(gates + 2 * gate, count), hidden = recurrence_load(gates + 3 * gate, count);
    VF before = s->before ? recurrence_load(AT(s->before), count) : f32_splat(0.0f);
    VF d_keep = slope * (before - new) * (keep * (1.0f - keep));
    VF d_new = slope * (1.0f - keep) * (1.0f - new * new);
    VF d_reset = d_new * hidden * (reset * (1.0f - reset)), d_hidden = d_new * reset;
    recurrence_store(dgates, d_reset, count);
    recurrence_store(dgates + gate, d_keep, count);
    recurrence_store(dgates + 2 * gate, d_hidden, count);
    recurrence_store(dgates + 3 * gate, d_new, count);
    recurrence_store(AT(s->dh), slope * keep, count);
    any |= (d_reset != 0.0f) | (d_keep != 0.0f) | (d_new != 0.0f) | (d_hidden != 0.0f);
  }))
  return __builtin_reduce_or(any) != 0;
}

static int recurrence_slope_f32(tk_recurrence kind, const tk_recurrence_slope *s) {
  switch (kind) {
    case TK_RECURRENCE_TANH: return recurrence_plain_backward(s, 0);
    case TK_RECURRENCE_RELU: return recurrence_plain_backward(s, 1);
    case TK_RECURRENCE_LSTM: return recurrence_lstm_backward(s);
    case TK_RECURRENCE_GRU: return recurrence_gru_backward(s);
  }
  return 0;
}
#undef AT
#undef RECURRENCE_WALK
#undef RECURRENCE_SLOPE

const tk_recurrence_kernels TK_ISA(tk_recurrence_kernels) = {recurrence_step_f32, recurrence_slope_f32};
