// What the passes of norms add up, whatever the numbers are.

enum { NORM_BLOCK = 64 };

/// What the activation let through of a gradient. A NaN lets through.
INLINE V passed(V g, V result) { return result <= 0 ? (V)0 : g; }

INLINE void add_lanes(double *total, V v) {
  float lanes[LANES];
  store(lanes, v);
  UNROLL for (int i = 0; i < LANES; i++) total[i] += (double)lanes[i];
}
