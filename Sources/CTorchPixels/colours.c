// Pixel by pixel: blending, tables, grey, HSV, alpha, the filter SMOOTH, and planes.
#include <math.h>
#include <string.h>
#include "include/CTorchPixels.h"

#pragma STDC FP_CONTRACT OFF

void cp_blend(ptrdiff_t count, uint8_t *out, const uint8_t *a, const uint8_t *b, float alpha) {
  if (alpha == 0.0f || alpha == 1.0f) {
    memcpy(out, alpha == 0.0f ? a : b, (size_t)count);
  } else if (alpha >= 0.0f && alpha <= 1.0f) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (uint8_t)((float)a[i] + alpha * (float)((int)b[i] - (int)a[i]));
  } else {
    for (ptrdiff_t i = 0; i < count; i++) {
      float value = (float)a[i] + alpha * (float)((int)b[i] - (int)a[i]);
      out[i] = value <= 0.0f ? 0 : value >= 255.0f ? 255 : (uint8_t)value;
    }
  }
}

void cp_point(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in, const uint8_t *tables) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    for (int32_t c = 0; c < channels; c++) out[i * channels + c] = tables[256 * c + in[i * channels + c]];
  }
}

void cp_histogram(ptrdiff_t pixels, int32_t channels, const uint8_t *in, int64_t *counts) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    for (int32_t c = 0; c < channels; c++) counts[256 * c + in[i * channels + c]]++;
  }
}

void cp_grey(ptrdiff_t pixels, int32_t channels, uint8_t *out, int32_t out_channels, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    const uint8_t *p = in + i * channels;
    out[i * out_channels] = (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
  }
}

static inline uint8_t clip(int value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

void cp_cmyk_to_rgb(ptrdiff_t pixels, uint8_t *out, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++, in += 4, out += 3) {
    int paper = 255 - in[3];
    for (int c = 0; c < 3; c++) {
      int product = in[c] * paper + 128;
      out[c] = clip(paper - (((product >> 8) + product) >> 8));
    }
  }
}

void cp_rgb_to_hsv(ptrdiff_t pixels, uint8_t *out, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++, in += 3, out += 3) {
    uint8_t r = in[0], g = in[1], b = in[2];
    uint8_t most = r > g ? r : g, least = r < g ? r : g;
    if (b > most) most = b;
    if (b < least) least = b;
    out[2] = most;
    if (least == most) {
      out[0] = out[1] = 0;
      continue;
    }
    float range = (float)(most - least), s = range / (float)most;
    float rc = (float)(most - r) / range, gc = (float)(most - g) / range, bc = (float)(most - b) / range;
    float h;
    if (r == most) h = bc - gc;
    else if (g == most) h = (float)(2.0 + rc - bc);
    else h = (float)(4.0 + gc - rc);
    h = (float)fmod((h / 6.0 + 1.0), 1.0);
    out[0] = clip((int)(h * 255.0));
    out[1] = clip((int)(s * 255.0));
  }
}

void cp_hsv_to_rgb(ptrdiff_t pixels, uint8_t *out, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++, in += 3, out += 3) {
    uint8_t h = in[0], s = in[1], v = in[2];
    if (s == 0) {
      out[0] = out[1] = out[2] = v;
      continue;
    }
    int sector = (int)floor((float)h * 6.0 / 255.0);
    float f = (float)((float)h * 6.0 / 255.0 - (float)sector), fs = (float)((float)s / 255.0);
    uint8_t p = clip((int)round((float)v * (1.0 - fs)));
    uint8_t q = clip((int)round((float)v * (1.0 - fs * f)));
    uint8_t t = clip((int)round((float)v * (1.0 - fs * (1.0 - f))));
    const uint8_t all[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
    memcpy(out, all[sector % 6], 3);
  }
}

void cp_premultiply(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++, in += channels, out += channels) {
    unsigned alpha = in[channels - 1];
    for (int32_t c = 0; c < channels - 1; c++) {
      unsigned product = in[c] * alpha + 128;
      out[c] = (uint8_t)(((product >> 8) + product) >> 8);
    }
    out[channels - 1] = (uint8_t)alpha;
  }
}

void cp_unpremultiply(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in) {
  for (ptrdiff_t i = 0; i < pixels; i++, in += channels, out += channels) {
    int alpha = in[channels - 1];
    for (int32_t c = 0; c < channels - 1; c++) {
      out[c] = alpha == 255 || alpha == 0 ? in[c] : clip(255 * in[c] / alpha);
    }
    out[channels - 1] = (uint8_t)alpha;
  }
}

void cp_smooth(const cp_picture *out, const cp_picture *in) {
  ptrdiff_t c = in->channels, count = in->width * c;
  const float side = 1.0f / 13.0f, middle = 5.0f / 13.0f;
  for (int32_t y = 0; y < in->height; y++) {
    const uint8_t *row = (const uint8_t *)in->base + y * in->row_bytes;
    uint8_t *to = (uint8_t *)out->base + y * out->row_bytes;
    memcpy(to, row, (size_t)count);
    if (y == 0 || y == in->height - 1) continue;
    const uint8_t *above = row - in->row_bytes, *below = row + in->row_bytes;
    for (ptrdiff_t i = c; i < count - c; i++) {
      float sum = 0.5f;
      sum += below[i - c] * side + below[i] * side + below[i + c] * side;
      sum += row[i - c] * side + row[i] * middle + row[i + c] * side;
      sum += above[i - c] * side + above[i] * side + above[i + c] * side;
      to[i] = sum <= 0.0f ? 0 : sum >= 255.0f ? 255 : (uint8_t)sum;
    }
  }
}

void cp_planes_f32(const cp_picture *in, float *out, const float *tables) {
  ptrdiff_t plane = (ptrdiff_t)in->width * in->height;
  for (int32_t y = 0; y < in->height; y++) {
    const uint8_t *row = (const uint8_t *)in->base + y * in->row_bytes;
    float *to = out + (ptrdiff_t)y * in->width;
    if (in->channels == 3) {
      for (int32_t x = 0; x < in->width; x++, row += 3) {
        to[x] = tables[row[0]];
        to[x + plane] = tables[256 + row[1]];
        to[x + 2 * plane] = tables[512 + row[2]];
      }
    } else {
      for (int32_t c = 0; c < in->channels; c++) {
        for (int32_t x = 0; x < in->width; x++) to[x + c * plane] = tables[256 * c + row[x * in->channels + c]];
      }
    }
  }
}

void cp_planes(const cp_picture *in, void *out, int32_t item) {
  ptrdiff_t plane = (ptrdiff_t)in->width * in->height, channels = in->channels;
  for (int32_t y = 0; y < in->height; y++) {
    const char *row = (const char *)in->base + y * in->row_bytes;
    for (ptrdiff_t c = 0; c < channels; c++) {
      char *to = (char *)out + (c * plane + (ptrdiff_t)y * in->width) * item;
      for (ptrdiff_t x = 0; x < in->width; x++) memcpy(to + x * item, row + (x * channels + c) * item, (size_t)item);
    }
  }
}
