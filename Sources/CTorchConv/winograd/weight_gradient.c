// The weight gradient: for each frequency the product of the input's tiles and the slopes' tiles, summed over all tiles
// and folded back into taps. Exactly the adjoint of the forward transform.
//
// Two plans, chosen by the shape alone, as is every order of sums, so that the bits are the same for any number of
// threads.
// Many tiles and few channels: runs of tiles have sums of their own, which are added up at the end. Many channels: all
// tiles of a round are gathered, then each panel of outputs by some inputs is one piece of work, with one owner.
#include "job.h"

#include <string.h>

struct gradient {
  struct convolution conv;
  const float *src, *slopes;
  float *weight, *bias;
  ptrdiff_t inputs, outputs;        // channels
  ptrdiff_t in_groups, out_groups;  // of a vector's lanes
  ptrdiff_t row, panels;
  ptrdiff_t round_most;             // tiles that are gathered at once
  ptrdiff_t gathered_step, slopes_step, folded_step;  // of one frequency
  ptrdiff_t slopes_size;            // of one panel of slopes
  ptrdiff_t blocks, rounds, runs;   // of inputs, of tiles, of rounds
  ptrdiff_t sums_panel, sums_size;  // floats of one panel of taps, and of all
  ptrdiff_t thread_size, biases_step;
  float *shared, *own, *sums, *biases, *work;
  ptrdiff_t first, count;           // the tiles of the shared round
  bool begins;
};

enum { ROUND_FLOATS = 3 << 17, SHARED_TILES = 160, MOST_BLOCK = 64, MOST_RUNS = 8 };

static void gather_input(const struct gradient *g, ptrdiff_t group, ptrdiff_t first, ptrdiff_t count, float *to,
                         float *work) {
  const struct convolution *c = &g->conv;
  struct gathering gathering = {
    .image = g->src,
    .picture = &c->input,
    .grid = &c->grid,
    .first = first,
    .count = count,
    .channel = group * c->kernels->lanes,
    .to = to + group * c->kernels->lanes,
    .f_step = g->gathered_step,
    .t_step = g->row,
    .work = work,
  };
  c->tiles->gather(&gathering);
}

static void gather_slopes(const struct gradient *g, ptrdiff_t group, ptrdiff_t first, ptrdiff_t count, float *to,
                          float *biases, float *work) {
  const struct convolution *c = &g->conv;
  ptrdiff_t lanes = c->kernels->lanes;
  struct gathering gathering = {
    .image = g->slopes,
    .picture = &c->output,
    .grid = &c->grid,
    .first = first,
    .count = count,
    .channel = group * lanes,
    .to = to + group / 2 * g->slopes_size + group % 2 * lanes,
    .f_step = g->slopes_step,
    .t_step = c->kernels->panel,
    .sums = biases ? biases + group * lanes : NULL,
    .work = work,
  };
  c->tiles->gather_slopes(&gathering);
}

/// Some inputs by one panel of outputs, over the tiles that were gathered.
static void multiply_block(const struct gradient *g, ptrdiff_t block, ptrdiff_t panel, ptrdiff_t count,
                           const float *gathered, const float *slopes, float *folded, float *sums, bool begins) {
  const struct convolution *c = &g->conv;
  ptrdiff_t first = part_begin(g->inputs, g->blocks, block), rows = part_begin(g->inputs, g->blocks, block + 1) - first;
  for (int frequency = 0; frequency < c->tiles->frequencies; frequency++) {
    struct product p = {
      .rows = rows,
      .depth = count,
      .a = gathered + frequency * g->gathered_step + first,
      .a_row = 1,
      .a_step = g->row,
      .b = slopes + panel * g->slopes_size + frequency * g->slopes_step,
      .c = folded + frequency * g->folded_step,
      .narrow = g->outputs - panel * c->kernels->panel <= c->kernels->lanes,
    };
    c->kernels->multiply(&p);
  }
  c->tiles->fold(sums + panel * g->sums_panel + first * 9 * c->kernels->panel, folded, g->folded_step, rows, begins);
}

static void run_job(void *context, ptrdiff_t run, int thread) {
  const struct gradient *g = context;
  float *gathered = g->own + thread * g->thread_size;
  float *slopes = gathered + g->conv.tiles->frequencies * g->gathered_step;
  float *folded = slopes + g->panels * g->slopes_size, *work = g->work + thread * WORK_FLOATS;
  float *biases = g->bias ? g->biases + run * g->biases_step : NULL, *sums = g->sums + run * g->sums_size;
  ptrdiff_t begin = part_begin(g->rounds, g->runs, run), end = part_begin(g->rounds, g->runs, run + 1);
  if (biases) memset(biases, 0, (size_t)g->biases_step * sizeof(float));
  for (ptrdiff_t round = begin; round < end; round++) {
    ptrdiff_t first = part_begin(g->conv.tile_count, g->rounds, round);
    ptrdiff_t count = part_begin(g->conv.tile_count, g->rounds, round + 1) - first;
    for (ptrdiff_t i = 0; i < g->in_groups; i++) gather_input(g, i, first, count, gathered, work);
    for (ptrdiff_t i = 0; i < g->out_groups; i++) gather_slopes(g, i, first, count, slopes, biases, work);
    for (ptrdiff_t panel = 0; panel < g->panels; panel++)
      for (ptrdiff_t block = 0; block < g->blocks; block++)
        multiply_block(g, block, panel, count, gathered, slopes, folded, sums, round == begin);
  }
}

static void gather_job(void *context, ptrdiff_t part, int thread) {
  const struct gradient *g = context;
  float *work = g->work + thread * WORK_FLOATS, *slopes = g->shared + g->conv.tiles->frequencies * g->gathered_step;
  if (part < g->in_groups) return gather_input(g, part, g->first, g->count, g->shared, work);
  gather_slopes(g, part - g->in_groups, g->first, g->count, slopes, g->bias ? g->biases : NULL, work);
}

static void block_job(void *context, ptrdiff_t part, int thread) {
  const struct gradient *g = context;
  const float *slopes = g->shared + g->conv.tiles->frequencies * g->gathered_step;
  multiply_block(g, part % g->blocks, part / g->blocks, g->count, g->shared, slopes, g->own + thread * g->thread_size,
                 g->sums, g->begins);
}

static void collect_job(void *context, ptrdiff_t part, int thread) {
  (void)thread;
  const struct gradient *g = context;
  ptrdiff_t panel = part / g->blocks, block = part % g->blocks;
  ptrdiff_t begin = part_begin(g->inputs, g->blocks, block), end = part_begin(g->inputs, g->blocks, block + 1);
  g->conv.kernels->collect(g->weight, g->inputs * 9, panel * g->conv.kernels->panel, g->outputs,
                           g->sums + panel * g->sums_panel, g->runs, g->sums_size, begin * 9, end * 9);
}

int cw_weight_gradient(const cw_desc *desc, const float *src, const float *grad_dst, float *grad_weight,
                       float *grad_bias) {
  struct gradient g = {.src = src, .slopes = grad_dst, .weight = grad_weight, .bias = grad_bias};
  if (!describe(desc, false, &g.conv)) return CW_UNSUPPORTED;
  const struct convolution *c = &g.conv;
  const ptrdiff_t lanes = c->kernels->lanes, panel = c->kernels->panel, frequencies = c->tiles->frequencies;
  const ptrdiff_t tiles = c->tile_count, threads = ct_num_threads();
  g.inputs = c->input.channels;
  g.outputs = c->output.channels;
  g.in_groups = pieces(g.inputs, lanes);
  g.out_groups = pieces(g.outputs, lanes);
  g.row = g.in_groups * lanes;
  g.panels = pieces(g.outputs, panel);
  g.blocks = pieces(g.inputs, MOST_BLOCK);
  g.sums_panel = g.inputs * 9 * panel;
  g.sums_size = g.panels * g.sums_panel;
  ptrdiff_t near = ROUND_FLOATS / (frequencies * (g.row + g.panels * panel));
  bool shares = near < 40 || tiles < 3 * near;
  g.round_most = shares ? SHARED_TILES * 36 / frequencies : near;
  g.rounds = pieces(tiles, g.round_most);
  g.round_most = pieces(tiles, g.rounds);
  g.runs = shares ? 1 : least(g.rounds, MOST_RUNS);
  g.gathered_step = g.round_most * g.row + LINE;
  g.slopes_step = g.round_most * panel + LINE;
  g.slopes_size = frequencies * g.slopes_step;
  g.folded_step = pieces(g.inputs, g.blocks) * panel + LINE;
  g.biases_step = g.panels * panel;
  ptrdiff_t round_size = frequencies * g.gathered_step + g.panels * g.slopes_size;
  ptrdiff_t folded_size = frequencies * g.folded_step;
  g.thread_size = folded_size + (shares ? 0 : round_size);
  ptrdiff_t shared = shares ? round_size : 0, biases = g.runs * g.biases_step, sums = g.runs * g.sums_size;
  ptrdiff_t floats = shared + biases + sums + threads * (g.thread_size + WORK_FLOATS);
  float *memory = ct_scratch_borrow((size_t)floats * sizeof(float));
  if (!memory) return CW_NO_MEMORY;
  g.shared = memory;
  g.own = g.shared + shared;
  g.work = g.own + threads * g.thread_size;
  g.sums = g.work + threads * WORK_FLOATS;
  g.biases = g.sums + sums;
  if (shares) {
    memset(g.biases, 0, (size_t)biases * sizeof(float));
    for (ptrdiff_t round = 0; round < g.rounds; round++) {
      g.first = part_begin(tiles, g.rounds, round);
      g.count = part_begin(tiles, g.rounds, round + 1) - g.first;
      g.begins = round == 0;
      hand_out(g.in_groups + g.out_groups, threads, gather_job, &g);
      hand_out(g.panels * g.blocks, threads, block_job, &g);
    }
  } else {
    hand_out(g.runs, threads, run_job, &g);
  }
  hand_out(g.panels * g.blocks, threads, collect_job, &g);
  for (ptrdiff_t k = 0; grad_bias && k < g.outputs; k++) {
    float sum = 0;
    for (ptrdiff_t run = 0; run < g.runs; run++) sum += g.biases[run * g.biases_step + k];
    grad_bias[k] = sum;
  }
  ct_scratch_return(memory);
  return CW_OK;
}
