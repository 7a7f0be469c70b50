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

// One walk for the other optimizers: the kind is a constant of each copy of the loop, so that nothing of the others is left.
#define OPTIMIZER_STEP(P, T, V) \
  typedef struct P##_step_numbers { \
    T decay, keep, weight, square_keep, square_weight, eps, rate, average_rate, correction, root, rectifier, momentum; \
    T less, more, smallest, largest, shrink, share; \
    int maximize, decays, decoupled, near, rectified, centered, moved; \
  } P##_step_numbers; \
  TK_INLINE V P##_lerp_to(V from, V to, const P##_step_numbers *o) { \
    V way = to - from; \
    return o->near ? FMA((V)o->weight, way, from) : FMA((V)(o->weight - 1), way, to); \
  } \
  TK_INLINE V P##_step(tk_step_kind kind, V p, V g, V *a, V *b, V *c, const P##_step_numbers *o) { \
    if (o->maximize) g = -g; \
    if (o->decays) { \
      if (o->decoupled) p = p * o->keep; \
      else g = FMA((V)o->decay, p, g); \
    } \
    if (kind == TK_STEP_ADADELTA) { \
      *a = *a * o->square_keep + o->square_weight * g * g; \
      V way = __builtin_elementwise_sqrt(*b + o->eps) / __builtin_elementwise_sqrt(*a + o->eps) * g; \
      *b = *b * o->square_keep + o->square_weight * way * way; \
      return FMA((V)o->rate, way, p); \
    } \
    if (kind == TK_STEP_ADAGRAD) { \
      *a = *a + g * g; \
      return p + o->rate * g / (__builtin_elementwise_sqrt(*a) + o->eps); \
    } \
    if (kind == TK_STEP_ADAMAX) { \
      *a = P##_lerp_to(*a, g, o); \
      V old = *b * o->square_keep, now = __builtin_elementwise_abs(g) + o->eps; \
      *b = SEL((old > now) | (old != old), old, now); \
      return p + o->rate * *a / *b; \
    } \
    if (kind == TK_STEP_RMSPROP) { \
      *a = *a * o->square_keep + o->square_weight * g * g; \
      V square = *a; \
      if (o->centered) { \
        *b = P##_lerp_to(*b, g, o); \
        square = square + -*b * *b; \
      } \
      V bottom = __builtin_elementwise_sqrt(square) + o->eps; \
      if (!o->moved) return p + o->rate * g / bottom; \
      *c = *c * o->momentum + g / bottom; \
      return FMA((V)o->rate, *c, p); \
    } \
    if (kind == TK_STEP_RPROP) { \
      V zero = (V)(T)0, one = (V)(T)1, agreement = g * *a; \
      V size = *b * SEL(agreement < zero, (V)o->less, SEL(agreement > zero, (V)o->more, one)); \
      size = SEL(size < (V)o->smallest, (V)o->smallest, size); \
      *b = SEL(size > (V)o->largest, (V)o->largest, size); \
      /* After a turn the step is left out, and the next one counts as the first. */ \
      *a = SEL(agreement < zero, zero, g); \
      return p + SEL(*a > zero, -*b, SEL(*a < zero, *b, zero)); \
    } \
    if (kind == TK_STEP_ASGD) { \
      p = FMA((V)o->rate, g, p * o->shrink); \
      *a = o->share == 1 ? p : *a + (p - *a) * o->share; \
      return p; \
    } \
    *a = P##_lerp_to(*a, g, o); \
    *b = *b * o->square_keep + o->square_weight * g * g; \
    if (kind == TK_STEP_NADAM) { \
      V bottom = __builtin_elementwise_sqrt(*b / o->correction) + o->eps; \
      p = p + o->rate * g / bottom; \
      return p + o->average_rate * *a / bottom; \
    } \
    V way = *a / o->correction * o->rate; \
    if (o->rectified) way = way * ((V)(T)1 / (__builtin_elementwise_sqrt(*b) + o->eps) * o->root) * o->rectifier; \
    return p - way; \
  } \
  TK_INLINE void P##_step_rows( \
    tk_step_kind kind, ptrdiff_t n, T *param, const T *grad, T *a, T *b, T *c, const P##_step_numbers *numbers) { \
    enum { lanes = sizeof(V) / sizeof(T) }; \
    P##_step_numbers o = *numbers; \
    V zero = (V)(T)0, x = zero, y = zero, z = zero; \
    ptrdiff_t i = 0; \
    for (; i + lanes <= n; i += lanes) { \
      if (a) x = TK_LOAD(V, a + i); \
      if (b) y = TK_LOAD(V, b + i); \
      if (c) z = TK_LOAD(V, c + i); \
      TK_STORE(V, param + i, P##_step(kind, TK_LOAD(V, param + i), TK_LOAD(V, grad + i), &x, &y, &z, &o)); \
      if (a) TK_STORE(V, a + i, x); \
      if (b) TK_STORE(V, b + i, y); \
      if (c) TK_STORE(V, c + i, z); \
    } \
    if (i < n) { \
      ptrdiff_t rest = n - i; \
      if (a) x = P##_part(a + i, rest, 0); \
      if (b) y = P##_part(b + i, rest, 0); \
      if (c) z = P##_part(c + i, rest, 0); \
      V p = P##_step(kind, P##_part(param + i, rest, 0), P##_part(grad + i, rest, 0), &x, &y, &z, &o); \
      P##_part_store(param + i, rest, p); \
      if (a) P##_part_store(a + i, rest, x); \
      if (b) P##_part_store(b + i, rest, y); \
      if (c) P##_part_store(c + i, rest, z); \
    } \
  } \
  static void optimizer_step_##P( \
    ptrdiff_t n, T *param, const T *grad, T *a, T *b, T *c, const tk_step_options *options) { \
    P##_step_numbers o = { \
      .decay = (T)options->weight_decay, \
      .keep = (T)options->keep, \
      .weight = (T)options->weight, \
      .square_keep = (T)options->square_keep, \
      .square_weight = (T)(1 - options->square_keep), \
      .eps = (T)options->eps, \
      .rate = (T)options->rate, \
      .average_rate = (T)options->average_rate, \
      .correction = (T)options->correction, \
      .root = (T)options->root, \
      .rectifier = (T)options->rectifier, \
      .momentum = (T)options->momentum, \
      .less = (T)options->less, \
      .more = (T)options->more, \
      .smallest = (T)options->smallest, \
      .largest = (T)options->largest, \
      .shrink = (T)options->shrink, \
      .share = (T)options->share, \
      .maximize = options->maximize, \
      .decays = options->weight_decay != 0, \
      .decoupled = options->decoupled, \
      .near = fabs(options->weight) < 0.5, \
      .rectified = options->rectifier != 0, \
      .centered = b != NULL, \
      .moved = c != NULL, \
    }; \
    switch (options->kind) { \
    case TK_STEP_ADADELTA: P##_step_rows(TK_STEP_ADADELTA, n, param, grad, a, b, NULL, &o); break; \
    case TK_STEP_ADAGRAD: P##_step_rows(TK_STEP_ADAGRAD, n, param, grad, a, NULL, NULL, &o); break; \
    case TK_STEP_ADAMAX: P##_step_rows(TK_STEP_ADAMAX, n, param, grad, a, b, NULL, &o); break; \
    case TK_STEP_NADAM: P##_step_rows(TK_STEP_NADAM, n, param, grad, a, b, NULL, &o); break; \
    case TK_STEP_RADAM: P##_step_rows(TK_STEP_RADAM, n, param, grad, a, b, NULL, &o); break; \
    case TK_STEP_RMSPROP: P##_step_rows(TK_STEP_RMSPROP, n, param, grad, a, b, c, &o); break; \
    case TK_STEP_RPROP: P##_step_rows(TK_STEP_RPROP, n, param, grad, a, b, NULL, &o); break; \
    case TK_STEP_ASGD: P##_step_rows(TK_STEP_ASGD, n, param, grad, a, NULL, NULL, &o); break; \
    } \
  }
OPTIMIZER_STEP(f32, float, VF)
OPTIMIZER_STEP(f64, double, VD)
