// Products on the matrix unit whose threads share nothing: nobody waits, and nothing that was laid out moves between caches.
#include "units.h"

#include <stdatomic.h>

#include "CTorchRuntime.h"

#if defined(__x86_64__)

/// Of the smaller side, what a thread may lay out for itself and keep in its second cache; and how many lines of the other side
/// it has to meet, times the threads, for that to be quicker than to wait for each other and to fetch from each other's caches.
/// Measured on two threads, microseconds, alone and together: 384^3 251 and 350, 512^3 670 and 735, 800 x 512 x 512 950 and 1150,
/// 2048 x 100 x 512 580 and 1170, 768^3, which is past the limit, 2200 and 2200.
enum { OWN_BYTES = 3 << 19, OWN_MEETINGS = 112 };

/// A product of which each thread lays out the smaller side for itself, and takes blocks of the other as they come.
struct alone {
  struct product p;
  bool a_is_kept;
  ptrdiff_t panel, kept;               // bytes of a panel; panels of the side that is kept
  ptrdiff_t tasks;                     // pairs of panels of the other side
  atomic_long ticket;
  atomic_bool bad, full;
};

/// A number without parts sends the whole product to the vectors, when other blocks of C may be written already: where those
/// hold what is to be added, the numbers are looked at before.
static bool adds_up_safely(const struct product *p) {
  if ((const char *)p->c != p->plus || is_bf16(p)) return true;
  bool kept_a = p->m <= p->n, lies_well = kept_a ? p->b_row == 1 || p->b_column == 1 : p->a_row == 1 || p->a_column == 1;
  if (!lies_well) return false;
  return kept_a ? unit_has_parts((const float *)p->b, p->b_column, p->b_row, p->n, p->k)
                : unit_has_parts((const float *)p->a, p->a_row, p->a_column, p->m, p->k);
}

bool units_suit_alone(const struct product *p, int threads) {
  ptrdiff_t small = least(p->m, p->n), large = most(p->m, p->n);
  ptrdiff_t bytes = pieces(small, UNIT_LINES) * units_panel_bytes(p);
  return bytes <= OWN_BYTES && large >= OWN_MEETINGS * threads && adds_up_safely(p);
}

static bool multiply_pair(const struct alone *u, const char *kept, char *pair, ptrdiff_t task) {
  const struct product *p = &u->p;
  ptrdiff_t line = task * UNIT_SIDE, lines = (u->a_is_kept ? p->n : p->m) - line;
  for (ptrdiff_t i = 0; i < 2 && i * UNIT_LINES < lines; i++)
    if (!units_pack_panel(p, !u->a_is_kept, task * 2 + i, pair + i * u->panel)) return false;
  if (u->a_is_kept) units_multiply(p, kept, pair, 0, p->m, line, UNIT_SIDE);
  else units_multiply(p, pair, kept, line, UNIT_SIDE, 0, p->n);
  return true;
}

static void work_alone(void *context, int thread, int team) {
  (void)thread;
  (void)team;
  struct alone *u = context;
  ptrdiff_t task = atomic_fetch_add_explicit(&u->ticket, 1, memory_order_relaxed);
  if (task >= u->tasks) return;
  char *kept = ct_scratch_borrow((size_t)((u->kept + 2) * u->panel + UNITS_AHEAD));
  if (!kept) {
    atomic_store_explicit(&u->full, true, memory_order_relaxed);
    return;
  }
  char *pair = kept + u->kept * u->panel;
  bool good = true;
  for (ptrdiff_t i = 0; good && i < u->kept; i++) good = units_pack_panel(&u->p, u->a_is_kept, i, kept + i * u->panel);
  unit_begin();
  while (good && task < u->tasks) {
    good = multiply_pair(u, kept, pair, task);
    task = atomic_fetch_add_explicit(&u->ticket, 1, memory_order_relaxed);
  }
  unit_end();
  if (!good) atomic_store_explicit(&u->bad, true, memory_order_relaxed);
  ct_scratch_return(kept);
}

bool units_run_alone(const struct product *p, int threads) {
  struct alone u = {.p = *p, .a_is_kept = p->m <= p->n, .panel = units_panel_bytes(p)};
  u.kept = pieces(u.a_is_kept ? p->m : p->n, UNIT_LINES);
  u.tasks = pieces(u.a_is_kept ? p->n : p->m, UNIT_SIDE);
  ct_team_run((int)least(threads, u.tasks), work_alone, &u);
  if (atomic_load_explicit(&u.full, memory_order_relaxed)) return false;
  return atomic_load_explicit(&u.bad, memory_order_relaxed) ? tiles_run(p, threads) : true;
}

#endif
