// Pillow's arithmetic on pixels, to the bit: resizing, moving, blending and colours, over raw pointers.
//
// Pixels lie interleaved, row by row. Nothing here keeps state; only cp_resample takes memory of its own.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// What the numbers of a pixel are.
typedef enum { CP_UINT8, CP_INT32, CP_FLOAT32 } cp_type;

/// Pillow's filters.
typedef enum { CP_NEAREST, CP_BOX, CP_BILINEAR, CP_HAMMING, CP_BICUBIC, CP_LANCZOS } cp_filter;

/// A picture, or a rectangle of a larger one.
typedef struct {
  void *base;
  ptrdiff_t row_bytes;
  int32_t width, height, channels;
  cp_type type;
} cp_picture;

/// `in` in the size of `out`, as Image.resize. False where there was no memory.
bool cp_resample(const cp_picture *out, const cp_picture *in, cp_filter filter);

/// What lies at the places that the coefficients name, as Image.transform with AFFINE (six of them) or PERSPECTIVE (eight);
/// pixels from outside keep what `out` holds. Nearest, bilinear and bicubic.
void cp_transform(const cp_picture *out, const cp_picture *in, const double *coefficients, bool perspective, cp_filter filter);

/// Mirrors columns, rows or both.
void cp_mirror(const cp_picture *out, const cp_picture *in, bool columns, bool rows);

/// Turns by 90 degrees to the left, or to the right.
void cp_quarter_turn(const cp_picture *out, const cp_picture *in, bool left);

/// out = a + alpha (b - a), as Image.blend.
void cp_blend(ptrdiff_t count, uint8_t *out, const uint8_t *a, const uint8_t *b, float alpha);

/// Each channel through its table of 256 bytes, as Image.point.
void cp_point(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in, const uint8_t *tables);

/// How often each byte stands in each channel: 256 counts a channel.
void cp_histogram(ptrdiff_t pixels, int32_t channels, const uint8_t *in, int64_t *counts);

/// Pillow's grey of red, green and blue, `channels` being 3 or 4, as the first of the channels of `out`.
void cp_grey(ptrdiff_t pixels, int32_t channels, uint8_t *out, int32_t out_channels, const uint8_t *in);

/// Pillow's plain way from ink, CMYK, to light, RGB.
void cp_cmyk_to_rgb(ptrdiff_t pixels, uint8_t *out, const uint8_t *in);

/// Pillow's HSV and back.
void cp_rgb_to_hsv(ptrdiff_t pixels, uint8_t *out, const uint8_t *in);
void cp_hsv_to_rgb(ptrdiff_t pixels, uint8_t *out, const uint8_t *in);

/// Colours times alpha, the last channel, and back, as Pillow's modes La and RGBa.
void cp_premultiply(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in);
void cp_unpremultiply(ptrdiff_t pixels, int32_t channels, uint8_t *out, const uint8_t *in);

/// Pillow's filter SMOOTH; the border stays.
void cp_smooth(const cp_picture *out, const cp_picture *in);

/// Interleaved bytes as one float plane a channel, each through the channel's table of 256 floats.
void cp_planes_f32(const cp_picture *in, float *out, const float *tables);

/// Interleaved numbers of `item` bytes as one plane a channel.
void cp_planes(const cp_picture *in, void *out, int32_t item);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
