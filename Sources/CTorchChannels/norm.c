// Normalisation of each channel, with what is added to it and the activation in the same pass.
#include <math.h>

#include "CTorchRuntime.h"
#include "layers.h"

enum { NORM_GRAIN = 1 << 14 };  // numbers that are worth a second thread

struct norm_job {
  const cl_norm *norm;
  const struct norm_kernels *kernels;
  const char *x, *plus, *g, *result;
  char *out, *dx, *dplus;
  double *first, *second;               // of each image's channels
  float *mean, *factor, *by_x, *shift;  // of each channel
};

/// The numbers from one on, where there are any.
static const char *from(const struct norm_job *job, const char *numbers, ptrdiff_t at) {
  return numbers ? numbers + at * job->kernels->item : NULL;
}
static char *into(const struct norm_job *job, char *numbers, ptrdiff_t at) {
  return numbers ? numbers + at * job->kernels->item : NULL;
}

/// Channels of a pixel that one thread looks at: what they take of a line of memory is read once.
enum { SLICE = 64 };

static ptrdiff_t slices(const cl_norm *n) { return n->last ? (n->channels + SLICE - 1) / SLICE : n->channels; }

static void moments(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct norm_job *job = context;
  const cl_norm *n = job->norm;
  (void)thread;
  for (ptrdiff_t part = begin; part < end; part++) {
    if (!n->last) {
      job->kernels->plane_moments(n->pixels, from(job, job->x, part * n->pixels), job->first + part, job->second + part);
      continue;
    }
    ptrdiff_t image = part / slices(n), c = part % slices(n) * SLICE, at = image * n->channels + c;
    job->kernels->pixel_moments(n->pixels, n->channels, least(SLICE, n->channels - c),
                                from(job, job->x, image * n->pixels * n->channels + c), job->first + at, job->second + at);
  }
}

static void slopes(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct norm_job *job = context;
  const cl_norm *n = job->norm;
  (void)thread;
  for (ptrdiff_t part = begin; part < end; part++) {
    if (!n->last) {
      ptrdiff_t at = part * n->pixels;
      job->kernels->plane_slopes(n->pixels, from(job, job->g, at), from(job, job->x, at), from(job, job->result, at),
                                 job->mean[part % n->channels], job->first + part, job->second + part);
      continue;
    }
    ptrdiff_t image = part / slices(n), c = part % slices(n) * SLICE;
    ptrdiff_t at = image * n->pixels * n->channels + c, to = image * n->channels + c;
    job->kernels->pixel_slopes(n->pixels, n->channels, least(SLICE, n->channels - c), from(job, job->g, at), from(job, job->x, at),
                               from(job, job->result, at), job->mean + c, job->first + to,
                               job->second + to);
  }
}

static void affine(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct norm_job *job = context;
  const cl_norm *n = job->norm;
  (void)thread;
  if (n->last) {
    ptrdiff_t at = begin * n->channels;
    job->kernels->pixel_affine(end - begin, n->channels, into(job, job->out, at), from(job, job->x, at), from(job, job->plus, at),
                               job->mean, job->factor, job->shift, n->relu);
    return;
  }
  for (ptrdiff_t part = begin; part < end; part++) {
    ptrdiff_t at = part * n->pixels, c = part % n->channels;
    job->kernels->plane_affine(n->pixels, into(job, job->out, at), from(job, job->x, at), from(job, job->plus, at), job->mean[c],
                               job->factor[c], job->shift[c], n->relu);
  }
}

static void combine(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct norm_job *job = context;
  const cl_norm *n = job->norm;
  (void)thread;
  if (n->last) {
    ptrdiff_t at = begin * n->channels;
    job->kernels->pixel_combine(end - begin, n->channels, into(job, job->dx, at),
                                into(job, job->dplus, at), from(job, job->g, at), from(job, job->x, at),
                                from(job, job->result, at), job->mean, job->factor, job->by_x, job->shift);
    return;
  }
  for (ptrdiff_t part = begin; part < end; part++) {
    ptrdiff_t at = part * n->pixels, c = part % n->channels;
    job->kernels->plane_combine(n->pixels, into(job, job->dx, at), into(job, job->dplus, at),
                                from(job, job->g, at), from(job, job->x, at), from(job, job->result, at), job->mean[c],
                                job->factor[c], job->by_x[c], job->shift[c]);
  }
}

/// Goes over all numbers, by pixels or by planes.
static void everywhere(struct norm_job *job, ct_range_body body) {
  const cl_norm *n = job->norm;
  ptrdiff_t count = n->last ? n->batch * n->pixels : n->batch * n->channels;
  ptrdiff_t size = n->last ? n->channels : n->pixels;
  ct_parallel_for(count, NORM_GRAIN / most(size, 1) + 1, body, job);
}

/// Goes over the channels of each image.
static void over_channels(struct norm_job *job, ct_range_body body) {
  const cl_norm *n = job->norm;
  ptrdiff_t size = n->last ? least(SLICE, n->channels) * n->pixels : n->pixels;
  ct_parallel_for(n->batch * slices(n), NORM_GRAIN / most(size, 1) + 1, body, job);
}

static float *begin_job(struct norm_job *job, const cl_norm *norm) {
  size_t channels = (size_t)norm->channels, parts = (size_t)norm->batch * channels;
  double *work = ct_scratch_borrow(2 * parts * sizeof(double) + 4 * channels * sizeof(float));
  if (!work) return NULL;
  job->norm = norm;
  job->kernels = cl_kernels()->norms[norm->bfloat16 ? 1 : 0];
  job->first = work;
  job->second = work + parts;
  job->mean = (float *)(work + 2 * parts);
  job->factor = job->mean + channels;
  job->by_x = job->factor + channels;
  job->shift = job->by_x + channels;
  return (float *)work;
}

int cl_norm_forward(const cl_norm *n, const void *x, const void *plus, const float *weight, const float *bias,
                    double *mean, double *variance, void *out) {
  struct norm_job job = {.x = x, .plus = plus, .out = out};
  float *work = begin_job(&job, n);
  if (!work) return 2;
  if (n->training) {
    over_channels(&job, moments);
    for (ptrdiff_t c = 0; c < n->channels; c++) {
      double total = 0, spread = 0;
      for (ptrdiff_t i = 0; i < n->batch; i++) total += job.first[i * n->channels + c];
      total /= (double)n->batch;
      // What the images vary in themselves, and what their means vary.
      for (ptrdiff_t i = 0; i < n->batch; i++) {
        double apart = job.first[i * n->channels + c] - total;
        spread += job.second[i * n->channels + c] / (double)n->pixels + apart * apart;
      }
      mean[c] = total;
      variance[c] = spread / (double)n->batch;
    }
  }
  for (ptrdiff_t c = 0; c < n->channels; c++) {
    job.mean[c] = (float)mean[c];
    job.factor[c] = (float)((weight ? (double)weight[c] : 1) / sqrt(variance[c] + n->eps));
    job.shift[c] = bias ? bias[c] : 0;
  }
  everywhere(&job, affine);
  ct_scratch_return(work);
  return 0;
}

int cl_norm_backward(const cl_norm *n, const void *g, const void *x, const void *result, const float *weight,
                     const double *mean, const double *variance, void *dx, void *dplus, float *dweight,
                     float *dbias) {
  struct norm_job job = {.x = x, .g = g, .result = n->relu ? result : NULL, .dx = dx, .dplus = dplus};
  float *work = begin_job(&job, n);
  if (!work) return 2;
  for (ptrdiff_t c = 0; c < n->channels; c++) job.mean[c] = (float)mean[c];
  double count = (double)n->batch * (double)n->pixels;
  if (n->training || dweight || dbias) over_channels(&job, slopes);
  for (ptrdiff_t c = 0; c < n->channels; c++) {
    double root = 1 / sqrt(variance[c] + n->eps), factor = root * (weight ? (double)weight[c] : 1);
    double total = 0, along = 0;
    if (n->training || dweight || dbias) {
      for (ptrdiff_t i = 0; i < n->batch; i++) {
        total += job.first[i * n->channels + c];
        along += job.second[i * n->channels + c];
      }
    }
    along *= root;
    if (dweight) dweight[c] = (float)along;
    if (dbias) dbias[c] = (float)total;
    job.factor[c] = (float)factor;
    job.by_x[c] = n->training ? (float)(-along * root * factor / count) : 0;
    job.shift[c] = n->training ? (float)(-total * factor / count) : 0;
  }
  if (dx || dplus) everywhere(&job, combine);
  ct_scratch_return(work);
  return 0;
}
