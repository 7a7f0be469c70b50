// The weights' gradient of a convolution on the matrix unit: for each tap the products of the result's gradient with the image
// seen from there, summed over pixels.
//
// Pixels are gone through in blocks. Of the image each pixel is laid out beside the one 16 further on, so that a tile of 32 pixels
// may begin anywhere; the gradient has zeros where no results are.
#include "pass.h"

#if defined(__x86_64__)
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "CTorchRuntime.h"
#include "CTorchUnits.h"

enum { CHUNK_BYTES = 1200 << 10, LEAST_PIXELS = 128, PAGE = 4096, PAIRED = UNIT_DEPTH / 2 };

struct gradient {
  const struct unit_pass *pass;
  struct unit_image slope;
  ptrdiff_t blocks, lines;               // of 32 channels: of the image, of the gradient
  ptrdiff_t chunk, first, steps;         // rows in a chunk; of this one; tiles along its pixels
  ptrdiff_t lead, pixels, slope_pixels;
  ptrdiff_t plane_bytes, panel;
  char *planes, *panels;
  char *near;                            // rows of numbers for each thread
  size_t near_bytes;
  float *sums;                           // [tap][line][channel], whole blocks
  atomic_bool bad;
};

/// The number of a channel block's pixels, from `first` on, to[pixel][32].
static void rows_near(const struct gradient *g, float *to, const struct unit_image *image, const struct unit_phase *phase,
                      const ptrdiff_t stride[2], ptrdiff_t first, ptrdiff_t end, ptrdiff_t channel) {
  for (ptrdiff_t r = first; r < end; r++, to += g->pass->grid.pitch * UNIT_CHANNELS)
    unit_image_row(to, image, phase, stride, &g->pass->grid, r, channel);
}

static void lay_out(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  struct gradient *g = context;
  const struct unit_pass *pass = g->pass;
  float *near = (float *)(g->near + (size_t)thread * g->near_bytes);
  ptrdiff_t planes = pass->phase_count * g->blocks, pitch = pass->grid.pitch;
  for (ptrdiff_t i = begin; i < end; i++) {
    bool good = true;
    if (i < planes) {
      ptrdiff_t phase = i / g->blocks, channel = i % g->blocks * UNIT_CHANNELS;
      ptrdiff_t last = g->first + g->chunk + pass->bottom + 1;
      rows_near(g, near, &pass->source, &pass->phases[phase], pass->source_stride, g->first - g->lead / pitch, last, channel);
      ptrdiff_t whole = (last - g->first) * pitch + g->lead;
      memset(near + whole * UNIT_CHANNELS, 0, (size_t)(g->pixels + PAIRED - whole) * UNIT_CHANNELS * sizeof(float));
      for (int half = 0; half < 2; half++) {
        const float *from = near + half * UNIT_LINES;
        good &= unit_pack_pairs(g->planes + (2 * i + half) * g->plane_bytes, from, from + PAIRED * UNIT_CHANNELS,
                                UNIT_CHANNELS, g->pixels);
      }
    } else {
      static const ptrdiff_t ones[2] = {1, 1};
      struct unit_phase all = {0, 0, pass->size[0], pass->size[1]};
      ptrdiff_t line = (i - planes) * UNIT_CHANNELS, whole = g->chunk * pitch;
      rows_near(g, near, &g->slope, &all, ones, g->first, g->first + g->chunk, line);
      memset(near + whole * UNIT_CHANNELS, 0, (size_t)(g->slope_pixels - whole) * UNIT_CHANNELS * sizeof(float));
      for (int half = 0; half < 2; half++)
        good &= unit_pack_a(g->panels + (2 * (i - planes) + half) * g->panel, near + half * UNIT_LINES, 1, UNIT_CHANNELS,
                            UNIT_LINES, g->slope_pixels);
    }
    if (!good) atomic_store_explicit(&g->bad, true, memory_order_relaxed);
  }
}

static void multiply(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  struct gradient *g = context;
  const struct unit_pass *pass = g->pass;
  _Alignas(64) float block[UNIT_SIDE * UNIT_SIDE];
  ptrdiff_t width = g->blocks * UNIT_CHANNELS;
  unit_begin();
  for (ptrdiff_t i = begin; i < end; i++) {
    // Taps innermost: they read the same pixels.
    const struct unit_tap *tap = &pass->taps[i % pass->tap_count];
    ptrdiff_t pair = i / pass->tap_count, channel = pair % g->blocks, line = pair / g->blocks;
    ptrdiff_t pixel = g->lead + tap->down * pass->grid.pitch + tap->across;
    struct unit_operand a = {
      .at = g->panels + 2 * line * g->panel, .row = 64, .part = UNIT_TILE_BYTES, .panel = g->panel,
      .step = UNIT_STEP_BYTES, .panels = 2,
    };
    struct unit_operand b = {
      .at = g->planes + 2 * (tap->phase * g->blocks + channel) * g->plane_bytes + pixel * UNIT_PAIR_BYTES,
      .row = UNIT_PAIR_BYTES, .part = 64, .panel = g->plane_bytes, .step = UNIT_DEPTH * UNIT_PAIR_BYTES, .panels = 2,
    };
    unit_multiply(block, g->steps, &a, &b);
    float *to = g->sums + ((i % pass->tap_count * g->lines + line) * UNIT_SIDE * g->blocks + channel) * UNIT_SIDE;
    struct unit_finish how = {
      .plus = g->first > 0 ? to : NULL, .plus_row = width, .plus_column = 1, .low = -INFINITY, .high = INFINITY,
    };
    unit_finish(block, UNIT_SIDE, UNIT_SIDE, to, width, &how);
  }
  unit_end();
}

static void plan(struct gradient *g) {
  const struct unit_pass *pass = g->pass;
  ptrdiff_t pitch = pass->grid.pitch, rows = pass->source.batch * pass->grid.rows;
  g->blocks = pieces(pass->source.channels, UNIT_CHANNELS);
  g->lines = pieces(g->slope.channels, UNIT_CHANNELS);
  ptrdiff_t pixel_bytes = UNIT_PAIR_BYTES * (2 * g->blocks * pass->phase_count + g->lines);
  ptrdiff_t pixels = most(CHUNK_BYTES / pixel_bytes, LEAST_PIXELS);
  g->chunk = least(most(pixels / pitch, 1), rows);
  g->chunk = pieces(rows, pieces(rows, g->chunk));
  g->steps = pieces(g->chunk * pitch, UNIT_DEPTH);
  g->slope_pixels = g->steps * UNIT_DEPTH;
  g->panel = g->steps * UNIT_STEP_BYTES;
  g->lead = (1 - pass->top) * pitch;
  // A tile may begin at the last pixel that a tap sees, and reads whole.
  g->pixels = g->lead + most((g->chunk + pass->bottom + 1) * pitch,
                             g->slope_pixels + pass->bottom * pitch + pass->right + 1);
  g->plane_bytes = g->pixels * UNIT_PAIR_BYTES;
  g->near_bytes = (size_t)pieces((g->pixels + PAIRED + UNIT_DEPTH) * UNIT_CHANNELS * (ptrdiff_t)sizeof(float), PAGE) * PAGE;
}

static void write_weights(const struct gradient *g, float *weight, ptrdiff_t kernel) {
  const struct unit_pass *pass = g->pass;
  ptrdiff_t channels = pass->source.channels, width = g->blocks * UNIT_CHANNELS;
  for (ptrdiff_t k = 0; k < g->slope.channels; k++)
    for (int t = 0; t < pass->tap_count; t++) {
      const float *from = g->sums + (t * g->lines * UNIT_SIDE + k) * width;
      float *to = weight + k * channels * kernel + pass->taps[t].weight;
      for (ptrdiff_t c = 0; c < channels; c++) to[c * kernel] = from[c];
    }
}

cu_status cu_conv_weight_gradient(const cu_conv_desc *d, const float *input, const float *slope, float *weight) {
  struct unit_pass pass;
  if (!units_available()) return CU_DECLINED;
  unit_pass_forward(&pass, d, input);
  struct gradient g = {
    .pass = &pass,
    .slope = {slope, d->batch, d->out_channels, d->output[0], d->output[1], d->output_channels_last},
  };
  plan(&g);
  ptrdiff_t planes = pass.phase_count * g.blocks, rows = d->batch * pass.grid.rows;
  size_t planes_bytes = (size_t)(2 * planes * g.plane_bytes + PAGE) / 64 * 64;
  size_t panels_bytes = (size_t)(2 * g.lines * g.panel + PAGE) / 64 * 64, near_bytes = g.near_bytes * (size_t)ct_num_threads();
  size_t sums_bytes = (size_t)(pass.tap_count * g.lines * g.blocks * UNIT_SIDE * UNIT_SIDE) * sizeof(float);
  char *scratch = ct_scratch_borrow(planes_bytes + panels_bytes + near_bytes + sums_bytes);
  if (!scratch) return CU_DECLINED;
  g.planes = scratch;
  g.panels = scratch + planes_bytes;
  g.near = g.panels + panels_bytes;
  g.sums = (float *)(g.near + near_bytes);
  for (; g.first < rows; g.first += g.chunk) {
    ct_parallel_tasks(planes + g.lines, 1, lay_out, &g);
    if (atomic_load_explicit(&g.bad, memory_order_relaxed)) break;
    ct_parallel_tasks(g.lines * g.blocks * pass.tap_count, 1, multiply, &g);
  }
  bool bad = atomic_load_explicit(&g.bad, memory_order_relaxed);
  if (!bad) write_weights(&g, weight, d->kernel[0] * d->kernel[1]);
  ct_scratch_return(scratch);
  return bad ? CU_DECLINED : CU_DONE;
}
#endif
