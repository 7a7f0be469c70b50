// A block that widens, looks at each channel by itself and narrows again, a few rows at a time: the wide images are never
// in memory as a whole.
#include <string.h>

#include "CTorchRuntime.h"
#include "layers.h"

enum { WIDE_BYTES = 384 << 10, RESULT_BYTES = 256 << 10 };

struct sizes {
  ptrdiff_t wide;                       // channels in the middle
  ptrdiff_t span;                       // rows that a window covers
  ptrdiff_t step;                       // rows from window to window
  ptrdiff_t frame;                      // pixels of zeros at each side of a wide row
  ptrdiff_t wide_row;                   // floats
  ptrdiff_t rows;                       // of results that are made in one go
  ptrdiff_t wide_rows;                  // that they need
};

static struct sizes sizes_of(const struct block *b, const cl_images *in, const cl_images *out) {
  const cl_layer *d = b->depthwise;
  struct sizes s = {.wide = d->outputs, .span = d->dilation[0] * (d->kernel[0] - 1) + 1, .step = d->stride[0]};
  s.frame = d->padding[1];
  s.wide_row = (in->width + 2 * s.frame) * s.wide;
  ptrdiff_t by_wide = (WIDE_BYTES / (s.wide_row * 4) - s.span) / s.step + 1;
  ptrdiff_t by_result = RESULT_BYTES / (out->width * s.wide * 4);
  s.rows = least(most(least(b->widen ? by_wide : out->height, by_result), 1), out->height);
  s.wide_rows = (s.rows - 1) * s.step + s.span;
  return s;
}

size_t cl_block_scratch(const struct block *b, const cl_images *in, const cl_images *out) {
  struct sizes s = sizes_of(b, in, out);
  return (size_t)((b->widen ? s.wide_rows * s.wide_row : 0) + s.rows * out->width * s.wide);
}

struct job {
  const struct block *block;
  const cl_images *in, *plus, *out;
  const struct channel_kernels *kernels;
  struct sizes sizes;
  const struct taps *taps;              // of the depthwise layer
  float *scratch;
  size_t scratch_size;                  // of each thread
};

static const ptrdiff_t no_offset[1] = {0};

/// Runs of pixels by all channels, one group of weights after the other.
static void multiply_rows(const struct job *job, const cl_layer *layer, ptrdiff_t depth, struct run *run, ptrdiff_t rows,
                          ptrdiff_t a_row, ptrdiff_t c_row, ptrdiff_t plus_row) {
  const float *a = run->a, *plus = run->plus;
  float *c = run->c;
  ptrdiff_t blocks = (layer->outputs + BLOCK - 1) / BLOCK, groups = (blocks + MOST_BLOCKS - 1) / MOST_BLOCKS;
  run->tap = no_offset;
  run->taps = 1;
  run->depth = depth;
  run->activation = layer->activation;
  for (ptrdiff_t g = 0; g < groups; g++) {
    ptrdiff_t channel = g * blocks / groups * BLOCK, end = (g + 1) * blocks / groups * BLOCK;
    run->b = layer->weight + channel * depth;
    run->bias = layer->bias + channel;
    run->channels = least(end, layer->outputs) - channel;
    for (ptrdiff_t y = 0; y < rows; y++) {
      run->a = a + y * a_row;
      run->c = c + y * c_row + channel;
      run->plus = plus ? plus + y * plus_row + channel : NULL;
      job->kernels->products(run);
    }
  }
}

/// Rows `begin` to `end` of the widened image of `image` (some may lie outside of it) into `wide`.
static void widen_rows(const struct job *job, ptrdiff_t image, ptrdiff_t begin, ptrdiff_t end, float *wide) {
  const struct sizes *s = &job->sizes;
  const cl_images *in = job->in;
  ptrdiff_t first = least(most(begin, 0), end), past = most(least(end, in->height), first);
  size_t row_bytes = (size_t)s->wide_row * sizeof(float);
  if (first > begin) memset(wide, 0, (size_t)(first - begin) * row_bytes);
  if (end > past) memset(wide + (past - begin) * s->wide_row, 0, (size_t)(end - past) * row_bytes);
  if (past == first) return;
  struct run run = {.a = cl_at(in, image, first, 0), .a_step = in->pixel, .pixels = in->width,
                    .c = wide + (first - begin) * s->wide_row + s->frame * s->wide, .c_step = s->wide};
  multiply_rows(job, job->block->widen, in->channels, &run, past - first, in->row, s->wide_row, 0);
}

/// Rows `begin` to `end` of the results of one image.
static void run_rows(const struct job *job, ptrdiff_t image, ptrdiff_t begin, ptrdiff_t end, float *scratch) {
  const struct sizes *s = &job->sizes;
  const cl_images *in = job->in, *out = job->out, *plus = job->plus;
  const cl_layer *d = job->block->depthwise, *narrow = job->block->narrow;
  bool widens = job->block->widen != NULL;
  float *wide = scratch, *middle = scratch + (widens ? s->wide_rows * s->wide_row : 0);
  ptrdiff_t known = 0;  // the first rows of `wide` that are there already
  for (ptrdiff_t y = begin; y < end; y += s->rows) {
    ptrdiff_t rows = least(s->rows, end - y), top = y * s->step - d->padding[0];
    ptrdiff_t needed = (rows - 1) * s->step + s->span;
    if (widens) {
      widen_rows(job, image, top + known, top + needed, wide + known * s->wide_row);
    }
    struct run run = {.tap = job->taps->at, .taps = job->taps->count, .depth = 1, .b = d->weight, .bias = d->bias,
                      .pixels = out->width, .channels = s->wide, .c_step = s->wide, .activation = d->activation};
    run.a_step = d->stride[1] * (widens ? s->wide : in->pixel);
    for (ptrdiff_t i = 0; i < rows; i++) {
      run.a = widens ? wide + i * s->step * s->wide_row : cl_at(in, image, top + i * s->step, -d->padding[1]);
      run.c = middle + i * out->width * s->wide;
      job->kernels->depthwise(&run);
    }
    struct run last = {.a = middle, .a_step = s->wide, .pixels = out->width, .c = cl_at(out, image, y, 0),
                       .c_step = out->pixel};
    if (plus) {
      last.plus = cl_at(plus, image, y, 0);
      last.plus_step = plus->pixel;
    }
    bool flat = out->row == out->width * out->pixel && (!plus || plus->row == plus->width * plus->pixel);
    if (flat) last.pixels *= rows;
    multiply_rows(job, narrow, s->wide, &last, flat ? 1 : rows, out->width * s->wide, out->row, plus ? plus->row : 0);
    if (!widens) continue;
    known = most(needed - rows * s->step, 0);
    memmove(wide, wide + rows * s->step * s->wide_row, (size_t)(known * s->wide_row) * sizeof(float));
  }
}

static void run_range(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct job *job = context;
  ptrdiff_t height = job->out->height;
  float *scratch = job->scratch + (size_t)thread * job->scratch_size;
  // The sides of wide rows stay zero.
  if (job->block->widen)
    memset(scratch, 0, (size_t)(job->sizes.wide_rows * job->sizes.wide_row) * sizeof(float));
  while (begin < end) {
    ptrdiff_t image = begin / height, y = begin % height, past = least(y + end - begin, height);
    run_rows(job, image, y, past, scratch);
    begin += past - y;
  }
}

void cl_run_block(const struct block *b, const cl_images *in, const cl_images *plus, const cl_images *out,
                  float *scratch, size_t scratch_size) {
  struct taps taps;
  struct job job = {.block = b, .in = in, .plus = plus, .out = out, .kernels = cl_kernels(),
                    .sizes = sizes_of(b, in, out), .taps = &taps, .scratch = scratch, .scratch_size = scratch_size};
  cl_images wide = {.channels = job.sizes.wide, .plane = 1, .pixel = job.sizes.wide, .row = job.sizes.wide_row};
  cl_find_taps(&taps, b->depthwise, b->widen ? &wide : in);
  ct_parallel_for(out->batch * out->height, 1, run_range, &job);
}
