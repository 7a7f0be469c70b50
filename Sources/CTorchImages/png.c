// libpng. Its errors jump; every jump starts and ends in one function of this file.
#include "CTorchImages.h"

#include "trouble.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

int torch_png_version(void) { return (int)png_access_version_number(); }

struct torch_png_reader {
  png_structp png;
  png_infop info;
  const uint8_t *next;
  size_t left;
  torch_image_trouble *trouble;
  // What is read now: the header, the pixels, or what follows them.
  enum { in_header, in_pixels, behind_pixels } place;
  int is_truncated, is_damaged;
  int widens;
  png_bytep *rows;
};

static void on_error(png_structp png, png_const_charp text) {
  torch_png_reader *reader = png_get_error_ptr(png);
  if (reader->place == behind_pixels) {
    // All pixels are there. PIL has unpacked the whole stream by then and so has seen its checksum; the rest does not matter.
    reader->is_damaged = strstr(text, "incorrect data check") != NULL;
  }
  int kind = reader->is_truncated ? TORCH_IMAGE_TRUNCATED : TORCH_IMAGE_MALFORMED;
  if (strstr(text, "out of memory") || strstr(text, "nsufficient memory")) kind = TORCH_IMAGE_MEMORY;
  torch_image_fail(reader->trouble, kind, reader->is_truncated ? "it ends before the picture does" : text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void take_bytes(png_structp png, png_bytep into, size_t count) {
  torch_png_reader *reader = png_get_io_ptr(png);
  if (count > reader->left) {
    reader->is_truncated = 1;
    png_error(png, "truncated");
  }
  memcpy(into, reader->next, count);
  reader->next += count;
  reader->left -= count;
}

// Chunks that say nothing about pixels: some are packed and could grow without bound.
static const png_byte passed_over[] =
    "iCCP\0zTXt\0iTXt\0tEXt\0sPLT\0hIST\0eXIf\0gAMA\0cHRM\0sRGB\0sBIT\0bKGD\0pHYs\0tIME\0oFFs\0pCAL\0sCAL";

torch_png_reader *torch_png_open(
    const uint8_t *bytes, size_t count, torch_image_info *info, torch_image_trouble *trouble) {
  torch_png_reader *volatile reader = calloc(1, sizeof *reader);
  if (!reader) {
    torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for a decoder");
    return NULL;
  }
  reader->next = bytes;
  reader->left = count;
  reader->trouble = trouble;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  reader->png = png;
  if (png) reader->info = png_create_info_struct(png);
  if (!png || !reader->info) {
    torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for a decoder");
    torch_png_close(reader);
    return NULL;
  }
  if (setjmp(png_jmpbuf(png))) {
    torch_png_close(reader);
    return NULL;
  }
  png_set_read_fn(png, reader, take_bytes);
  // The caller has a limit of its own.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, passed_over, sizeof passed_over / 5);
  // As PIL: checksums count up to the pixels. Those have one of their own.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, reader->info);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);

  int colour = png_get_color_type(png, reader->info), depth = png_get_bit_depth(png, reader->info);
  uint64_t width = png_get_image_width(png, reader->info), height = png_get_image_height(png, reader->info);
  // A byte of the file unpacks to 1032 at most, and each row has one byte more than its pixels.
  uint64_t row = (width * png_get_channels(png, reader->info) * (uint64_t)depth + 7) / 8 + 1;
  if ((unsigned __int128)row * height > (unsigned __int128)count * 1032 + 1032) {
    torch_image_fail(trouble, TORCH_IMAGE_TRUNCATED, "it is too short for a picture of its size");
    torch_png_close(reader);
    return NULL;
  }
  info->width = (int32_t)width;
  info->height = (int32_t)height;
  info->bits = 8;
  if (colour == PNG_COLOR_TYPE_PALETTE) {
    png_set_palette_to_rgb(png);
    if (png_get_valid(png, reader->info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
  } else if (colour == PNG_COLOR_TYPE_GRAY && depth < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  } else if (colour == PNG_COLOR_TYPE_GRAY && depth == 16) {
    reader->widens = 1;
    info->bits = 16;
    const uint16_t one = 1;
    if (*(const uint8_t *)&one) png_set_swap(png);
  } else if (depth == 16) {
    png_set_strip_16(png);
    // PIL has no picture of grey and alpha for these.
    if (colour == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, reader->info);
  info->channels = png_get_channels(png, reader->info);
  return reader;
}

int torch_png_read(torch_png_reader *reader, void *pixels, torch_image_trouble *trouble) {
  reader->trouble = trouble;
  png_structp png = reader->png;
  size_t height = png_get_image_height(png, reader->info), width = png_get_image_width(png, reader->info);
  size_t channels = png_get_channels(png, reader->info);
  size_t stride = width * channels * (reader->widens ? sizeof(int32_t) : 1);
  reader->rows = malloc(height * sizeof *reader->rows);
  if (!reader->rows) return torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for the rows' addresses");
  for (size_t y = 0; y < height; y++) reader->rows[y] = (png_bytep)pixels + y * stride;
  reader->place = in_pixels;
  if (setjmp(png_jmpbuf(png))) {
    if (reader->place == in_pixels || reader->is_damaged) return trouble->kind;
  } else {
    png_read_image(png, reader->rows);
    reader->place = behind_pixels;
    png_set_benign_errors(png, 0);
    png_read_end(png, NULL);
  }
  if (reader->widens) {
    for (size_t y = 0; y < height; y++) {
      // From the end, since the wide numbers take the place of the narrow ones.
      const png_byte *from = reader->rows[y];
      for (size_t x = width; x-- > 0;) {
        uint16_t narrow;
        memcpy(&narrow, from + 2 * x, sizeof narrow);
        ((int32_t *)reader->rows[y])[x] = narrow;
      }
    }
  }
  return TORCH_IMAGE_OK;
}

void torch_png_close(torch_png_reader *reader) {
  if (!reader) return;
  if (reader->png) png_destroy_read_struct(&reader->png, reader->info ? &reader->info : NULL, NULL);
  free(reader->rows);
  free(reader);
}

typedef struct {
  uint8_t *bytes;
  size_t count, room;
  torch_image_trouble *trouble;
} writer_state;

static void on_write_error(png_structp png, png_const_charp text) {
  writer_state *writer = png_get_error_ptr(png);
  torch_image_fail(writer->trouble, strstr(text, "memory") ? TORCH_IMAGE_MEMORY : TORCH_IMAGE_UNSUPPORTED, text);
  png_longjmp(png, 1);
}

static void put_bytes(png_structp png, png_bytep from, size_t count) {
  writer_state *writer = png_get_io_ptr(png);
  if (count > writer->room - writer->count) {
    size_t room = writer->room * 2 > writer->count + count ? writer->room * 2 : writer->count + count + 4096;
    uint8_t *bytes = realloc(writer->bytes, room);
    if (!bytes) png_error(png, "no memory for the file");
    writer->bytes = bytes;
    writer->room = room;
  }
  memcpy(writer->bytes + writer->count, from, count);
  writer->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int torch_png_write(
    const void *pixels, int32_t width, int32_t height, int32_t channels, int bits, int level, uint8_t **bytes,
    size_t *count, torch_image_trouble *trouble) {
  static const int colours[] = {
      PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  // Not on the stack: what a jump passes over there may come back with old values.
  writer_state *writer = calloc(1, sizeof *writer);
  if (!writer) return torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for an encoder");
  writer->trouble = trouble;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, on_write_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!png || !info) {
    if (png) png_destroy_write_struct(&png, NULL);
    free(writer);
    return torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for an encoder");
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(writer->bytes);
    free(writer);
    return trouble->kind;
  }
  png_set_write_fn(png, writer, put_bytes, flush_nothing);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_compression_level(png, level);
  png_set_IHDR(
      png, info, (png_uint_32)width, (png_uint_32)height, bits, colours[channels - 1], PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const uint16_t one = 1;
  if (bits == 16 && *(const uint8_t *)&one) png_set_swap(png);
  size_t stride = (size_t)width * (size_t)channels * (size_t)(bits / 8);
  for (int32_t y = 0; y < height; y++) png_write_row(png, (png_const_bytep)pixels + (size_t)y * stride);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  *bytes = writer->bytes;
  *count = writer->count;
  free(writer);
  return TORCH_IMAGE_OK;
}
