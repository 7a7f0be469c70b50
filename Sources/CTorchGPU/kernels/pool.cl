// The maximum of each window over three spatial dimensions (of which the first may be ones), and its gradient.


#define WINDOW_ARGUMENTS STRIDES(sizes), STRIDES(more), STRIDES(window), STRIDES(more_window)
#define OPEN_WINDOW \
  OPEN_STRIDES(sizes); \
  OPEN_STRIDES(more); \
  OPEN_STRIDES(window); \
  OPEN_STRIDES(more_window); \
  i64 channels = sizes.stride[0], in_z = sizes.stride[1], in_y = sizes.stride[2], in_x = sizes.stride[3]; \
  i64 out_z = more.stride[0], out_y = more.stride[1], out_x = more.stride[2]; \
  i64 taps_z = window.stride[0], taps_y = window.stride[1], taps_x = window.stride[2]; \
  i64 stride_z = window.stride[3], stride_y = window.stride[4], stride_x = window.stride[5]; \
  i64 pad_z = more_window.stride[0], pad_y = more_window.stride[1], pad_x = more_window.stride[2]; \
  i64 step_z = more_window.stride[3], step_y = more_window.stride[4], step_x = more_window.stride[5]

/// Element `i` of a [samples, channels, z, y, x].
#define OPEN_ELEMENT(i, size_z, size_y, size_x) \
  i64 left_ = (i); \
  i64 at_x = left_ % (size_x); \
  left_ /= (size_x); \
  i64 at_y = left_ % (size_y); \
  left_ /= (size_y); \
  i64 at_z = left_ % (size_z); \
  left_ /= (size_z); \
  i64 channel = left_ % channels, sample = left_ / channels
#define PLACE_OF(along, z, y, x) \
  (sample * along.stride[0] + channel * along.stride[1] + (z) * along.stride[2] + (y) * along.stride[3] + (x) * along.stride[4])

// OP is one of these.
#define MAXIMA 0
#define SLOPES 1

#if OP == MAXIMA

/// The first tap of a window that is not before the input.
DEVICE i64 first_tap(i64 start, i64 step) { return start >= 0 ? start : start + (-start + step - 1) / step * step; }

KERNEL max_pool(
  i64 count, WINDOW_ARGUMENTS, IN(X, x), STRIDES(along_x), OUT(X, o), STRIDES(along_o), i32 wants_places, OUT(i32, places),
  STRIDES(along_places)) {
  OPEN_WINDOW;
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_o);
  OPEN_STRIDES(along_places);
  EACH(i, count) {
    OPEN_ELEMENT(i, out_z, out_y, out_x);
    i64 from_z = at_z * stride_z - pad_z, from_y = at_y * stride_y - pad_y, from_x = at_x * stride_x - pad_x;
    i64 plane = x_from + PLACE_OF(along_x, 0, 0, 0), position = -1;
    T best = LEAST;
    for (i64 kz = 0; kz < taps_z; kz++) {
      i64 z = from_z + kz * step_z;
      if (z < 0 || z >= in_z) continue;
      for (i64 ky = 0; ky < taps_y; ky++) {
        i64 y = from_y + ky * step_y;
        if (y < 0 || y >= in_y) continue;
        for (i64 kx = 0; kx < taps_x; kx++) {
          i64 w = from_x + kx * step_x;
          if (w < 0 || w >= in_x) continue;
          T value = LOAD(X, x, plane + z * along_x.stride[2] + y * along_x.stride[3] + w * along_x.stride[4]);
          if (position < 0 || value > best || IS_NAN(value)) {
            best = value;
            position = (z * in_y + y) * in_x + w;
          }
        }
      }
    }
    // No tap met the input. PyTorch gives its first tap's place, which may lie outside of the plane.
    if (position < 0)
      position = (first_tap(from_z, step_z) * in_y + first_tap(from_y, step_y)) * in_x + first_tap(from_x, step_x);
    STORE(X, o, o_from + PLACE_OF(along_o, at_z, at_y, at_x), best);
    if (wants_places) places[places_from + PLACE_OF(along_places, at_z, at_y, at_x)] = (i32)position;
  }
}

#else

/// The first and the last window along a dimension that have a tap at `at`, where all taps within reach are asked.
DEVICE i64 first_window(i64 at, i64 taps, i64 stride, i64 step) {
  i64 least = at - (taps - 1) * step;
  return least <= 0 ? 0 : (least + stride - 1) / stride;
}
DEVICE i64 end_of_windows(i64 at, i64 stride, i64 windows) {
  i64 end = at / stride + 1;
  return end < windows ? end : windows;
}

/// A thread for each element of the input, which looks for itself in the windows over it: what is added up is so in one order.
KERNEL max_pool_slope(
  i64 count, WINDOW_ARGUMENTS, IN(X, x), STRIDES(along_x), IN(i32, places), STRIDES(along_places), OUT(O, o),
  STRIDES(along_o)) {
  OPEN_WINDOW;
  OPEN_STRIDES(along_x);
  OPEN_STRIDES(along_places);
  OPEN_STRIDES(along_o);
  EACH(i, count) {
    OPEN_ELEMENT(i, in_z, in_y, in_x);
    i64 place = (at_z * in_y + at_y) * in_x + at_x;
    i64 slopes = x_from + PLACE_OF(along_x, 0, 0, 0), found = places_from + PLACE_OF(along_places, 0, 0, 0);
    i64 end_z = end_of_windows(at_z + pad_z, stride_z, out_z), end_y = end_of_windows(at_y + pad_y, stride_y, out_y);
    i64 end_x = end_of_windows(at_x + pad_x, stride_x, out_x);
    T sum = 0;
    for (i64 z = first_window(at_z + pad_z, taps_z, stride_z, step_z); z < end_z; z++)
      for (i64 y = first_window(at_y + pad_y, taps_y, stride_y, step_y); y < end_y; y++)
        for (i64 w = first_window(at_x + pad_x, taps_x, stride_x, step_x); w < end_x; w++)
          if (places[found + z * along_places.stride[2] + y * along_places.stride[3] + w * along_places.stride[4]] == place)
            sum += LOAD(X, x, slopes + z * along_x.stride[2] + y * along_x.stride[3] + w * along_x.stride[4]);
    STORE(O, o, o_from + PLACE_OF(along_o, at_z, at_y, at_x), sum);
  }
}

/// A thread for each plane, which adds to its zeros: where nothing is known of the windows. All row-major.
KERNEL max_pool_slope_planes(i64 planes, i64 windows, i64 plane, IN(X, x), IN(i32, places), OUT(O, o)) {
  EACH(p, planes) {
    for (i64 i = p * windows; i < (p + 1) * windows; i++) {
      // A window that met no input has its place outside of the plane.
      i64 place = places[places_from + i];
      if (place < 0 || place >= plane) continue;
      i64 at = o_from + p * plane + place;
      STORE(O, o, at, LOAD(O, o, at) + LOAD(X, x, x_from + i));
    }
  }
}

#endif
