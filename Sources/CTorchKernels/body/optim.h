// Optimiser steps, in PyTorch's order of operations: where it adds a multiple of a tensor the sum is fused, elsewhere not.

// The body is written for whole vectors; the end of the row goes through padded blocks.
#define SGD_STEP(P, T, V) \
  TK_INLINE V P##_sgd(V p, V g, V *m, const tk_sgd_options *o) { \
    if (o->maximize) g = -g; \
    if (o->weight_decay != 0) g = FMA((V)(T)o->weight_decay, p, g); \
    if (o->momentum != 0) { \
      V momentum = (V)(T)o->momentum; \
      *m = o->first ? g : FMA((V)(T)(1 - o->dampening), g, *m * momentum); \
      g = o->nesterov ? FMA(momentum, *m, g) : *m; \
    } \
    return FMA((V)(T)(-o->lr), g, p); \
  } \
  static void sgd_step_##P(ptrdiff_t n, T *param, const T *grad, T *buffer, const tk_sgd_options *options) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    tk_sgd_options o = *options; \
    int keeps = o.momentum != 0; \
    ptrdiff_t i = 0; \
    for (; i + lanes <= n; i += lanes) { \
      V m = (V)(T)0; \
      if (keeps && !o.first) m = TK_LOAD(V, buffer + i); \
      TK_STORE(V, param + i, P##_sgd(TK_LOAD(V, param + i), TK_LOAD(V, grad + i), &m, &o)); \
      if (keeps) TK_STORE(V, buffer + i, m); \
    } \
    if (i < n) { \
      ptrdiff_t rest = n - i; \
      V m = (V)(T)0; \
      if (keeps && !o.first) m = P##_part(buffer + i, rest, 0); \
      P##_part_store(param + i, rest, P##_sgd(P##_part(param + i, rest, 0), P##_part(grad + i, rest, 0), &m, &o)); \
      if (keeps) P##_part_store(buffer + i, rest, m); \
    } \
  }
SGD_STEP(f32, float, VF)
SGD_STEP(f64, double, VD)

#define ADAM_STEP(P, T, V) \
  typedef struct P##_adam_numbers { \
    T decay, keep, weight1, beta2, weight2, root_correction, eps, step; \
    int maximize, decays, decoupled, amsgrad, near; \
  } P##_adam_numbers; \
  TK_INLINE V P##_adam(V p, V g, V *m, V *v, V *top, const P##_adam_numbers *o) { \
    if (o->maximize) g = -g; \
    if (o->decays) { \
      if (o->decoupled) p = p * o->keep; \
      else g = FMA((V)o->decay, p, g); \
    } \
    /* lerp leans on the nearer end */ \
    V way = g - *m; \
    *m = o->near ? FMA((V)o->weight1, way, *m) : FMA((V)(o->weight1 - 1), way, g); \
    *v = *v * o->beta2 + o->weight2 * g * g; \
    V square = *v; \
    if (o->amsgrad) square = *top = SEL((*top > *v) | (*top != *top), *top, *v); \
    V bottom = __builtin_elementwise_sqrt(square) / o->root_correction + o->eps; \
    return p + o->step * *m / bottom; \
  } \
  static void adam_step_##P( \
    ptrdiff_t n, T *param, const T *grad, T *exp_avg, T *exp_avg_sq, T *max_exp_avg_sq, \
    const tk_adam_options *options) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    double correction1 = 1 - pow(options->beta1, options->step); \
    double correction2 = 1 - pow(options->beta2, options->step); \
    P##_adam_numbers o = { \
      .decay = (T)options->weight_decay, \
      .keep = (T)(1 - options->lr * options->weight_decay), \
      .weight1 = (T)(1 - options->beta1), \
      .beta2 = (T)options->beta2, \
      .weight2 = (T)(1 - options->beta2), \
      .root_correction = (T)sqrt(correction2), \
      .eps = (T)options->eps, \
      .step = (T)(-(options->lr / correction1)), \
      .maximize = options->maximize, \
      .decays = options->weight_decay != 0, \
      .decoupled = options->decoupled, \
      .amsgrad = options->amsgrad, \
      .near = fabs(1 - options->beta1) < 0.5, \
    }; \
    ptrdiff_t i = 0; \
    for (; i + lanes <= n; i += lanes) { \
      V m = TK_LOAD(V, exp_avg + i), v = TK_LOAD(V, exp_avg_sq + i), top = v; \
      if (o.amsgrad) top = TK_LOAD(V, max_exp_avg_sq + i); \
      TK_STORE(V, param + i, P##_adam(TK_LOAD(V, param + i), TK_LOAD(V, grad + i), &m, &v, &top, &o)); \
      TK_STORE(V, exp_avg + i, m); \
      TK_STORE(V, exp_avg_sq + i, v); \
      if (o.amsgrad) TK_STORE(V, max_exp_avg_sq + i, top); \
    } \
    if (i < n) { \
      ptrdiff_t rest = n - i; \
      V m = P##_part(exp_avg + i, rest, 0), v = P##_part(exp_avg_sq + i, rest, 0), top = v; \
      if (o.amsgrad) top = P##_part(max_exp_avg_sq + i, rest, 0); \
      V p = P##_adam(P##_part(param + i, rest, 0), P##_part(grad + i, rest, 0), &m, &v, &top, &o); \
      P##_part_store(param + i, rest, p); \
      P##_part_store(exp_avg + i, rest, m); \
      P##_part_store(exp_avg_sq + i, rest, v); \
      if (o.amsgrad) P##_part_store(max_exp_avg_sq + i, rest, top); \
    } \
  }
ADAM_STEP(f32, float, VF)
ADAM_STEP(f64, double, VD)
