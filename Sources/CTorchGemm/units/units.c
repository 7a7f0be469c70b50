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
  BF16_DEPTH = 4096,       // k of a product of bfloat16 at most, whose sums are not written between blocks
  SIDE_BYTES = 24 << 20,   // of rows, or columns, that are laid out at a time
  CHUNK = 4,               // pairs of panels of B in a task
  TASKS = 8,               // that each thread should have at least
  SPINS = 2000,
};

/// What a line's splitting costs pays where each number meets enough others: found by measuring.
static const double LEAST_MEETINGS = 96, LEAST_WORK = 2e7;
enum { LEAST_DEPTH = 128, LEAST_SIDE = 48 };  // a short k does not pay for writing its sums
/// oneDNN lays out one side at most, so that it is quicker for less than this.
static const double LEAST_BF16_WORK = 2e8;

bool units_suit(const struct product *p) {
  ptrdiff_t item = p->kernels->item;
  if (item > (ptrdiff_t)sizeof(float) || p->m < LEAST_SIDE || p->n < LEAST_SIDE || p->k < LEAST_DEPTH) return false;
  if (is_bf16(p) && p->k > BF16_DEPTH) return false;
  double meetings = (double)p->m * (double)p->n / (double)(p->m + p->n);
  double least_work = is_bf16(p) ? LEAST_BF16_WORK : LEAST_WORK;
  return meetings >= LEAST_MEETINGS && product_work(p) >= least_work && units_available();
}

/// One block of k of a product: first the tasks of laying out, then those of multiplying.
struct units {
  struct product p;
  ptrdiff_t panel;                     // bytes of a panel
  ptrdiff_t a_panels, b_panels;
  ptrdiff_t block, chunk;              // pairs of panels of A that stay near; of B in a task
  ptrdiff_t chunks, tasks;             // per block; in all
  char *a, *b;
  atomic_long pack_ticket, ticket;
  atomic_int packed;
  atomic_bool bad;
};

bool units_pack_panel(const struct product *p, bool of_a, ptrdiff_t index, char *to) {
  ptrdiff_t line = index * UNIT_LINES;
  if (is_bf16(p)) {
    const uint16_t *a = (const uint16_t *)p->a + line * p->a_row, *b = (const uint16_t *)p->b + line * p->b_column;
    if (of_a) unit_pack_bf16(to, a, p->a_row, p->a_column, least(UNIT_LINES, p->m - line), p->k, true);
    else unit_pack_bf16(to, b, p->b_column, p->b_row, least(UNIT_LINES, p->n - line), p->k, false);
    return true;
  }
  return of_a ? unit_pack_a(to, (const float *)p->a + line * p->a_row, p->a_row, p->a_column,
                            least(UNIT_LINES, p->m - line), p->k)
              : unit_pack_b(to, (const float *)p->b + line * p->b_column, p->b_column, p->b_row,
                            least(UNIT_LINES, p->n - line), p->k);
}

static void pack(struct units *u, ptrdiff_t task) {
  bool of_a = task < u->a_panels;
  ptrdiff_t index = of_a ? task : task - u->a_panels;
  if (!units_pack_panel(&u->p, of_a, index, (of_a ? u->a : u->b) + index * u->panel))
    atomic_store_explicit(&u->bad, true, memory_order_relaxed);
}

/// One or two panels of a side, from a line on.
static struct unit_operand panels_at(const char *side, ptrdiff_t steps, ptrdiff_t line, ptrdiff_t lines) {
  ptrdiff_t panel = steps * UNIT_STEP_BYTES;
  return (struct unit_operand){
    .at = side + line / UNIT_LINES * panel, .row = 64, .part = UNIT_TILE_BYTES, .panel = panel, .step = UNIT_STEP_BYTES,
    .panels = lines - line > UNIT_LINES ? 2 : 1,
  };
}

void unit_block_run(const struct unit_block *block) {
  _Alignas(64) float sums[UNIT_SIDE * UNIT_SIDE];
  for (ptrdiff_t column = 0; column < block->columns; column += UNIT_SIDE) {
    struct unit_operand b = panels_at(block->b, block->steps, column, block->columns);
    for (ptrdiff_t row = 0; row < block->rows; row += UNIT_SIDE) {
      struct unit_operand a = panels_at(block->a, block->steps, row, block->rows);
      unit_multiply(sums, block->steps, &a, &b);
      struct unit_finish how = {
        .plus = block->plus, .plus_row = block->plus_row, .plus_column = block->plus_column,
        .low = -INFINITY, .high = INFINITY,
      };
      if (how.plus) how.plus += row * block->plus_row + column * block->plus_column;
      unit_finish(sums, least(UNIT_SIDE, block->rows - row), least(UNIT_SIDE, block->columns - column),
                  block->c + row * block->c_row + column, block->c_row, &how);
    }
  }
}

void units_multiply(const struct product *p, const char *a, const char *b, ptrdiff_t row, ptrdiff_t rows,
                    ptrdiff_t column, ptrdiff_t columns) {
  if (is_bf16(p)) return units_multiply_bf16(p, a, b, row, rows, column, columns);
  struct unit_block block = {
    .a = a, .b = b, .steps = pieces(p->k, UNIT_DEPTH), .rows = least(rows, p->m - row),
    .columns = least(columns, p->n - column), .c = (float *)p->c + row * p->c_row + column, .c_row = p->c_row,
    .plus = (const float *)p->plus, .plus_row = p->plus_row, .plus_column = p->plus_column,
  };
  if (block.plus) block.plus += row * p->plus_row + column * p->plus_column;
  unit_block_run(&block);
}

static void multiply(struct units *u, ptrdiff_t task) {
  ptrdiff_t panel_a = task / u->chunks * u->block * 2, panel_b = task % u->chunks * u->chunk * 2;
  units_multiply(&u->p, u->a + panel_a * u->panel, u->b + panel_b * u->panel, panel_a * UNIT_LINES, u->block * UNIT_SIDE,
                 panel_b * UNIT_LINES, u->chunk * UNIT_SIDE);
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
  if (units_suit_alone(p, threads)) return units_run_alone(p, threads);
  struct units u = {.p = *p};
  u.panel = units_panel_bytes(p);
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
  size_t a_bytes = (size_t)(u.a_panels * u.panel), b_bytes = (size_t)(u.b_panels * u.panel);
  u.a = ct_scratch_borrow(a_bytes + b_bytes + UNITS_AHEAD);
  if (!u.a) return false;
  u.b = u.a + a_bytes;
  ct_team_run(threads, work, &u);
  ct_scratch_return(u.a);
  return atomic_load_explicit(&u.bad, memory_order_relaxed) ? tiles_run(p, threads) : true;
}

bool units_run(const struct product *p, int threads) {
  ptrdiff_t item = p->kernels->item;
  ptrdiff_t depth = is_bf16(p) ? p->k : pieces(pieces(p->k, pieces(p->k, DEPTH)), UNIT_DEPTH) * UNIT_DEPTH;
  ptrdiff_t lines = SIDE_BYTES / depth / (is_bf16(p) ? item : UNIT_PARTS * (ptrdiff_t)sizeof(uint16_t));
  ptrdiff_t rows = pieces(p->m, pieces(p->m, lines)), columns = pieces(p->n, pieces(p->n, lines));
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
void unit_begin(void) {}
void unit_end(void) {}
bool unit_pack_a(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  (void)to, (void)from, (void)across, (void)along, (void)lines, (void)k;
  return false;
}
bool unit_pack_b(char *to, const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  (void)to, (void)from, (void)across, (void)along, (void)lines, (void)k;
  return false;
}
bool unit_has_parts(const float *from, ptrdiff_t across, ptrdiff_t along, ptrdiff_t lines, ptrdiff_t k) {
  (void)from, (void)across, (void)along, (void)lines, (void)k;
  return false;
}
void unit_block_run(const struct unit_block *block) { (void)block; }
bool units_suit(const struct product *p) {
  (void)p;
  return false;
}
bool units_run(const struct product *p, int threads) { return tiles_run(p, threads); }

#endif
