// Image.resize: weights of a filter, then a pass across and a pass down.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "CTorchKernels.h"
#include "taps.h"

#pragma STDC FP_CONTRACT OFF

#define PI 3.14159265358979323846

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static double hamming(double x) {
  x = fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= PI;
  return sin(x) / x * (0.54f + 0.46f * cos(x));
}

static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= PI;
  return sin(x) / x;
}

static double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

typedef struct {
  double (*at)(double);
  double support;
} kernel;

static kernel kernel_of(cp_filter filter) {
  switch (filter) {
    case CP_BOX: return (kernel){box, 0.5};
    case CP_HAMMING: return (kernel){hamming, 1};
    case CP_BICUBIC: return (kernel){bicubic, 2};
    case CP_LANCZOS: return (kernel){lanczos, 3};
    default: return (kernel){bilinear, 1};
  }
}

static void free_taps(cp_taps *taps) {
  free(taps->first);
  free(taps->weights);
  free(taps->fixed);
}

static bool make_taps(cp_taps *taps, int32_t from, int32_t to, cp_filter filter) {
  kernel k = kernel_of(filter);
  double scale = (double)from / to;
  double stretch = scale < 1.0 ? 1.0 : scale;
  double support = k.support * stretch;
  taps->count = to;
  taps->room = (int32_t)ceil(support) * 2 + 1;
  size_t all = (size_t)to * (size_t)taps->room;
  taps->first = malloc((size_t)to * 2 * sizeof(int32_t));
  taps->weights = malloc(all * sizeof(double));
  taps->fixed = malloc(all * sizeof(int32_t));
  if (!taps->first || !taps->weights || !taps->fixed) {
    free_taps(taps);
    return false;
  }
  taps->length = taps->first + to;
  for (int32_t i = 0; i < to; i++) {
    double center = (i + 0.5) * scale, sum = 0, inverse = 1.0 / stretch;
    int32_t first = (int32_t)(center - support + 0.5), end = (int32_t)(center + support + 0.5);
    if (first < 0) first = 0;
    if (end > from) end = from;
    double *weights = taps->weights + (size_t)i * (size_t)taps->room;
    int32_t *fixed = taps->fixed + (size_t)i * (size_t)taps->room;
    for (int32_t t = 0; t < end - first; t++) {
      weights[t] = k.at((t + first - center + 0.5) * inverse);
      sum += weights[t];
    }
    for (int32_t t = 0; t < end - first; t++) {
      if (sum != 0.0) weights[t] /= sum;
      double scaled = weights[t] * (1 << CP_PRECISION);
      fixed[t] = weights[t] < 0 ? (int32_t)(-0.5 + scaled) : (int32_t)(0.5 + scaled);
    }
    taps->first[i] = first;
    taps->length[i] = end - first;
  }
  return true;
}

static int32_t rounded(double x) { return (int32_t)(x >= 0.0 ? floor(x + 0.5) : -floor(fabs(x) + 0.5)); }

// Numbers of 32 bits: sums in double precision. `step` and `line` count numbers.
static void pass_32(
  const cp_picture *out, const cp_picture *in, const cp_taps *taps, bool down) {
  ptrdiff_t in_line = in->row_bytes / 4, out_line = out->row_bytes / 4;
  int32_t lines = down ? in->width * in->channels : in->height * in->channels;
  for (int32_t line = 0; line < lines; line++) {
    ptrdiff_t start = down ? line : line / in->channels * in_line + line % in->channels;
    ptrdiff_t target = down ? line : line / in->channels * out_line + line % in->channels;
    ptrdiff_t step = down ? in_line : in->channels, target_step = down ? out_line : in->channels;
    for (int32_t i = 0; i < taps->count; i++) {
      const double *weights = taps->weights + (size_t)i * (size_t)taps->room;
      double sum = 0;
      for (int32_t t = 0; t < taps->length[i]; t++) {
        ptrdiff_t at = start + (taps->first[i] + t) * step;
        sum += (in->type == CP_INT32 ? (double)((const int32_t *)in->base)[at] : (double)((const float *)in->base)[at]) *
               weights[t];
      }
      if (in->type == CP_INT32) ((int32_t *)out->base)[target + i * target_step] = rounded(sum);
      else ((float *)out->base)[target + i * target_step] = (float)sum;
    }
  }
}

static void pass(const cp_picture *out, const cp_picture *in, const cp_taps *taps, bool down) {
  if (in->type != CP_UINT8) return pass_32(out, in, taps, down);
#if defined(__x86_64__)
  int level = tk_isa_level();
  if (level == 2) return down ? cp_down_avx512(out, in, taps) : cp_across_avx512(out, in, taps);
  if (level == 1) return down ? cp_down_avx2(out, in, taps) : cp_across_avx2(out, in, taps);
#endif
  if (down) cp_down_base(out, in, taps);
  else cp_across_base(out, in, taps);
}

static void nearest(const cp_picture *out, const cp_picture *in) {
  double scaling[6] = {(double)in->width / out->width, 0, 0, 0, (double)in->height / out->height, 0};
  cp_transform(out, in, scaling, false, CP_NEAREST);
}

bool cp_resample(const cp_picture *out, const cp_picture *in, cp_filter filter) {
  if (filter == CP_NEAREST) {
    nearest(out, in);
    return true;
  }
  ptrdiff_t item = (in->type == CP_UINT8 ? 1 : 4) * (ptrdiff_t)in->channels;
  bool across = out->width != in->width, down = out->height != in->height;
  if (!across && !down) {
    for (int32_t y = 0; y < in->height; y++) {
      memcpy((char *)out->base + y * out->row_bytes, (char *)in->base + y * in->row_bytes, (size_t)(in->width * item));
    }
    return true;
  }
  cp_taps columns = {0}, rows = {0};
  if (!down) {
    if (!make_taps(&columns, in->width, out->width, filter)) return false;
    pass(out, in, &columns, false);
    free_taps(&columns);
    return true;
  }
  if (!make_taps(&rows, in->height, out->height, filter)) return false;
  if (!across) {
    pass(out, in, &rows, true);
    free_taps(&rows);
    return true;
  }
  // Pillow 13 goes down first where that takes away enough more than going across. Each pass rounds, so the order is seen.
  bool down_first = out->height < in->height && 2 * ((int64_t)in->width - out->width) < in->height - out->height;
  cp_picture between = *out;
  if (down_first) between.width = in->width;
  else between.height = in->height;
  between.row_bytes = between.width * item;
  between.base = malloc((size_t)(between.row_bytes * between.height));
  bool ready = between.base && make_taps(&columns, in->width, out->width, filter);
  if (ready) {
    pass(&between, in, down_first ? &rows : &columns, down_first);
    pass(out, &between, down_first ? &columns : &rows, !down_first);
    free_taps(&columns);
  }
  free(between.base);
  free_taps(&rows);
  return ready;
}
