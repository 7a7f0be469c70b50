// How to go through a product. The numbers were found by measuring, on a machine with 48 KB and 2 MB of cache per core.
#include "product.h"

enum {
  DEPTH = 512,                 // the most k of a block: a panel of A stays in the nearest cache
  SPAN_BYTES = 384 * DEPTH * 4,  // a block of B: less than half of the second cache
  NEAR_BYTES = 1 << 20,        // a B that stays in the second cache wherever it lies
  PANELS_BYTES = 5 << 18,      // panels of A that are laid out in one go
  LINE = 64,
  PAGE = 4096,
  A_LAID_OUT = 4,              // what a row of A costs that is laid out, where one in place costs 1,
  B_TURNED = 4,                // and a column of B that is turned about on the way
};

/// Whether a walk with this stride keeps falling on the same few places of a cache.
static bool crowds(ptrdiff_t stride, ptrdiff_t item, ptrdiff_t grid) {
  ptrdiff_t bytes = stride * item;
  return bytes >= PAGE / 2 && bytes % grid == 0;
}

bool readable_in_place(const struct product *p) {
  return p->b_column == 1 && (p->kernels->masks || p->n % p->kernels->lanes == 0);
}

static bool good_in_place(const struct product *p, ptrdiff_t panels) {
  if (!readable_in_place(p)) return false;
  ptrdiff_t item = p->kernels->item;
  return panels <= FEW_PANELS || (p->k * p->n * item <= NEAR_BYTES && !crowds(p->b_row, item, PAGE / 4));
}

void plan_make(struct plan *plan, const struct product *p, bool with_others) {
  const struct gemm_kernels *kernels = p->kernels;
  ptrdiff_t item = kernels->item, width = kernels->width;
  // Nearly equal blocks and panels: a small one at the end would run at half the speed.
  plan->depths = most(pieces(p->k, DEPTH), 1);
  plan->depth = pieces(pieces(p->k, plan->depths), 8) * 8;
  plan->depths = plan->depth == 0 ? 1 : pieces(p->k, plan->depth);
  ptrdiff_t widest = most(SPAN_BYTES / (item * most(plan->depth, 64)) / width, 1) * width;
  plan->spans = pieces(p->n, widest);
  plan->span = pieces(pieces(p->n, plan->spans), width) * width;
  plan->spans = pieces(p->n, plan->span);
  plan->panels = pieces(p->m, kernels->height);

  plan->pack_b = !good_in_place(p, plan->panels);
  plan->packs = !plan->pack_b ? 0 : p->b_column == 1 ? pieces(plan->depth, PACK_DEPTH) : plan->span / width;

  // A is read once for each group of columns. The rows of a panel are fewer than the places that the nearest cache has for
  // lines which lie a page apart, so that A is laid out only where its k do not follow each other in memory.
  bool near_a = p->a_column == 1 || (p->a_row == 1 && !crowds(p->a_column, item, PAGE / 4));
  plan->pack_a = plan->span > 2 * width && !near_a;
  plan->a_step = kernels->height;
  // Laying out writes whole vectors, past the end of the last k.
  plan->panel_bytes = pieces((plan->depth * plan->a_step + kernels->lanes) * item, LINE) * LINE;

  // Where a row of memory runs across panels, many are laid out in one go over it.
  bool across = plan->pack_a && p->a_row == 1;
  ptrdiff_t batches = pieces(plan->panels * plan->panel_bytes, PANELS_BYTES);
  plan->together = across ? pieces(plan->panels, most(batches, 1)) : 1;

  plan->group = plan->panels;
  if (with_others) {
    double panel = (double)kernels->height * (double)plan->depth * (double)plan->span;
    plan->group = most(least(plan->panels / 8, (ptrdiff_t)(TASK_WORK / (panel + 1))), plan->together);
  }
  plan->tiles = pieces(plan->panels, plan->group);
  plan->a_bytes = plan->pack_a ? (size_t)pieces(plan->panel_bytes * plan->together, PAGE) * PAGE : 0;
  plan->b_bytes = plan->pack_b ? (size_t)pieces(plan->depth * plan->span * item, PAGE) * PAGE : 0;
}

/// What so many vectors of columns cost: each group of them has something to begin and to finish.
static double cost_across(const struct gemm_kernels *kernels, ptrdiff_t vectors) {
  return (double)vectors + 0.5 * (double)pieces(vectors * kernels->lanes, kernels->width);
}

void shares_for(const struct product *p, int threads, ptrdiff_t *rows, ptrdiff_t *columns) {
  ptrdiff_t panels = pieces(p->m, p->kernels->height), vectors = pieces(p->n, p->kernels->lanes);
  // Each row of shares reads all of B, each column of shares all of A; B in place costs less than B laid out again.
  double a_cost = (double)p->m * (p->a_column == 1 ? 1 : A_LAID_OUT);
  double b_cost = (double)p->n * (good_in_place(p, panels) ? 0.5 : p->b_column == 1 ? 1 : B_TURNED);
  double best = 0;
  *rows = *columns = 1;
  for (ptrdiff_t r = 1; r <= threads && r <= panels; r++) {
    ptrdiff_t c = least(threads / r, vectors);
    // How evenly the panels and vectors fall, less what is read more than once.
    double widest = cost_across(p->kernels, pieces(vectors, c));
    double even = (double)panels / (double)(r * pieces(panels, r)) * cost_across(p->kernels, vectors) / ((double)c * widest);
    double again = (double)(r - 1) * b_cost + (double)(c - 1) * a_cost;
    double score = even * (1 - 8 * again / ((double)p->m * (double)p->n));
    if (score > best) {
      best = score;
      *rows = r;
      *columns = c;
    }
  }
}
