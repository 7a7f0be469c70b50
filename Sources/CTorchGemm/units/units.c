// Products on the matrix unit: which ones, and how they are cut up.
#include "units.h"

#include <math.h>
#include <stdatomic.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "CTorchRuntime.h"

#if defined(__x86_64__)

enum {
  DEPTH = 512,             // k of a block at most
  NEAR_BYTES = 1 << 20,    // panels of A that stay in the second cache while those of B pass
  MOST_LINES = 8192,       // rows, or columns, that are laid out at a time
  CHUNK = 4,               // pairs of panels of B in a task
  TASKS = 8,               // that each thread should have at least
  PAGE = 4096,
  SPINS = 2000,
};

/// What a line's splitting costs pays where each number meets enough others: found by measuring.
static const double LEAST_MEETINGS = 96, LEAST_WORK = 3e6;
enum { LEAST_DEPTH = 128, LEAST_SIDE = 48 };  // a short k does not pay for writing its sums

bool units_suit(const struct product *p) {
  if (p->kernels->item != sizeof(float) || p->m < LEAST_SIDE || p->n < LEAST_SIDE || p->k < LEAST_DEPTH) return false;
  double meetings = (double)p->m * (double)p->n / (double)(p->m + p->n);
  return meetings >= LEAST_MEETINGS && product_work(p) >= LEAST_WORK && units_available();
}

/// One block of k of a product: first the tasks of laying out, then those of multiplying.
struct units {
  struct product p;
  ptrdiff_t steps, panel;              // tiles along k; bytes of a panel
  ptrdiff_t a_panels, b_panels;
  ptrdiff_t block, chunk;              // pairs of panels of A that stay near; of B in a task
  ptrdiff_t chunks, tasks;             // per block; in all
  char *a, *b;
  atomic_long pack_ticket, ticket;
  atomic_int packed;
  atomic_bool bad;
};

static void pack(struct units *u, ptrdiff_t task) {
  const struct product *p = &u->p;
  bool for_a = task < u->a_panels;
  ptrdiff_t index = for_a ? task : task - u->a_panels, line = index * UNIT_LINES;
  bool good = for_a ? unit_pack_a(u->a + index * u->panel, (const float *)p->a + line * p->a_row, p->a_row,
                                  p->a_column, least(UNIT_LINES, p->m - line), p->k)
                    : unit_pack_b(u->b + index * u->panel, (const float *)p->b + line * p->b_column, p->b_column,
                                  p->b_row, least(UNIT_LINES, p->n - line), p->k);
  if (!good) atomic_store_explicit(&u->bad, true, memory_order_relaxed);
}

/// The first one or two of some panels.
static struct unit_operand panels_at(const char *at, ptrdiff_t panel, ptrdiff_t count) {
  return (struct unit_operand){
    .at = at, .row = 64, .part = UNIT_TILE_BYTES, .panel = panel, .step = UNIT_STEP_BYTES, .panels = count > 1 ? 2 : 1,
  };
}

static void multiply(struct units *u, ptrdiff_t task) {
  _Alignas(64) float sums[UNIT_SIDE * UNIT_SIDE];
  const struct product *p = &u->p;
  ptrdiff_t first_a = task / u->chunks * u->block * 2, first_b = task % u->chunks * u->chunk * 2;
  ptrdiff_t end_a = least(first_a + u->block * 2, u->a_panels), end_b = least(first_b + u->chunk * 2, u->b_panels);
  for (ptrdiff_t j = first_b; j < end_b; j += 2) {
    ptrdiff_t column = j * UNIT_LINES;
    struct unit_operand b = panels_at(u->b + j * u->panel, u->panel, end_b - j);
    for (ptrdiff_t i = first_a; i < end_a; i += 2) {
      ptrdiff_t row = i * UNIT_LINES;
      struct unit_operand a = panels_at(u->a + i * u->panel, u->panel, end_a - i);
      unit_multiply(sums, u->steps, &a, &b);
      struct unit_finish how = {
        .plus = (const float *)p->plus, .plus_row = p->plus_row, .plus_column = p->plus_column,
        .low = -INFINITY, .high = INFINITY,
      };
      if (how.plus) how.plus += row * p->plus_row + column * p->plus_column;
      unit_finish(sums, least(UNIT_SIDE, p->m - row), least(UNIT_SIDE, p->n - column),
                  (float *)p->c + row * p->c_row + column, p->c_row, &how);
    }
  }
}

static void wait_for_packs(struct units *u, ptrdiff_t count) {
  for (int spins = 0; atomic_load_explicit(&u->packed, memory_order_acquire) < count; spins++) {
    if (spins < SPINS) {
      __builtin_ia32_pause();
      continue;
    }
#if defined(__linux__)
    sched_yield();
#endif
  }
}

static void work(void *context, int thread, int team) {
  (void)thread;
  (void)team;
  struct units *u = context;
  ptrdiff_t packs = u->a_panels + u->b_panels, task;
  while ((task = atomic_fetch_add_explicit(&u->pack_ticket, 1, memory_order_relaxed)) < packs) {
    pack(u, task);
    atomic_fetch_add_explicit(&u->packed, 1, memory_order_release);
  }
  wait_for_packs(u, packs);
  if (atomic_load_explicit(&u->bad, memory_order_relaxed)) return;
  unit_begin();
  while ((task = atomic_fetch_add_explicit(&u->ticket, 1, memory_order_relaxed)) < u->tasks) multiply(u, task);
  unit_end();
}

/// A product whose k and lines are few enough to be laid out at once.
static bool run_block(const struct product *p, int threads) {
  struct units u = {.p = *p};
  u.steps = pieces(p->k, UNIT_DEPTH);
  u.panel = u.steps * UNIT_STEP_BYTES;
  u.a_panels = pieces(p->m, UNIT_LINES);
  u.b_panels = pieces(p->n, UNIT_LINES);
  ptrdiff_t pairs = pieces(u.a_panels, 2), most_near = most(NEAR_BYTES / (2 * u.panel), 1);
  ptrdiff_t blocks = pieces(pairs, most_near);
  u.block = pieces(pairs, blocks);
  blocks = pieces(pairs, u.block);
  ptrdiff_t b_pairs = pieces(u.b_panels, 2), wanted = pieces(TASKS * threads, blocks);
  u.chunk = most(least(CHUNK, b_pairs / wanted), 1);
  u.chunks = pieces(b_pairs, u.chunk);
  u.tasks = blocks * u.chunks;
  // What is asked for early lies up to a step past the end.
  size_t a_bytes = (size_t)(u.a_panels * u.panel), b_bytes = (size_t)(u.b_panels * u.panel);
  u.a = ct_scratch_borrow(a_bytes + b_bytes + PAGE);
  if (!u.a) return false;
  u.b = u.a + a_bytes;
  ct_team_run(threads, work, &u);
  ct_scratch_return(u.a);
  return atomic_load_explicit(&u.bad, memory_order_relaxed) ? tiles_run(p, threads) : true;
}

bool units_run(const struct product *p, int threads) {
  ptrdiff_t depth = pieces(pieces(p->k, pieces(p->k, DEPTH)), UNIT_DEPTH) * UNIT_DEPTH;
  ptrdiff_t rows = pieces(p->m, pieces(p->m, MOST_LINES)), columns = pieces(p->n, pieces(p->n, MOST_LINES));
  ptrdiff_t item = sizeof(float);
  rows = pieces(rows, UNIT_SIDE) * UNIT_SIDE;
  columns = pieces(columns, UNIT_SIDE) * UNIT_SIDE;
  for (ptrdiff_t row = 0; row < p->m; row += rows)
    for (ptrdiff_t column = 0; column < p->n; column += columns)
      for (ptrdiff_t k = 0; k < p->k; k += depth) {
        struct product block = *p;
        block.m = least(rows, p->m - row);
        block.n = least(columns, p->n - column);
        block.k = least(depth, p->k - k);
        block.a += (row * p->a_row + k * p->a_column) * item;
        block.b += (k * p->b_row + column * p->b_column) * item;
        block.c += (row * p->c_row + column) * item;
        if (k > 0) {
          block.plus = block.c;
          block.plus_row = p->c_row;
          block.plus_column = 1;
        } else if (p->plus) {
          block.plus += (row * p->plus_row + column * p->plus_column) * item;
        }
        if (!run_block(&block, threads)) return false;
      }
  return true;
}

#else

bool units_available(void) { return false; }
bool units_suit(const struct product *p) {
  (void)p;
  return false;
}
bool units_run(const struct product *p, int threads) { return tiles_run(p, threads); }

#endif
