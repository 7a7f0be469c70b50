// One layer over all images, shared among the threads by rows and, where there are few rows, by groups of channels.
#include "CTorchKernels.h"
#include "CTorchRuntime.h"
#include "layers.h"

enum {
  NEAR_BYTES = 256 << 10,  // input rows that are gone through again for each group of channels
  GRAIN = 1 << 15,         // multiplications that are worth a second thread
};

const struct channel_kernels *cl_kernels(void) {
#if defined(__x86_64__)
  int level = tk_isa_level();
  return level == 2 ? &cl_kernels_avx512 : level == 1 ? &cl_kernels_avx2 : &cl_kernels_base;
#else
  return &cl_kernels_base;
#endif
}

bool cl_find_taps(struct taps *taps, const cl_layer *layer, const cl_images *in) {
  bool single = layer->kind != CL_CONVOLUTION;
  bool planes = in->plane != 1 && in->channels > 1;
  // Places of a row that follow each other in memory are one tap.
  bool joins = !single && layer->dilation[1] == 1 && (planes ? in->pixel == 1 : in->pixel == in->channels);
  ptrdiff_t across = joins ? 1 : layer->kernel[1], along = planes ? in->channels : 1;
  if (along * layer->kernel[0] * across > MOST_TAPS) return false;
  taps->count = 0;
  for (ptrdiff_t c = 0; c < along; c++)
    for (ptrdiff_t y = 0; y < layer->kernel[0]; y++)
      for (ptrdiff_t x = 0; x < across; x++)
        taps->at[taps->count++] =
          c * in->plane + y * layer->dilation[0] * in->row + x * layer->dilation[1] * in->pixel;
  taps->depth = (planes ? 1 : in->channels) * (joins ? layer->kernel[1] : 1);
  return true;
}

struct job {
  const cl_layer *layer;
  const struct taps *taps;
  const cl_images *in, *plus, *out;
  const struct channel_kernels *kernels;
  bool flat;                            // pixels of all rows and images follow each other
  ptrdiff_t rows, width;                // of results
  ptrdiff_t groups;                     // of channels
  ptrdiff_t near_rows;                  // how many rows are gone through for one group after the other
};

enum { FLAT_WIDTH = 64 };

static bool follows(const cl_images *v) {
  return v->row == v->width * v->pixel && v->image == v->height * v->row;
}

/// The results of one row by one group of channels.
static void run_row(const struct job *job, ptrdiff_t row, ptrdiff_t first, ptrdiff_t last) {
  const cl_layer *layer = job->layer;
  const cl_images *in = job->in, *out = job->out, *plus = job->plus;
  struct run run = {.a_step = layer->stride[1] * in->pixel, .tap = job->taps->at, .taps = job->taps->count,
                    .depth = job->taps->depth, .pixels = job->width, .c_step = out->pixel,
                    .activation = layer->activation};
  if (job->flat) {
    ptrdiff_t pixel = row * FLAT_WIDTH, all = out->batch * out->height * out->width;
    run.pixels = least(FLAT_WIDTH, all - pixel);
    run.a = in->data + pixel * in->pixel;
    run.c = out->data + pixel * out->pixel;
    if (plus) run.plus = plus->data + pixel * plus->pixel;
  } else {
    ptrdiff_t image = row / out->height, y = row % out->height;
    run.a = cl_at(in, image, y * layer->stride[0] - layer->padding[0], -layer->padding[1]);
    run.c = cl_at(out, image, y, 0);
    if (plus) run.plus = cl_at(plus, image, y, 0);
  }
  run.plus_step = plus ? plus->pixel : 0;
  if (layer->kind != CL_CONVOLUTION) {
    run.b = layer->weight;
    run.bias = layer->bias;
    run.channels = out->channels;
    if (layer->kind == CL_DEPTHWISE) job->kernels->depthwise(&run);
    else job->kernels->greatest(&run);
    return;
  }
  ptrdiff_t channel = first * BLOCK;
  run.b = layer->weight + channel * run.taps * run.depth;
  run.bias = layer->bias + channel;
  run.channels = least(out->channels, last * BLOCK) - channel;
  run.c += channel;
  if (run.plus) run.plus += channel;
  job->kernels->products(&run);
}

static ptrdiff_t first_block(const struct job *job, ptrdiff_t group) {
  ptrdiff_t blocks = (job->out->channels + BLOCK - 1) / BLOCK;
  return group * blocks / job->groups;
}

static void run_rows(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct job *job = context;
  (void)thread;
  for (ptrdiff_t row = begin; row < end; row += job->near_rows) {
    ptrdiff_t past = least(row + job->near_rows, end);
    for (ptrdiff_t group = 0; group < job->groups; group++)
      for (ptrdiff_t r = row; r < past; r++) run_row(job, r, first_block(job, group), first_block(job, group + 1));
  }
}

/// Parts are counted by rows within groups.
static void run_groups(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct job *job = context;
  (void)thread;
  for (ptrdiff_t part = begin; part < end; part++) {
    ptrdiff_t group = part / job->rows;
    run_row(job, part % job->rows, first_block(job, group), first_block(job, group + 1));
  }
}

void cl_run_layer(const cl_layer *layer, const struct taps *taps, const cl_images *in, const cl_images *plus,
                  const cl_images *out) {
  bool dense = layer->kind == CL_CONVOLUTION;
  bool point = dense && layer->kernel[0] == 1 && layer->kernel[1] == 1 && layer->stride[0] == 1 &&
               layer->stride[1] == 1 && layer->padding[0] == 0 && layer->padding[1] == 0;
  struct job job = {.layer = layer, .taps = taps, .in = in, .plus = plus, .out = out, .kernels = cl_kernels()};
  job.flat = point && in->plane == 1 && follows(in) && follows(out) && (!plus || follows(plus));
  job.width = job.flat ? FLAT_WIDTH : out->width;
  ptrdiff_t all = out->batch * out->height * out->width;
  job.rows = job.flat ? (all + FLAT_WIDTH - 1) / FLAT_WIDTH : out->batch * out->height;
  ptrdiff_t blocks = (out->channels + BLOCK - 1) / BLOCK;
  job.groups = dense ? (blocks + MOST_BLOCKS - 1) / MOST_BLOCKS : 1;
  ptrdiff_t depth = taps->count * taps->depth;
  ptrdiff_t row_bytes = job.flat ? FLAT_WIDTH * in->channels * 4 : layer->stride[0] * in->width * in->channels * 4;
  job.near_rows = most(NEAR_BYTES / most(row_bytes, 1), 1);
  ptrdiff_t work = job.width * out->channels * (dense ? depth : taps->count);
  // Where the weights are more than what they are read for, each thread takes some of them.
  ptrdiff_t weights = dense ? out->channels * depth * 4 : 0, inputs = job.rows * row_bytes;
  if (job.groups > 1 && (inputs <= NEAR_BYTES || weights > inputs)) {
    ct_parallel_for(job.rows * job.groups, GRAIN / most(work / job.groups, 1) + 1, run_groups, &job);
  } else {
    ct_parallel_for(job.rows, GRAIN / most(work, 1) + 1, run_rows, &job);
  }
}
