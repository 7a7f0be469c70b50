// Pictures in files, for Swift: libjpeg-turbo and libpng behind calls that return instead of jumping.
//
// Reading goes in two steps, so that sizes are known before memory is taken: open, which reads the header, and read, which
// fills the caller's pixels. Every reader that was opened is closed, whatever happened in between. A call that fails says why
// in `torch_image_trouble`. Nothing here keeps state between calls; calls on different readers may run on any threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The version of libjpeg's interface and of libpng, as numbers: 62 or 80, and 10639 for 1.6.39.
int torch_jpeg_version(void);
int torch_png_version(void);

enum {
  TORCH_IMAGE_OK = 0,
  TORCH_IMAGE_MALFORMED = 1,
  // The bytes end too early.
  TORCH_IMAGE_TRUNCATED = 2,
  // A kind of picture that the library does not read or write.
  TORCH_IMAGE_UNSUPPORTED = 3,
  TORCH_IMAGE_MEMORY = 4,
};

typedef struct {
  int kind;
  char reason[256];
} torch_image_trouble;

// What a picture will be when it is read.
typedef struct {
  int32_t width, height;
  // Numbers in a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA or, in JPEG files, CMYK.
  int32_t channels;
  // 8: a number is a byte. 16: a number is an int32 from 0 to 65535; only grey PNG files.
  int32_t bits;
} torch_image_info;

typedef struct torch_jpeg_reader torch_jpeg_reader;

// Reads the header. The bytes must stay until the reader is closed. Null where that fails.
// With `grey`, colours that are stored as brightness and two differences are read as their brightness alone.
torch_jpeg_reader *torch_jpeg_open(
    const uint8_t *bytes, size_t count, int grey, torch_image_info *info, torch_image_trouble *trouble);
// Fills height * width * channels bytes. CMYK is turned as Adobe's programs and PIL do: 255 is full ink.
int torch_jpeg_read(torch_jpeg_reader *reader, uint8_t *pixels, torch_image_trouble *trouble);
void torch_jpeg_close(torch_jpeg_reader *reader);

typedef struct torch_png_reader torch_png_reader;

// As torch_jpeg_open. Palettes become RGB or, where they have transparent colours, RGBA; of colours of 16 bits the upper 8 stay,
// and grey and alpha of 16 bits becomes RGBA, as in PIL.
torch_png_reader *torch_png_open(
    const uint8_t *bytes, size_t count, torch_image_info *info, torch_image_trouble *trouble);
// Fills height * width * channels bytes, or as many int32 where info.bits is 16.
int torch_png_read(torch_png_reader *reader, void *pixels, torch_image_trouble *trouble);
void torch_png_close(torch_png_reader *reader);

// A JPEG file of 1 (grey), 3 (RGB) or 4 (CMYK, 255 full ink) channels. `horizontal` and `vertical` say by how much the colours
// are coarser than the brightness: 1 or 2. The result is freed with torch_image_free.
int torch_jpeg_write(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int quality, int horizontal, int vertical,
    int progressive, int optimize, uint8_t **bytes, size_t *count, torch_image_trouble *trouble);

// A PNG file of 1 to 4 channels; with 16 bits, of one channel of native uint16. `level` is zlib's, 0 to 9.
int torch_png_write(
    const void *pixels, int32_t width, int32_t height, int32_t channels, int bits, int level, uint8_t **bytes,
    size_t *count, torch_image_trouble *trouble);

void torch_image_free(uint8_t *bytes);
