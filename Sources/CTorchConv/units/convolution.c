// Convolutions and their input's gradients on the matrix unit.
//
// The rows of the grid are cut into chunks whose pixels, split into parts, stay in the second cache; a task lays one out and multiplies it
// with some or all of the weights, which were laid out for all tasks before. A result is the sum over all taps and channels in one go,
// so that its bits depend on no cut.
#include "pass.h"

#if defined(__x86_64__)
#include <math.h>
#include <stdatomic.h>

#include "CTorchRuntime.h"
#include "CTorchUnits.h"

enum {
  CHUNK_BYTES = 800 << 10,     // of laid out pixels
  SPARE_PIXELS = 64,           // behind the last row: a block reads whole, and ahead
  TASKS = 4,                   // for each thread
  LEAST_ROWS = 4,
  PAGE = 4096,
};

/// Where results go: every stride-th pixel of an image, from the first on.
struct target {
  float *at;
  ptrdiff_t channels, rows, columns;
  bool channels_last;
  ptrdiff_t stride[2], first[2];
  cu_epilogue epilogue;
};

/// Weights, numbers apart: from one of the result's channels to the next, and from one of the source's.
struct weights {
  const float *at;
  ptrdiff_t line, channel;
};

struct conv {
  const struct unit_pass *pass;
  struct target target;
  ptrdiff_t blocks;                    // of 32 channels of the source
  ptrdiff_t steps, panel, panels;      // of the weights
  ptrdiff_t *offsets;                  // of each step from a pixel
  ptrdiff_t chunk, chunks;             // rows in a chunk
  ptrdiff_t groups, group;             // of panels, and how many
  ptrdiff_t lead, pixels;              // before a chunk's first pixel; of a plane in all
  size_t plane_bytes, row_bytes;
  const char *packed;                  // the weights
  char *planes, *rows;
  atomic_long ticket;
  atomic_bool bad;
};

/// How weights are laid out: panels of 16 of the result's channels, each a step for every tap and 32 of the source's channels.
struct packing {
  const struct unit_pass *pass;
  struct weights weights;
  ptrdiff_t channels, blocks, panel, panels;
  char *to;
  atomic_bool bad;
};

static struct packing packing_of(const struct unit_pass *pass, struct weights weights, ptrdiff_t channels) {
  struct packing packing = {.pass = pass, .weights = weights, .channels = channels};
  packing.blocks = pieces(pass->source.channels, UNIT_CHANNELS);
  packing.panel = packing.blocks * pass->tap_count * UNIT_STEP_BYTES;
  packing.panels = pieces(channels, UNIT_LINES);
  return packing;
}

static void pack_panels(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  struct packing *p = context;
  const struct unit_pass *pass = p->pass;
  for (ptrdiff_t i = begin; i < end; i++) {
    ptrdiff_t line = i * UNIT_LINES, lines = least(UNIT_LINES, p->channels - line);
    const float *from = p->weights.at + line * p->weights.line;
    // Taps innermost: they lie beside each other.
    for (ptrdiff_t block = 0; block < p->blocks; block++)
      for (int t = 0; t < pass->tap_count; t++) {
        ptrdiff_t channel = block * UNIT_CHANNELS, step = t * p->blocks + block;
        if (!unit_pack_b(p->to + i * p->panel + step * UNIT_STEP_BYTES,
                         from + channel * p->weights.channel + pass->taps[t].weight, p->weights.line,
                         p->weights.channel, lines, least(UNIT_DEPTH, pass->source.channels - channel)))
          atomic_store_explicit(&p->bad, true, memory_order_relaxed);
      }
  }
}

/// What is asked for early lies up to a step past the end.
static size_t packed_bytes(const struct packing *packing) {
  return (size_t)pieces(packing->panels * packing->panel + UNIT_STEP_BYTES, PAGE) * PAGE;
}

/// Whether all weights have parts.
static bool pack(struct packing *packing, char *to) {
  packing->to = to;
  ct_parallel_tasks(packing->panels, 1, pack_panels, packing);
  return !atomic_load(&packing->bad);
}

/// Splits the pixels that a chunk's results are made of.
static void lay_out(struct conv *conv, ptrdiff_t first, ptrdiff_t last, char *planes, float *row) {
  const struct unit_pass *pass = conv->pass;
  ptrdiff_t pitch = pass->grid.pitch, before = conv->lead / pitch;
  char *plane = planes;
  for (int p = 0; p < pass->phase_count; p++)
    for (ptrdiff_t block = 0; block < conv->blocks; block++, plane += conv->plane_bytes) {
      char *to = plane;
      for (ptrdiff_t r = first - before; r < last + pass->bottom + 1; r++, to += pitch * UNIT_PAIR_BYTES) {
        unit_image_row(row, &pass->source, &pass->phases[p], pass->source_stride, &pass->grid, r, block * UNIT_CHANNELS);
        if (!unit_pack_pairs(to, row, row + UNIT_LINES, UNIT_CHANNELS, pitch)) atomic_store_explicit(&conv->bad, true, memory_order_relaxed);
      }
    }
}

static struct unit_finish finish_of(const struct target *target) {
  cu_activation activation = target->epilogue.activation;
  return (struct unit_finish){
    .low = activation == CU_PLAIN ? -INFINITY : 0, .high = activation == CU_RELU6 ? 6 : INFINITY,
  };
}

/// Writes `count` pixels of a row, from (y, x) of image `number` on, that begin at `pixel` of the sums[pixel][channel], or of
/// sums[channel][pixel] where the image lies in planes.
static void write_run(const struct target *target, const float *sums, ptrdiff_t pixel, ptrdiff_t count, ptrdiff_t number,
                      ptrdiff_t y, ptrdiff_t x, ptrdiff_t channel) {
  struct unit_finish how = finish_of(target);
  const cu_epilogue *epilogue = &target->epilogue;
  ptrdiff_t channels = least(UNIT_SIDE, target->channels - channel);
  y = y * target->stride[0] + target->first[0];
  x = x * target->stride[1] + target->first[1];
  if (target->channels_last) {
    ptrdiff_t at = ((number * target->rows + y) * target->columns + x) * target->channels + channel;
    if (epilogue->scale) how.times = epilogue->scale + channel;
    if (epilogue->bias) how.plus = epilogue->bias + channel;
    how.plus_column = 1;
    if (epilogue->added) how.added = epilogue->added + at;
    unit_finish(sums + pixel * UNIT_SIDE, count, channels, target->at + at, target->stride[1] * target->channels, &how);
    return;
  }
  ptrdiff_t plane = target->rows * target->columns;
  ptrdiff_t at = (number * target->channels + channel) * plane + y * target->columns + x;
  if (target->stride[1] != 1) {  // no epilogue comes with these
    for (ptrdiff_t c = 0; c < channels; c++)
      for (ptrdiff_t i = 0; i < count; i++)
        target->at[at + c * plane + i * target->stride[1]] = sums[c * UNIT_SIDE + pixel + i];
    return;
  }
  if (epilogue->scale) how.times = epilogue->scale + channel;
  if (epilogue->bias) how.plus = epilogue->bias + channel;
  how.plus_row = 1;
  if (epilogue->added) how.added = epilogue->added + at;
  unit_finish(sums + pixel, channels, count, target->at + at, plane, &how);
}

static void write_block(const struct conv *conv, const float *sums, ptrdiff_t pixel, ptrdiff_t end, ptrdiff_t channel) {
  const struct unit_pass *pass = conv->pass;
  const struct unit_grid *grid = &pass->grid;
  _Alignas(64) float turned[UNIT_SIDE * UNIT_SIDE + UNIT_SIDE];
  if (!conv->target.channels_last) {
    for (ptrdiff_t i = 0; i < UNIT_SIDE; i += UNIT_LINES)
      for (ptrdiff_t j = 0; j < UNIT_SIDE; j += UNIT_LINES)
        unit_turn(turned + j * UNIT_SIDE + i, UNIT_SIDE, sums + i * UNIT_SIDE + j, UNIT_SIDE);
    sums = turned;
  }
  for (ptrdiff_t at = pixel; at < end;) {
    ptrdiff_t row = at / grid->pitch, x = at % grid->pitch, number = row / grid->rows, y = row % grid->rows;
    ptrdiff_t run = least(pass->size[1] - x, end - at);
    if (y < pass->size[0] && run > 0) write_run(&conv->target, sums, at - pixel, run, number, y, x, channel);
    at += grid->pitch - x;
  }
}

static void multiply(struct conv *conv, ptrdiff_t first, ptrdiff_t last, ptrdiff_t group, const char *planes) {
  const struct unit_pass *pass = conv->pass;
  _Alignas(64) float sums[UNIT_SIDE * UNIT_SIDE];
  ptrdiff_t pitch = pass->grid.pitch, begin = first * pitch, end = last * pitch;
  ptrdiff_t last_panel = least((group + 1) * conv->group, conv->panels);
  for (ptrdiff_t panel = group * conv->group; panel < last_panel; panel += 2) {
    struct unit_operand b = {
      .at = conv->packed + panel * conv->panel, .row = 64, .part = UNIT_TILE_BYTES, .panel = conv->panel,
      .step = UNIT_STEP_BYTES, .panels = last_panel - panel > 1 ? 2 : 1,
    };
    for (ptrdiff_t pixel = begin; pixel < end;) {
      // No block begins where there are no results: behind a row, or below an image.
      ptrdiff_t row = pixel / pitch;
      if (row % pass->grid.rows >= pass->size[0]) {
        pixel = (row / pass->grid.rows + 1) * pass->grid.rows * pitch;
        continue;
      }
      if (pixel % pitch >= pass->size[1]) {
        pixel = (row + 1) * pitch;
        continue;
      }
      ptrdiff_t block_end = least(pixel + UNIT_SIDE, end);
      struct unit_operand a = {
        .at = planes + (conv->lead + pixel - begin) * UNIT_PAIR_BYTES, .row = UNIT_PAIR_BYTES, .part = 64,
        .panel = UNIT_LINES * UNIT_PAIR_BYTES, .steps = conv->offsets,
        .panels = block_end - pixel > UNIT_LINES ? 2 : 1,
      };
      unit_multiply(sums, conv->steps, &a, &b);
      write_block(conv, sums, pixel, block_end, panel * UNIT_LINES);
      pixel = block_end;
    }
  }
}

static void work(void *context, int thread, int team) {
  (void)team;
  struct conv *conv = context;
  ptrdiff_t rows = conv->pass->source.batch * conv->pass->grid.rows, task;
  size_t planes_bytes = conv->plane_bytes * (size_t)(conv->blocks * conv->pass->phase_count);
  char *planes = conv->planes + (size_t)thread * planes_bytes;
  float *row = (float *)(conv->rows + (size_t)thread * conv->row_bytes);
  unit_begin();
  while ((task = atomic_fetch_add_explicit(&conv->ticket, 1, memory_order_relaxed)) < conv->chunks * conv->groups) {
    ptrdiff_t first = task / conv->groups * conv->chunk, last = least(first + conv->chunk, rows);
    lay_out(conv, first, last, planes, row);
    if (atomic_load_explicit(&conv->bad, memory_order_relaxed)) break;
    multiply(conv, first, last, task % conv->groups, planes);
  }
  unit_end();
}

static void plan(struct conv *conv, int threads) {
  const struct unit_pass *pass = conv->pass;
  ptrdiff_t pitch = pass->grid.pitch, rows = pass->source.batch * pass->grid.rows;
  // A row more at both ends, for what is seen beyond a row's ends.
  ptrdiff_t around = pass->bottom - pass->top + 2;
  ptrdiff_t row_bytes = pitch * UNIT_PAIR_BYTES * conv->blocks * pass->phase_count;
  ptrdiff_t fit = most(CHUNK_BYTES / row_bytes - around, 1), wanted = most(pieces(rows, TASKS * threads), LEAST_ROWS);
  conv->chunk = least(least(fit, wanted), rows);
  conv->chunks = pieces(rows, conv->chunk);
  conv->chunk = pieces(rows, conv->chunks);
  conv->chunks = pieces(rows, conv->chunk);
  ptrdiff_t pairs = pieces(conv->panels, 2);
  ptrdiff_t groups = conv->chunks < 2 * threads && threads > 1 ? least(pieces(2 * threads, conv->chunks), pairs) : 1;
  conv->group = pieces(pairs, groups) * 2;
  conv->groups = pieces(conv->panels, conv->group);
  conv->lead = (1 - pass->top) * pitch;
  conv->pixels = (conv->chunk + around) * pitch + SPARE_PIXELS;
  conv->plane_bytes = (size_t)(conv->pixels * UNIT_PAIR_BYTES);
  conv->row_bytes = (size_t)pieces(pitch * UNIT_CHANNELS * (ptrdiff_t)sizeof(float), PAGE) * PAGE;
}

static void find_offsets(struct conv *conv) {
  const struct unit_pass *pass = conv->pass;
  ptrdiff_t at = 0;
  for (int t = 0; t < pass->tap_count; t++)
    for (ptrdiff_t block = 0; block < conv->blocks; block++) {
      const struct unit_tap *tap = &pass->taps[t];
      conv->offsets[at++] = (ptrdiff_t)conv->plane_bytes * (tap->phase * conv->blocks + block) +
                            (tap->down * pass->grid.pitch + tap->across) * UNIT_PAIR_BYTES;
    }
}

/// `packed` are the weights laid out, or null.
static cu_status run_pass(const struct unit_pass *pass, struct weights weights, const char *packed, struct target target) {
  struct packing packing = packing_of(pass, weights, target.channels);
  struct conv conv = {
    .pass = pass, .target = target, .blocks = packing.blocks, .steps = packing.blocks * pass->tap_count,
    .panel = packing.panel, .panels = packing.panels,
  };
  int threads = ct_num_threads();
  plan(&conv, threads);
  size_t weight_bytes = packed ? 0 : packed_bytes(&packing);
  size_t offset_bytes = (size_t)pieces(conv.steps * (ptrdiff_t)sizeof(ptrdiff_t), PAGE) * PAGE;
  size_t planes_bytes = conv.plane_bytes * (size_t)(conv.blocks * pass->phase_count) * (size_t)threads + PAGE;
  char *scratch = ct_scratch_borrow(weight_bytes + offset_bytes + planes_bytes + conv.row_bytes * (size_t)threads);
  if (!scratch) return CU_DECLINED;
  conv.packed = packed ? packed : scratch;
  conv.offsets = (ptrdiff_t *)(scratch + weight_bytes);
  conv.planes = (char *)conv.offsets + offset_bytes;
  conv.rows = conv.planes + (planes_bytes - PAGE) / 64 * 64;
  find_offsets(&conv);
  bool good = packed || pack(&packing, scratch);
  if (good) ct_team_run(threads, work, &conv);
  ct_scratch_return(scratch);
  return good && !atomic_load(&conv.bad) ? CU_DONE : CU_DECLINED;
}

static struct weights forward_weights(const cu_conv_desc *d, const float *weight) {
  ptrdiff_t kernel = d->kernel[0] * d->kernel[1];
  return (struct weights){weight, d->in_channels * kernel, kernel};
}

size_t cu_packed_bytes(const cu_conv_desc *d) {
  struct unit_pass pass;
  unit_pass_forward(&pass, d, NULL);
  struct packing packing = packing_of(&pass, forward_weights(d, NULL), d->out_channels);
  return packed_bytes(&packing);
}

cu_status cu_pack_weights(const cu_conv_desc *d, const float *weight, void *packed) {
  struct unit_pass pass;
  if (!units_available()) return CU_DECLINED;
  unit_pass_forward(&pass, d, NULL);
  struct packing packing = packing_of(&pass, forward_weights(d, weight), d->out_channels);
  return pack(&packing, packed) ? CU_DONE : CU_DECLINED;
}

cu_status cu_conv_forward(const cu_conv_desc *d, const float *input, const float *weight, const void *packed,
                          cu_epilogue epilogue, float *output) {
  struct unit_pass pass;
  if (!units_available() || (!weight && !packed)) return CU_DECLINED;
  unit_pass_forward(&pass, d, input);
  struct target target = {
    output, d->out_channels, d->output[0], d->output[1], d->output_channels_last, {1, 1}, {0, 0}, epilogue,
  };
  return run_pass(&pass, forward_weights(d, weight), packed, target);
}

/// Zeros for every stride-th pixel, from the first on.
static void clear(const struct target *target, ptrdiff_t batch) {
  ptrdiff_t pixel = target->channels_last ? target->channels : 1;
  ptrdiff_t plane = target->channels_last ? 1 : target->rows * target->columns;
  for (ptrdiff_t n = 0; n < batch; n++)
    for (ptrdiff_t c = 0; c < target->channels; c++)
      for (ptrdiff_t y = target->first[0]; y < target->rows; y += target->stride[0])
        for (ptrdiff_t x = target->first[1]; x < target->columns; x += target->stride[1])
          target->at[n * target->channels * target->rows * target->columns + c * plane +
                     (y * target->columns + x) * pixel] = 0;
}

cu_status cu_conv_input_gradient(const cu_conv_desc *d, const float *gradient, const float *weight, float *input) {
  if (!units_available()) return CU_DECLINED;
  ptrdiff_t kernel = d->kernel[0] * d->kernel[1];
  for (ptrdiff_t row = 0; row < least(d->stride[0], d->input[0]); row++)
    for (ptrdiff_t column = 0; column < least(d->stride[1], d->input[1]); column++) {
      struct unit_pass pass;
      struct target target = {
        input, d->in_channels, d->input[0], d->input[1], d->input_channels_last, {d->stride[0], d->stride[1]},
        {row, column}, {0},
      };
      if (!unit_pass_backward(&pass, d, gradient, row, column)) {
        clear(&target, d->batch);
        continue;
      }
      cu_status status = run_pass(&pass, (struct weights){weight, kernel, d->in_channels * kernel}, NULL, target);
      if (status != CU_DONE) return status;
    }
  return CU_DONE;
}
#endif
