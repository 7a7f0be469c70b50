// The general way through a product. It is cut into shares, one for each thread; a share is gone through block by block,
// first the tasks of laying B out, then the tiles.
//
// Each share hands its tasks out by a ticket counter. A thread begins with its own share, so that it finds in its caches
// what it laid out itself, and then helps with the others': whoever comes late, or is put aside by the system, is not
// waited for. A task waits only for tasks with smaller tickets, and those are done or in the hands of a running thread.
#include <stdatomic.h>
#include <string.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "CTorchRuntime.h"
#include "product.h"

enum { FEW_ROWS = 16, LINE = 64, PAGE = 4096, SPINS = 2000, MOST_SHARES = 64 };

struct share {
  _Alignas(LINE) atomic_long ticket;
  struct product p;
  struct plan plan;
  ptrdiff_t blocks;
  char *b;                            // the block of B that is laid out
  atomic_int *packed, *done;          // tasks finished, per block
};

struct job {
  struct share *shares;
  ptrdiff_t count;
  char *a;                            // each thread's panel of A
  size_t a_bytes;
};

struct block {
  ptrdiff_t k, depth, column, columns;
};

/// Which panels of A a thread has laid out; they serve for all columns.
struct laid {
  const struct share *share;
  ptrdiff_t k, first;
};

static struct block block_of(const struct share *share, ptrdiff_t index) {
  const struct plan *plan = &share->plan;
  ptrdiff_t k = index / plan->spans * plan->depth, column = index % plan->spans * plan->span;
  return (struct block){k, least(plan->depth, share->p.k - k), column, least(plan->span, share->p.n - column)};
}

static void pack_task(const struct share *share, ptrdiff_t index, ptrdiff_t task) {
  const struct product *p = &share->p;
  const struct gemm_kernels *kernels = p->kernels;
  struct block block = block_of(share, index);
  ptrdiff_t item = kernels->item, width = kernels->width, depth = share->plan.depth;
  ptrdiff_t groups = pieces(block.columns, width), shift = early(block.columns, width, kernels->lanes);
  // Along the rows of B, a few at a time, or down its columns: as they lie in memory.
  bool by_rows = p->b_column == 1;
  ptrdiff_t first = by_rows ? 0 : task, end = by_rows ? groups : task + 1;
  ptrdiff_t begin = by_rows ? task * PACK_DEPTH : 0, bottom = by_rows ? begin + PACK_DEPTH : block.depth;
  ptrdiff_t step = by_rows ? FEW_ROWS : block.depth;
  bottom = least(bottom, block.depth);
  for (ptrdiff_t at = begin; at < bottom; at += step) {
    for (ptrdiff_t g = first; g < end && g < groups; g++) {
      ptrdiff_t from = g == groups - 1 ? g * width - shift : g * width;
      ptrdiff_t to = g == groups - 2 ? (g + 1) * width - shift : least((g + 1) * width, block.columns);
      kernels->pack(share->b + (g * depth + at) * width * item, width,
                    p->b + ((block.k + at) * p->b_row + (block.column + from) * p->b_column) * item, p->b_column, p->b_row,
                    to - from, least(step, bottom - at));
    }
  }
}

/// Where a panel of rows begins; its end is where the next one begins.
static ptrdiff_t panel_row(const struct product *p, const struct plan *plan, ptrdiff_t index) {
  return index * (p->m / plan->panels) + least(index, p->m % plan->panels);
}

/// Lays out panels of A one after the other in `memory`, a few k at a time where k goes from row to row in memory.
static void pack_panels(const struct product *p, const struct plan *plan, const struct block *block, ptrdiff_t first,
                        ptrdiff_t end, char *memory) {
  ptrdiff_t item = p->kernels->item, step = p->a_row == 1 ? FEW_ROWS : block->depth;
  for (ptrdiff_t at = 0; at < block->depth; at += step) {
    for (ptrdiff_t i = first; i < end; i++) {
      ptrdiff_t row = panel_row(p, plan, i);
      p->kernels->pack(memory + (i - first) * plan->panel_bytes + at * plan->a_step * item, plan->a_step,
                       p->a + (row * p->a_row + (block->k + at) * p->a_column) * item, p->a_row, p->a_column,
                       panel_row(p, plan, i + 1) - row, least(step, block->depth - at));
    }
  }
}

static void tile_task(const struct share *share, ptrdiff_t index, ptrdiff_t task, char *memory, struct laid *laid) {
  const struct product *p = &share->p;
  const struct plan *plan = &share->plan;
  const struct gemm_kernels *kernels = p->kernels;
  struct block block = block_of(share, index);
  ptrdiff_t item = kernels->item, column = block.column;
  struct strip s = {
    .k = block.depth,
    .a_row = plan->pack_a ? 1 : p->a_row,
    .a_step = plan->pack_a ? plan->a_step : p->a_column,
    .b = plan->pack_b ? share->b : p->b + (block.k * p->b_row + column) * item,
    .b_step = plan->pack_b ? kernels->width : p->b_row,
    .b_panel = plan->pack_b ? plan->depth * kernels->width : kernels->width,
    .columns = block.columns,
    .far = !plan->pack_b && plan->panels <= FEW_PANELS,
    .c_row = p->c_row,
  };
  ptrdiff_t first = task * plan->group, end = least(first + plan->group, plan->panels);
  for (ptrdiff_t i = first; i < end; i++) {
    ptrdiff_t row = panel_row(p, plan, i), place = (i - first) % plan->together;
    if (plan->pack_a && place == 0 && !(laid->share == share && laid->k == block.k && laid->first == i)) {
      pack_panels(p, plan, &block, i, least(i + plan->together, end), memory);
      *laid = (struct laid){share, block.k, i};
    }
    s.a = plan->pack_a ? memory + place * plan->panel_bytes : p->a + (row * p->a_row + block.k * p->a_column) * item;
    s.c = p->c + (row * p->c_row + column) * item;
    s.plus = s.c;
    s.plus_row = p->c_row;
    s.plus_column = 1;
    if (block.k == 0) {
      s.plus = p->plus ? p->plus + (row * p->plus_row + column * p->plus_column) * item : NULL;
      s.plus_row = p->plus_row;
      s.plus_column = p->plus_column;
    }
    kernels->strip((int)(panel_row(p, plan, i + 1) - row), &s);
  }
}

static void wait_for(const atomic_int *counter, ptrdiff_t value) {
  for (int spins = 0; atomic_load_explicit(counter, memory_order_acquire) < value; spins++) {
    if (spins < SPINS) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
      continue;
    }
#if defined(__linux__)
    sched_yield();  // whom we wait for may want this very processor
#endif
  }
}

static void work_on(struct share *share, char *panel, struct laid *laid) {
  ptrdiff_t packs = share->plan.packs, tiles = share->plan.tiles, per_block = packs + tiles;
  for (;;) {
    ptrdiff_t ticket = atomic_fetch_add_explicit(&share->ticket, 1, memory_order_relaxed);
    ptrdiff_t index = ticket / per_block, task = ticket % per_block;
    if (index >= share->blocks) return;
    // The block before reads the memory that this one lays B out in, and adds to C before it.
    if (index > 0) wait_for(&share->done[index - 1], tiles);
    if (task < packs) {
      pack_task(share, index, task);
      atomic_fetch_add_explicit(&share->packed[index], 1, memory_order_release);
    } else {
      if (packs > 0) wait_for(&share->packed[index], packs);
      tile_task(share, index, task - packs, panel, laid);
      atomic_fetch_add_explicit(&share->done[index], 1, memory_order_release);
    }
  }
}

static void work(void *context, int thread, int team) {
  (void)team;
  struct job *job = context;
  char *panel = job->a + (size_t)thread * job->a_bytes;
  struct laid laid = {0};
  for (ptrdiff_t i = 0; i < job->count; i++) work_on(&job->shares[(thread + i) % job->count], panel, &laid);
}

static bool run_alone(const struct product *p) {
  struct share share = {.p = *p};
  plan_make(&share.plan, p, false);
  size_t size = share.plan.a_bytes + share.plan.b_bytes;
  char *scratch = size > 0 ? ct_scratch_borrow(size) : NULL;
  if (size > 0 && !scratch) return false;
  share.b = scratch;
  struct laid laid = {0};
  ptrdiff_t blocks = share.plan.depths * share.plan.spans;
  for (ptrdiff_t index = 0; index < blocks; index++) {
    for (ptrdiff_t task = 0; task < share.plan.packs; task++) pack_task(&share, index, task);
    for (ptrdiff_t task = 0; task < share.plan.tiles; task++)
      tile_task(&share, index, task, scratch + share.plan.b_bytes, &laid);
  }
  if (scratch) ct_scratch_return(scratch);
  return true;
}

/// The share in this row and column of shares; its borders between columns lie between vectors.
static struct product cut(const struct product *p, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t column) {
  ptrdiff_t item = p->kernels->item, lanes = p->kernels->lanes, vectors = pieces(p->n, lanes);
  ptrdiff_t top = p->m * row / rows, bottom = p->m * (row + 1) / rows;
  ptrdiff_t left = vectors * column / columns * lanes, right = least(vectors * (column + 1) / columns * lanes, p->n);
  struct product share = *p;
  share.m = bottom - top;
  share.n = right - left;
  share.a += top * p->a_row * item;
  share.b += left * p->b_column * item;
  share.c += (top * p->c_row + left) * item;
  if (p->plus) share.plus += (top * p->plus_row + left * p->plus_column) * item;
  return share;
}

bool tiles_run(const struct product *p, int threads) {
  ptrdiff_t rows = 1, columns = 1;
  if (threads > 1) shares_for(p, (int)least(threads, MOST_SHARES), &rows, &columns);
  struct job job = {.count = rows * columns};
  if (threads < 2) return run_alone(p);

  struct share shares[MOST_SHARES];
  size_t b_bytes = 0, counters = 0;
  for (ptrdiff_t i = 0; i < job.count; i++) {
    struct share *share = &shares[i];
    memset(share, 0, sizeof *share);
    share->p = cut(p, rows, columns, i / columns, i % columns);
    plan_make(&share->plan, &share->p, true);
    share->blocks = share->plan.depths * share->plan.spans;
    b_bytes += share->plan.b_bytes;
    counters += (size_t)share->blocks * 2;
    if (share->plan.a_bytes > job.a_bytes) job.a_bytes = share->plan.a_bytes;
  }
  size_t counter_bytes = (counters * sizeof(atomic_int) + PAGE - 1) / PAGE * PAGE;
  char *scratch = ct_scratch_borrow(counter_bytes + b_bytes + job.a_bytes * (size_t)threads);
  if (!scratch) return false;
  memset(scratch, 0, counters * sizeof(atomic_int));
  atomic_int *counter = (atomic_int *)scratch;
  char *memory = scratch + counter_bytes;
  for (ptrdiff_t i = 0; i < job.count; i++) {
    shares[i].packed = counter;
    shares[i].done = counter + shares[i].blocks;
    shares[i].b = memory;
    counter += 2 * shares[i].blocks;
    memory += shares[i].plan.b_bytes;
  }
  job.shares = shares;
  job.a = memory;
  ct_team_run(threads, work, &job);
  ct_scratch_return(scratch);
  return true;
}
