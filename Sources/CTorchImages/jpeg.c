// libjpeg-turbo. Its errors jump; every jump starts and ends in one function of this file.
#include "CTorchImages.h"

#include "trouble.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

int torch_jpeg_version(void) { return JPEG_LIB_VERSION; }

void torch_image_free(uint8_t *bytes) { free(bytes); }

// A file may hold thousands of scans over a picture of any size, each of a few bytes: hours from kilobytes. Programs write
// about ten.
enum { most_scans = 500 };

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf back;
  torch_image_trouble *trouble;
} error_state;

static void on_error(j_common_ptr common) {
  error_state *state = (error_state *)common->err;
  char text[JMSG_LENGTH_MAX];
  state->base.format_message(common, text);
  int kind = TORCH_IMAGE_MALFORMED;
  switch (state->base.msg_code) {
    case JERR_OUT_OF_MEMORY: kind = TORCH_IMAGE_MEMORY; break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_IMAGE_TOO_BIG: kind = TORCH_IMAGE_UNSUPPORTED; break;
    default: break;
  }
  torch_image_fail(state->trouble, kind, text);
  longjmp(state->back, 1);
}

// Warnings are passed over, as PIL does: a picture with a few damaged blocks is a picture.
static void on_message(j_common_ptr common, int level) {
  (void)level;
  common->err->num_warnings++;
}

static void say_nothing(j_common_ptr common) { (void)common; }

static struct jpeg_error_mgr *start_errors(error_state *state, torch_image_trouble *trouble) {
  jpeg_std_error(&state->base);
  state->base.error_exit = on_error;
  state->base.emit_message = on_message;
  state->base.output_message = say_nothing;
  state->trouble = trouble;
  return &state->base;
}

struct torch_jpeg_reader {
  struct jpeg_decompress_struct file;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  error_state errors;
};

static void source_nothing(j_decompress_ptr file) { (void)file; }

// All bytes are there from the start. Where they are used up the library stops and says so, which tells a truncated file from
// a damaged one; its own sources make up an end instead.
static boolean source_fill(j_decompress_ptr file) {
  (void)file;
  return FALSE;
}

static void source_skip(j_decompress_ptr file, long count) {
  if (count <= 0) return;
  size_t skipped = (size_t)count < file->src->bytes_in_buffer ? (size_t)count : file->src->bytes_in_buffer;
  file->src->next_input_byte += skipped;
  file->src->bytes_in_buffer -= skipped;
}

static void watch_scans(j_common_ptr common) {
  j_decompress_ptr file = (j_decompress_ptr)common;
  if (file->input_scan_number <= most_scans) return;
  error_state *state = (error_state *)common->err;
  torch_image_fail(state->trouble, TORCH_IMAGE_MALFORMED, "it has more than 500 scans");
  longjmp(state->back, 1);
}

torch_jpeg_reader *torch_jpeg_open(
    const uint8_t *bytes, size_t count, int grey, torch_image_info *info, torch_image_trouble *trouble) {
  torch_jpeg_reader *volatile reader = calloc(1, sizeof *reader);
  if (!reader) {
    torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for a decoder");
    return NULL;
  }
  reader->file.err = start_errors(&reader->errors, trouble);
  if (setjmp(reader->errors.back)) {
    torch_jpeg_close(reader);
    return NULL;
  }
  struct jpeg_decompress_struct *file = &reader->file;
  jpeg_create_decompress(file);
  reader->source = (struct jpeg_source_mgr){
      .next_input_byte = bytes,
      .bytes_in_buffer = count,
      .init_source = source_nothing,
      .fill_input_buffer = source_fill,
      .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = source_nothing,
  };
  file->src = &reader->source;
  reader->progress.progress_monitor = watch_scans;
  file->progress = &reader->progress;
  if (jpeg_read_header(file, TRUE) != JPEG_HEADER_OK) {
    torch_image_fail(trouble, TORCH_IMAGE_TRUNCATED, "its header ends too early");
    torch_jpeg_close(reader);
    return NULL;
  }
  switch (file->num_components) {
    case 1: file->out_color_space = JCS_GRAYSCALE; break;
    case 3:
      file->out_color_space = grey && file->jpeg_color_space == JCS_YCbCr ? JCS_GRAYSCALE : JCS_RGB;
      break;
    case 4: file->out_color_space = JCS_CMYK; break;
    default:
      torch_image_fail(trouble, TORCH_IMAGE_UNSUPPORTED, "its pixels have neither 1, 3 nor 4 components");
      torch_jpeg_close(reader);
      return NULL;
  }
  info->width = (int32_t)file->image_width;
  info->height = (int32_t)file->image_height;
  info->channels = file->out_color_space == JCS_GRAYSCALE ? 1 : file->num_components;
  info->bits = 8;
  return reader;
}

int torch_jpeg_read(torch_jpeg_reader *reader, uint8_t *pixels, torch_image_trouble *trouble) {
  reader->errors.trouble = trouble;
  if (setjmp(reader->errors.back)) return trouble->kind;
  struct jpeg_decompress_struct *file = &reader->file;
  if (!jpeg_start_decompress(file)) return torch_image_fail(trouble, TORCH_IMAGE_TRUNCATED, "it ends before the picture does");
  size_t stride = (size_t)file->output_width * (size_t)file->output_components;
  while (file->output_scanline < file->output_height) {
    JSAMPROW rows[16];
    JDIMENSION left = file->output_height - file->output_scanline, wanted = left < 16 ? left : 16;
    for (JDIMENSION i = 0; i < wanted; i++) rows[i] = pixels + (file->output_scanline + i) * stride;
    if (jpeg_read_scanlines(file, rows, wanted) == 0)
      return torch_image_fail(trouble, TORCH_IMAGE_TRUNCATED, "it ends before the picture does");
  }
  // Errors in what follows the last row count, a missing end does not: as in PIL.
  (void)jpeg_finish_decompress(file);
  if (file->out_color_space == JCS_CMYK) {
    size_t total = stride * file->output_height;
    for (size_t i = 0; i < total; i++) pixels[i] = (uint8_t)(255 - pixels[i]);
  }
  return TORCH_IMAGE_OK;
}

void torch_jpeg_close(torch_jpeg_reader *reader) {
  if (!reader) return;
  // Frees memory and reports nothing; harmless on a structure that is still all zeros.
  jpeg_destroy_decompress(&reader->file);
  free(reader);
}

typedef struct {
  struct jpeg_compress_struct file;
  error_state errors;
  unsigned char *bytes;
  unsigned long count;
  uint8_t *row;
} writer_state;

static void end_writer(writer_state *writer) {
  jpeg_destroy_compress(&writer->file);
  free(writer->row);
  free(writer);
}

int torch_jpeg_write(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int quality, int horizontal, int vertical,
    int progressive, int optimize, uint8_t **bytes, size_t *count, torch_image_trouble *trouble) {
  writer_state *volatile writer = calloc(1, sizeof *writer);
  if (!writer) return torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for an encoder");
  writer->file.err = start_errors(&writer->errors, trouble);
  if (setjmp(writer->errors.back)) {
    free(writer->bytes);
    end_writer(writer);
    return trouble->kind;
  }
  struct jpeg_compress_struct *file = &writer->file;
  jpeg_create_compress(file);
  jpeg_mem_dest(file, &writer->bytes, &writer->count);
  file->image_width = (JDIMENSION)width;
  file->image_height = (JDIMENSION)height;
  file->input_components = channels;
  file->in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(file);
  jpeg_set_quality(file, quality, TRUE);
  if (channels == 3) {
    file->comp_info[0].h_samp_factor = horizontal;
    file->comp_info[0].v_samp_factor = vertical;
  }
  if (progressive) jpeg_simple_progression(file);
  file->optimize_coding = optimize ? TRUE : FALSE;
  jpeg_start_compress(file, TRUE);
  size_t stride = (size_t)width * (size_t)channels;
  if (channels == 4) {
    writer->row = malloc(stride);
    if (!writer->row) {
      torch_image_fail(trouble, TORCH_IMAGE_MEMORY, "no memory for a row of pixels");
      longjmp(writer->errors.back, 1);
    }
  }
  while (file->next_scanline < file->image_height) {
    // The library promises not to write to what it is given.
    JSAMPROW row = (JSAMPROW)(pixels + file->next_scanline * stride);
    if (writer->row) {
      for (size_t i = 0; i < stride; i++) writer->row[i] = (uint8_t)(255 - row[i]);
      row = writer->row;
    }
    jpeg_write_scanlines(file, &row, 1);
  }
  jpeg_finish_compress(file);
  *bytes = writer->bytes;
  *count = writer->count;
  end_writer(writer);
  return TORCH_IMAGE_OK;
}
