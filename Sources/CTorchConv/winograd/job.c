#include "job.h"

#include <limits.h>

#include "CTorchKernels.h"

static const struct conv_kernels *kernels_of_machine(void) {
#if defined(__x86_64__)
  static const struct conv_kernels *const all[] = {&conv_base, &conv_avx2, &conv_avx512};
  return all[tk_isa_level()];
#else
  return &conv_base;
#endif
}

static struct picture lay(ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width, bool channels_last) {
  struct picture p = {.channels = channels, .height = height, .width = width, .batch = channels * height * width};
  p.channel = channels_last ? 1 : height * width;
  p.pixel = channels_last ? channels : 1;
  p.row = width * p.pixel;
  return p;
}

bool describe(const cw_desc *d, bool input_gradient, struct convolution *c) {
  if (d->batch < 1 || d->in_channels < 1 || d->out_channels < 1 || d->in_height < 1 || d->in_width < 1) return false;
  if (d->padding_top < 0 || d->padding_top > 2 || d->padding_left < 0 || d->padding_left > 2) return false;
  // Padding at the end may differ, but as at the beginning it may not go beyond the kernel.
  ptrdiff_t below = d->out_height - d->in_height - d->padding_top + 2;
  ptrdiff_t right = d->out_width - d->in_width - d->padding_left + 2;
  if (d->out_height < 1 || d->out_width < 1 || below < 0 || below > 2 || right < 0 || right > 2) return false;
  if (d->tile != 2 && d->tile != 4) return false;
  *c = (struct convolution){.kernels = kernels_of_machine(), .turned = input_gradient};
  c->tiles = d->tile == 4 ? &c->kernels->large : &c->kernels->small;
  c->input = lay(d->in_channels, d->in_height, d->in_width, d->in_channels_last);
  c->output = lay(d->out_channels, d->out_height, d->out_width, d->out_channels_last);
  c->grid = (struct grid){.top = d->padding_top, .left = d->padding_left};
  if (input_gradient) {
    struct picture other = c->input;
    c->input = c->output;
    c->output = other;
    c->grid = (struct grid){.top = 2 - d->padding_top, .left = 2 - d->padding_left};
  }
  // One channel in channels-last order, or one pixel, lies as both.
  if (c->input.channels == 1) c->input.channel = 1;
  if (c->output.channels == 1) c->output.channel = 1;
  c->grid.down = pieces(c->output.height, d->tile);
  c->grid.across = pieces(c->output.width, d->tile);
  c->tile_count = d->batch * c->grid.down * c->grid.across;
  return true;
}

struct hand {
  job_body body;
  void *context;
  ptrdiff_t count;
  _Atomic ptrdiff_t next;
};

static void take_parts(void *context, int thread, int team) {
  (void)team;
  struct hand *hand = context;
  for (;;) {
    ptrdiff_t part = atomic_fetch_add_explicit(&hand->next, 1, memory_order_relaxed);
    if (part >= hand->count) return;
    hand->body(hand->context, part, thread);
  }
}

void hand_out(ptrdiff_t count, ptrdiff_t threads, job_body body, void *context) {
  struct hand hand = {.body = body, .context = context, .count = count};
  ptrdiff_t team = least(count, threads);
  ct_team_run(team < INT_MAX ? (int)team : INT_MAX, take_parts, &hand);
}
