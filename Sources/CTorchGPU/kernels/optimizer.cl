// A step of an optimizer in one pass over a parameter, its gradient and what is kept of it; row-major. As on the processor, and in
// PyTorch's order: where it adds a multiple of a tensor the sum is fused.

typedef NUMBER(X) T;
typedef PARAMETER(X) P;

// OPTIMIZER is one of these.
#define OPTIMIZER_SCALE 0
#define OPTIMIZER_SGD 1
#define OPTIMIZER_ADAM 2
#define OPTIMIZER_ADADELTA 3
#define OPTIMIZER_ADAGRAD 4
#define OPTIMIZER_ADAMAX 5
#define OPTIMIZER_NADAM 6
#define OPTIMIZER_RADAM 7
#define OPTIMIZER_RMSPROP 8
#define OPTIMIZER_RPROP 9
#define OPTIMIZER_ASGD 10

#if OPTIMIZER == OPTIMIZER_SCALE

#if IS_DOUBLE(X)
#define INFINITY_T AS_DOUBLE(0x7ff0000000000000L)
#else
#define INFINITY_T AS_FLOAT(0x7f800000u)
#endif

/// Multiplies by a factor and notes a number that is not finite.
KERNEL scale_noting(i64 count, SIZES(sizes), P factor, OUT(X, o), STRIDES(along_o), OUT(i32, found)) {
  OPEN_SIZES(sizes);
  OPEN_STRIDES(along_o);
  i32 is_bad = 0;
  EACH(i, count) {
    i64 at_o = o_from;
    EACH_DIM(i, sizes, d, at, at_o += at * along_o.stride[d]);
    T value = LOAD(X, o, at_o);
    if (!(fabs(value) < INFINITY_T)) is_bad = 1;
    STORE(X, o, at_o, value * (T)factor);
  }
  if (is_bad) CAS_U32(found + found_from, 0, 1);
}

#else

/// The gradient as the step takes it. DECAYS: 0 for none, 1 into the gradient, 2 for what shrinks the weight itself.
#define OPEN_STEP \
  T p = LOAD(X, param, param_from + i), g = LOAD(X, grad, grad_from + i); \
  if (maximize) g = -g; \
  if (decays == 1) g = fma((T)decay, p, g); \
  if (decays == 2) p = p * (T)keep

#define READ(name) LOAD(X, name, name##_from + i)
#define WRITE(name, value) STORE(X, name, name##_from + i, value)

/// From one number to another, leaning on the nearer end.
DEVICE T led(T from, T to, P weight, i32 near) {
  T way = to - from;
  return near ? fma((T)weight, way, from) : fma((T)weight - (T)1, way, to);
}

#if OPTIMIZER == OPTIMIZER_SGD

KERNEL optimizer_step(
  i64 count, i32 maximize, i32 decays, P decay, P keep, P momentum, P share, i32 nesterov, i32 first, P rate, OUT(X, param),
  IN(X, grad), i32 has_buffer, OUT(X, buffer)) {
  EACH(i, count) {
    OPEN_STEP;
    if (has_buffer) {
      T m = first ? g : fma((T)share, g, READ(buffer) * (T)momentum);
      WRITE(buffer, m);
      g = nesterov ? fma((T)momentum, m, g) : m;
    }
    WRITE(param, fma((T)rate, g, p));
  }
}

#elif OPTIMIZER == OPTIMIZER_ADAM

KERNEL optimizer_step(
  i64 count, i32 maximize, i32 decays, P decay, P keep, P weight, i32 near, P square_keep, P square_weight, P root, P eps,
  P rate, OUT(X, param), IN(X, grad), OUT(X, average), OUT(X, square), i32 has_largest, OUT(X, largest)) {
  EACH(i, count) {
    OPEN_STEP;
    T m = led(READ(average), g, weight, near), v = READ(square) * (T)square_keep + (T)square_weight * g * g, top = v;
    WRITE(average, m);
    WRITE(square, v);
    if (has_largest) {
      T old = READ(largest);
      top = old > v || old != old ? old : v;
      WRITE(largest, top);
    }
    T bottom = sqrt(top) / (T)root + (T)eps;
    WRITE(param, p + (T)rate * m / bottom);
  }
}

#else

KERNEL optimizer_step(
  i64 count, i32 maximize, i32 decays, P decay, P keep, P weight, i32 near, P square_keep, P square_weight, P eps, P rate,
  P average_rate, P correction, P root, P rectifier, P momentum, P less, P more, P smallest, P most, P shrink, P share,
  OUT(X, param), IN(X, grad), OUT(X, a), i32 has_b, OUT(X, b), i32 has_c, OUT(X, c)) {
  EACH(i, count) {
    OPEN_STEP;
    T first = READ(a);
#if OPTIMIZER == OPTIMIZER_ADADELTA
    T second = READ(b);
    first = first * (T)square_keep + (T)square_weight * g * g;
    T way = sqrt(second + (T)eps) / sqrt(first + (T)eps) * g;
    WRITE(b, second * (T)square_keep + (T)square_weight * way * way);
    p = fma((T)rate, way, p);
#elif OPTIMIZER == OPTIMIZER_ADAGRAD
    first = first + g * g;
    p = p + (T)rate * g / (sqrt(first) + (T)eps);
#elif OPTIMIZER == OPTIMIZER_ADAMAX
    first = led(first, g, weight, near);
    T old = READ(b) * (T)square_keep, now = fabs(g) + (T)eps, second = old > now || old != old ? old : now;
    WRITE(b, second);
    p = p + (T)rate * first / second;
#elif OPTIMIZER == OPTIMIZER_RMSPROP
    first = first * (T)square_keep + (T)square_weight * g * g;
    T square = first;
    if (has_b) {
      T middle = led(READ(b), g, weight, near);
      WRITE(b, middle);
      square = square + -middle * middle;
    }
    T bottom = sqrt(square) + (T)eps;
    if (has_c) {
      T moved = READ(c) * (T)momentum + g / bottom;
      WRITE(c, moved);
      p = fma((T)rate, moved, p);
    } else {
      p = p + (T)rate * g / bottom;
    }
#elif OPTIMIZER == OPTIMIZER_RPROP
    T agreement = g * first;
    T size = READ(b) * (agreement < 0 ? (T)less : agreement > 0 ? (T)more : (T)1);
    size = size < (T)smallest ? (T)smallest : size;
    size = size > (T)most ? (T)most : size;
    WRITE(b, size);
    // After a turn the step is left out, and the next one counts as the first.
    first = agreement < 0 ? (T)0 : g;
    p = p + (first > 0 ? -size : first < 0 ? size : (T)0);
#elif OPTIMIZER == OPTIMIZER_ASGD
    p = fma((T)rate, g, p * (T)shrink);
    first = share == 1 ? p : first + (p - first) * (T)share;
#else
    first = led(first, g, weight, near);
    T second = READ(b) * (T)square_keep + (T)square_weight * g * g;
    WRITE(b, second);
#if OPTIMIZER == OPTIMIZER_NADAM
    T bottom = sqrt(second / (T)correction) + (T)eps;
    p = p + (T)rate * g / bottom;
    p = p + (T)average_rate * first / bottom;
#else
    T way = first / (T)correction * (T)rate;
    if (rectifier != 0) way = way * ((T)1 / (sqrt(second) + (T)eps) * (T)root) * (T)rectifier;
    p = p - way;
#endif
#endif
    WRITE(a, first);
    WRITE(param, p);
  }
}

#endif
#endif
