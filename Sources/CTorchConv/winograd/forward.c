// The forward convolution, and the input gradient, which is one of the slopes with the turned, transposed kernel.
//
// Two plans. Many tiles: the threads share blocks of tiles, whose frequencies and results stay in the second cache. Few
// tiles of many channels: all tiles are gathered first, and the threads share the panels of output channels, whose
// weights are transformed where they are used and read once.
#include "job.h"

struct forward {
  struct convolution conv;
  const float *src, *weight, *transformed;
  float *dst;
  struct ending ending;
  ptrdiff_t panels, lane_groups;
  ptrdiff_t depth, row;              // channels of the input, and floats from tile to tile
  ptrdiff_t blocks;                  // of tiles
  ptrdiff_t block_most;              // tiles of the largest
  ptrdiff_t weights_step;            // floats of one frequency of a panel of weights
  float *weights;                    // transformed here, for all or, in the second plan, for each thread
  float *gathered;                   // V: of each thread, or of all
  float *products;                   // M: of each thread
  float *work;
  ptrdiff_t gathered_step, products_step;  // of one frequency
  ptrdiff_t weights_size, gathered_size, products_size;
  ptrdiff_t depth_parts;             // of the transform of one panel
};

static void turn_part(const struct forward *f, ptrdiff_t panel, ptrdiff_t first, ptrdiff_t end, float *to) {
  const struct convolution *c = &f->conv;
  struct turning turning = {
    .weight = f->weight,
    .outputs = c->turned ? c->input.channels : c->output.channels,
    .inputs = c->turned ? c->output.channels : c->input.channels,
    .turned = c->turned,
    .lane_channel = panel * c->kernels->panel,
    .first = first,
    .depth = end - first,
    .to = to + first * c->kernels->panel,
    .f_step = f->weights_step,
  };
  c->tiles->turn(&turning);
}

static void turn_job(void *context, ptrdiff_t part, int thread) {
  (void)thread;
  const struct forward *f = context;
  ptrdiff_t panel = part / f->depth_parts, i = part % f->depth_parts;
  turn_part(f, panel, part_begin(f->depth, f->depth_parts, i), part_begin(f->depth, f->depth_parts, i + 1),
            f->weights + panel * f->weights_size);
}

static void gather_groups(const struct forward *f, ptrdiff_t first, ptrdiff_t count, ptrdiff_t from, ptrdiff_t end,
                          float *to, float *work) {
  const struct convolution *c = &f->conv;
  struct gathering g = {
    .image = f->src,
    .picture = &c->input,
    .grid = &c->grid,
    .f_step = f->gathered_step,
    .t_step = f->row,
    .work = work,
  };
  // Where all channels of a pixel lie together they are read together, a row of tiles at a time.
  ptrdiff_t run = c->input.channel == 1 ? c->grid.across : count;
  for (ptrdiff_t t = 0; t < count; t += g.count) {
    g.first = first + t;
    g.count = least(run, count - t);
    for (ptrdiff_t group = from; group < end; group++) {
      g.channel = group * c->kernels->lanes;
      g.to = to + t * f->row + g.channel;
      c->tiles->gather(&g);
    }
  }
}

/// One panel of output channels of some tiles, whose V lies at `gathered`.
static void run_panel(const struct forward *f, ptrdiff_t panel, ptrdiff_t first, ptrdiff_t count, const float *gathered,
                      const float *weights, float *products, float *work) {
  const struct convolution *c = &f->conv;
  ptrdiff_t channel = panel * c->kernels->panel, channels = c->output.channels;
  for (int frequency = 0; frequency < c->tiles->frequencies; frequency++) {
    struct product p = {
      .rows = count,
      .depth = f->depth,
      .a = gathered + frequency * f->gathered_step,
      .a_row = f->row,
      .a_step = 1,
      .b = weights + frequency * f->weights_step,
      .c = products + frequency * f->products_step,
      .narrow = channels - channel <= c->kernels->lanes,
    };
    c->kernels->multiply(&p);
  }
  for (int vector = 0; vector < 2; vector++, channel += c->kernels->lanes) {
    if (channel >= channels) return;
    struct scattering s = {
      .from = products + vector * c->kernels->lanes,
      .f_step = f->products_step,
      .t_step = c->kernels->panel,
      .image = f->dst,
      .picture = &c->output,
      .grid = &c->grid,
      .first = first,
      .count = count,
      .channel = channel,
      .ending = &f->ending,
      .work = work,
    };
    c->tiles->scatter(&s);
  }
}

static void block_job(void *context, ptrdiff_t part, int thread) {
  const struct forward *f = context;
  ptrdiff_t first = part_begin(f->conv.tile_count, f->blocks, part);
  ptrdiff_t count = part_begin(f->conv.tile_count, f->blocks, part + 1) - first;
  float *gathered = f->gathered + thread * f->gathered_size, *products = f->products + thread * f->products_size;
  float *work = f->work + thread * WORK_FLOATS;
  gather_groups(f, first, count, 0, f->lane_groups, gathered, work);
  const float *weights = f->transformed ? f->transformed : f->weights;
  for (ptrdiff_t panel = 0; panel < f->panels; panel++)
    run_panel(f, panel, first, count, gathered, weights + panel * f->weights_size, products, work);
}

static void gather_job(void *context, ptrdiff_t part, int thread) {
  const struct forward *f = context;
  gather_groups(f, 0, f->conv.tile_count, part, part + 1, f->gathered, f->work + thread * WORK_FLOATS);
}

static void panel_job(void *context, ptrdiff_t part, int thread) {
  const struct forward *f = context;
  const float *weights;
  if (f->transformed) {
    weights = f->transformed + part * f->weights_size;
  } else {
    float *own = f->weights + thread * f->weights_size;
    turn_part(f, part, 0, f->depth, own);
    weights = own;
  }
  for (ptrdiff_t block = 0; block < f->blocks; block++) {
    ptrdiff_t first = part_begin(f->conv.tile_count, f->blocks, block);
    ptrdiff_t count = part_begin(f->conv.tile_count, f->blocks, block + 1) - first;
    run_panel(f, part, first, count, f->gathered + first * f->row, weights, f->products + thread * f->products_size,
              f->work + thread * WORK_FLOATS);
  }
}

/// How many floats of V and M a thread may fill.
enum { NEAR_FLOATS = 3 << 17 };
/// How many floats of V all threads may share.
enum { SHARED_FLOATS = 5 << 18 };

static int run_forward(struct forward *f) {
  struct convolution *c = &f->conv;
  const ptrdiff_t lanes = c->kernels->lanes, panel = c->kernels->panel, frequencies = c->tiles->frequencies;
  const ptrdiff_t tiles = c->tile_count, threads = ct_num_threads();
  f->depth = c->input.channels;
  f->lane_groups = pieces(f->depth, lanes);
  f->row = f->lane_groups * lanes;
  f->panels = pieces(c->output.channels, panel);
  f->weights_step = f->depth * panel + LINE;
  f->weights_size = frequencies * f->weights_step;
  ptrdiff_t near = most(NEAR_FLOATS / (frequencies * (f->row + panel)), c->kernels->height);
  bool shares = tiles < near * 2 * threads && frequencies * tiles * f->row <= SHARED_FLOATS && f->panels >= threads;
  if (shares) {
    near = most(NEAR_FLOATS / 2 / (frequencies * panel), c->kernels->height);
    f->blocks = pieces(tiles, near);
    f->gathered_step = tiles * f->row + LINE;
  } else {
    f->blocks = pieces(tiles, near);
    if (f->blocks < 8 * threads) f->blocks = least(round_up(f->blocks, threads), tiles);
    f->gathered_step = pieces(tiles, f->blocks) * f->row + LINE;
  }
  f->block_most = pieces(tiles, f->blocks);
  f->products_step = f->block_most * panel + LINE;
  f->products_size = frequencies * f->products_step;
  f->gathered_size = frequencies * f->gathered_step;
  ptrdiff_t weights = f->transformed ? 0 : f->weights_size * (shares ? threads : f->panels);
  ptrdiff_t floats = weights + f->gathered_size * (shares ? 1 : threads) + threads * (f->products_size + WORK_FLOATS);
  float *memory = ct_scratch_borrow((size_t)floats * sizeof(float));
  if (!memory) return CW_NO_MEMORY;
  f->weights = memory;
  f->gathered = f->weights + weights;
  f->products = f->gathered + f->gathered_size * (shares ? 1 : threads);
  f->work = f->products + threads * f->products_size;
  if (shares) {
    hand_out(f->lane_groups, threads, gather_job, f);
    hand_out(f->panels, threads, panel_job, f);
  } else {
    if (!f->transformed) {
      f->depth_parts = pieces(f->depth, 64);
      hand_out(f->panels * f->depth_parts, threads, turn_job, f);
    }
    hand_out(f->blocks, threads, block_job, f);
  }
  ct_scratch_return(memory);
  return CW_OK;
}

int cw_forward(const cw_desc *desc, const float *src, const float *weight, const float *transformed,
               const cw_ending *ending, float *dst) {
  struct forward f = {.src = src, .weight = weight, .transformed = transformed, .dst = dst};
  if (!describe(desc, false, &f.conv) || (!weight && !transformed)) return CW_UNSUPPORTED;
  f.ending = (struct ending){
    .scale = ending->scale,
    .shift = ending->shift,
    .residual = ending->residual,
    .bounded = ending->bounded,
    .low = ending->low,
    .high = ending->high,
  };
  return run_forward(&f);
}

int cw_input_gradient(const cw_desc *desc, const float *grad_dst, const float *weight, float *grad_src) {
  struct forward f = {.src = grad_dst, .weight = weight, .dst = grad_src};
  if (!describe(desc, true, &f.conv)) return CW_UNSUPPORTED;
  return run_forward(&f);
}

ptrdiff_t cw_weights_count(const cw_desc *desc) {
  struct convolution c;
  if (!describe(desc, false, &c)) return 0;
  ptrdiff_t panels = pieces(c.output.channels, c.kernels->panel);
  return panels * c.tiles->frequencies * (c.input.channels * c.kernels->panel + LINE);
}

int cw_transform_weights(const cw_desc *desc, const float *weight, float *transformed) {
  struct forward f = {.weight = weight, .weights = transformed};
  if (!describe(desc, false, &f.conv)) return CW_UNSUPPORTED;
  f.depth = f.conv.input.channels;
  f.panels = pieces(f.conv.output.channels, f.conv.kernels->panel);
  f.weights_step = f.depth * f.conv.kernels->panel + LINE;
  f.weights_size = f.conv.tiles->frequencies * f.weights_step;
  f.depth_parts = pieces(f.depth, 64);
  hand_out(f.panels * f.depth_parts, ct_num_threads(), turn_job, &f);
  return CW_OK;
}
