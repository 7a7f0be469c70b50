// Image.transform: each pixel of the result looks up where it comes from.
#include <math.h>
#include <string.h>
#include "include/CTorchPixels.h"

#pragma STDC FP_CONTRACT OFF

static inline int32_t coordinate(double x) { return x < 0.0 ? -1 : x >= 2147483647.0 ? 2147483647 : (int32_t)x; }
static inline int32_t floored(double x) { return x < 0.0 ? (int32_t)floor(x) : (int32_t)x; }
static inline int32_t clamped(int32_t i, int32_t count) { return i < 0 ? 0 : i < count ? i : count - 1; }

static inline size_t pixel_size(const cp_picture *p) { return (size_t)p->channels * (p->type == CP_UINT8 ? 1 : 4); }

static inline double number(const cp_picture *in, int32_t y, int32_t x, int32_t channel) {
  const char *row = (const char *)in->base + y * in->row_bytes;
  ptrdiff_t at = (ptrdiff_t)x * in->channels + channel;
  switch (in->type) {
    case CP_UINT8: return ((const uint8_t *)row)[at];
    case CP_INT32: return ((const int32_t *)row)[at];
    default: return ((const float *)row)[at];
  }
}

static inline void put(const cp_picture *out, char *row, int32_t x, int32_t channel, double value, bool clip) {
  ptrdiff_t at = (ptrdiff_t)x * out->channels + channel;
  switch (out->type) {
    case CP_UINT8: ((uint8_t *)row)[at] = !clip ? (uint8_t)value : value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value; break;
    case CP_INT32: ((int32_t *)row)[at] = (int32_t)value; break;
    default: ((float *)row)[at] = (float)value; break;
  }
}

static inline void copy_pixel(
  const cp_picture *out, char *row, int32_t x, const cp_picture *in, int32_t from_y, int32_t from_x, size_t size) {
  (void)out;
  memcpy(row + (size_t)x * size, (const char *)in->base + from_y * in->row_bytes + (size_t)from_x * size, size);
}

// Pillow's differences of float pixels are floats, `single`; all else is double.
static inline double linear(double a, double b, double d, bool single) {
  return a + (single ? (double)((float)b - (float)a) : b - a) * d;
}

static double bilinear_at(const cp_picture *in, int32_t channel, int32_t x, int32_t y, double dx, double dy) {
  int32_t x0 = clamped(x, in->width), x1 = clamped(x + 1, in->width), top = clamped(y, in->height);
  bool single = in->type == CP_FLOAT32;
  double upper = linear(number(in, top, x0, channel), number(in, top, x1, channel), dx, single), lower = upper;
  if (y + 1 >= 0 && y + 1 < in->height) {
    lower = linear(number(in, y + 1, x0, channel), number(in, y + 1, x1, channel), dx, single);
  }
  return linear(upper, lower, dy, false);
}

static inline double cubic(double v1, double v2, double v3, double v4, double d, bool single) {
  double p1 = v2, p2 = -v1 + v3, p3 = 2 * (v1 - v2) + v3 - v4, p4 = -v1 + v2 - v3 + v4;
  if (single) {
    float f1 = (float)v1, f2 = (float)v2, f3 = (float)v3, f4 = (float)v4;
    p2 = -f1 + f3;
    p3 = 2 * (f1 - f2) + f3 - f4;
    p4 = -f1 + f2 - f3 + f4;
  }
  return p1 + d * (p2 + d * (p3 + d * p4));
}

static double bicubic_at(const cp_picture *in, int32_t channel, int32_t x, int32_t y, double dx, double dy) {
  int32_t columns[4];
  double rows[4];
  for (int i = 0; i < 4; i++) columns[i] = clamped(x - 1 + i, in->width);
  for (int i = 0; i < 4; i++) {
    int32_t at = y - 1 + i;
    if (i == 0) at = clamped(at, in->height);
    if (at >= 0 && at < in->height) {
      rows[i] = cubic(
        number(in, at, columns[0], channel), number(in, at, columns[1], channel), number(in, at, columns[2], channel),
        number(in, at, columns[3], channel), dx, in->type == CP_FLOAT32);
    } else {
      rows[i] = rows[i - 1];
    }
  }
  return cubic(rows[0], rows[1], rows[2], rows[3], dy, false);
}

// Scaling and shifting alone, nearest.
static void scale_nearest(const cp_picture *out, const cp_picture *in, const double *a) {
  size_t size = pixel_size(in);
  double yo = a[5] + a[4] * 0.5;
  for (int32_t y = 0; y < out->height; y++, yo += a[4]) {
    int32_t from_y = coordinate(yo);
    if (from_y < 0 || from_y >= in->height) continue;
    char *row = (char *)out->base + y * out->row_bytes;
    double xo = a[2] + a[0] * 0.5;
    for (int32_t x = 0; x < out->width; x++, xo += a[0]) {
      int32_t from_x = coordinate(xo);
      if (from_x >= 0 && from_x < in->width) copy_pixel(out, row, x, in, from_y, from_x, size);
    }
  }
}

static bool is_small(const double *a, int32_t x, int32_t y) {
  return fabs(x * a[0] + y * a[1] + a[2]) < 32768.0 && fabs(x * a[3] + y * a[4] + a[5]) < 32768.0;
}

static int32_t fixed_16(double x) { return floored(x * 65536.0 + 0.5); }

// Places in 16.16 numbers, where the picture is small enough.
static void affine_fixed(const cp_picture *out, const cp_picture *in, const double *a) {
  size_t size = pixel_size(in);
  int32_t a0 = fixed_16(a[0]), a1 = fixed_16(a[1]), a3 = fixed_16(a[3]), a4 = fixed_16(a[4]);
  int32_t a2 = fixed_16(a[2] + a[0] * 0.5 + a[1] * 0.5), a5 = fixed_16(a[5] + a[3] * 0.5 + a[4] * 0.5);
  for (int32_t y = 0; y < out->height; y++) {
    char *row = (char *)out->base + y * out->row_bytes;
    uint32_t xx = (uint32_t)a2, yy = (uint32_t)a5;
    for (int32_t x = 0; x < out->width; x++) {
      int32_t from_x = (int32_t)xx >> 16, from_y = (int32_t)yy >> 16;
      if (from_x >= 0 && from_x < in->width && from_y >= 0 && from_y < in->height) {
        copy_pixel(out, row, x, in, from_y, from_x, size);
      }
      xx += (uint32_t)a0;
      yy += (uint32_t)a3;
    }
    a2 = (int32_t)((uint32_t)a2 + (uint32_t)a1);
    a5 = (int32_t)((uint32_t)a5 + (uint32_t)a4);
  }
}

static void affine_nearest(const cp_picture *out, const cp_picture *in, const double *a) {
  size_t size = pixel_size(in);
  double xo = a[2] + a[1] * 0.5 + a[0] * 0.5, yo = a[5] + a[4] * 0.5 + a[3] * 0.5;
  for (int32_t y = 0; y < out->height; y++) {
    char *row = (char *)out->base + y * out->row_bytes;
    double xx = xo, yy = yo;
    for (int32_t x = 0; x < out->width; x++) {
      int32_t from_x = coordinate(xx), from_y = coordinate(yy);
      if (from_x >= 0 && from_x < in->width && from_y >= 0 && from_y < in->height) {
        copy_pixel(out, row, x, in, from_y, from_x, size);
      }
      xx += a[0];
      yy += a[3];
    }
    xo += a[1];
    yo += a[4];
  }
}

static void generic(const cp_picture *out, const cp_picture *in, const double *a, bool perspective, cp_filter filter) {
  size_t size = pixel_size(in);
  for (int32_t y = 0; y < out->height; y++) {
    char *row = (char *)out->base + y * out->row_bytes;
    for (int32_t x = 0; x < out->width; x++) {
      double px = x + 0.5, py = y + 0.5;
      double from_x = a[0] * px + a[1] * py + a[2], from_y = a[3] * px + a[4] * py + a[5];
      if (perspective) {
        double depth = a[6] * px + a[7] * py + 1;
        from_x /= depth;
        from_y /= depth;
      }
      if (!(from_x >= 0.0 && from_x < in->width && from_y >= 0.0 && from_y < in->height)) continue;
      if (filter == CP_NEAREST) {
        copy_pixel(out, row, x, in, (int32_t)from_y, (int32_t)from_x, size);
        continue;
      }
      from_x -= 0.5;
      from_y -= 0.5;
      int32_t left = floored(from_x), top = floored(from_y);
      double dx = from_x - left, dy = from_y - top;
      for (int32_t channel = 0; channel < in->channels; channel++) {
        if (filter == CP_BICUBIC) put(out, row, x, channel, bicubic_at(in, channel, left, top, dx, dy), true);
        else put(out, row, x, channel, bilinear_at(in, channel, left, top, dx, dy), false);
      }
    }
  }
}

void cp_transform(
  const cp_picture *out, const cp_picture *in, const double *a, bool perspective, cp_filter filter) {
  if (perspective || filter != CP_NEAREST) return generic(out, in, a, perspective, filter);
  if (a[1] == 0 && a[3] == 0) return scale_nearest(out, in, a);
  bool small = is_small(a, 0, 0) && is_small(a, out->width, out->height) && is_small(a, 0, out->height) &&
               is_small(a, out->width, 0);
  if (small) affine_fixed(out, in, a);
  else affine_nearest(out, in, a);
}

void cp_mirror(const cp_picture *out, const cp_picture *in, bool columns, bool rows) {
  size_t size = pixel_size(in);
  for (int32_t y = 0; y < in->height; y++) {
    const char *from = (const char *)in->base + (rows ? in->height - 1 - y : y) * in->row_bytes;
    char *to = (char *)out->base + y * out->row_bytes;
    if (!columns) {
      memcpy(to, from, (size_t)in->width * size);
    } else if (size == 3) {
      for (int32_t x = 0; x < in->width; x++) memcpy(to + (size_t)x * 3, from + (size_t)(in->width - 1 - x) * 3, 3);
    } else {
      for (int32_t x = 0; x < in->width; x++) {
        memcpy(to + (size_t)x * size, from + (size_t)(in->width - 1 - x) * size, size);
      }
    }
  }
}

void cp_quarter_turn(const cp_picture *out, const cp_picture *in, bool left) {
  size_t size = pixel_size(in);
  for (int32_t y = 0; y < out->height; y++) {
    char *row = (char *)out->base + y * out->row_bytes;
    for (int32_t x = 0; x < out->width; x++) {
      copy_pixel(out, row, x, in, left ? x : in->height - 1 - x, left ? in->width - 1 - y : y, size);
    }
  }
}
