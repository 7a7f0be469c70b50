// Recurrent layers: per step the product of the states with packed weights, which stay in a core's second cache, and one
// pass over the sums.
//
// A layer falls into cells of work, a part of the batch in one direction, that need nothing of each other. Where there are
// as many cells as threads, each thread takes whole cells; else several threads share a cell, a range of units each, and
// meet once after every step. An element's sum goes over k in order, however rows and units are cut.
#include <stdatomic.h>
#include <string.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "CTorchGemm.h"
#include "CTorchKernels.h"
#include "CTorchRuntime.h"
#include "product.h"
#include "units/units.h"

enum {
  LINE = 64,
  PAGE = 4096,
  SPINS = 2000,
  CELL_ROWS = 16,        // of a cell, where the batch is cut,
  FEW_ROWS = 8,          // and where that would leave threads without one
  MOST_CELLS = 64,
  THIN_VECTORS = 8,      // the columns that the thin kernel takes at once
  UNIT_ROWS = 32,        // of a cell on the matrix unit, where the batch is cut,
  UNIT_FEW_ROWS = 12,    // the fewest that go there, of at least so many states
  UNIT_STATES = 64,
  SHARED_WORK = 1 << 18, // multiplications of a step that a thread must have, to share a cell: it waits for others then
};

/// How a layer is gone through.
struct recurrence_plan {
  const struct gemm_kernels *kernels;
  int gates, places;                 // blocks of the weights; blocks of a row of gates
  bool backward, thin;
  bool unit;                         // steps multiply on the matrix unit; packed weights are its panels then
  ptrdiff_t width;                   // columns of a panel of packed weights
  ptrdiff_t parts;                   // of the batch, for each direction
  ptrdiff_t cells, members;          // members: threads that share a cell
  size_t states_bytes;               // of a cell's states as the unit multiplies them
  size_t range_bytes;                // packed weights of one direction and one range of units
};

struct meeting {
  _Alignas(LINE) atomic_long arrived;
};

struct recurrence_run {
  cg_recurrence *job;
  struct recurrence_plan plan;
  char *packed;                      // [direction][member]
  char *states;                      // of each thread
  atomic_bool bad;                   // some weights are infinite or NaN, which the unit does not take
  _Alignas(LINE) atomic_long ticket;
  struct meeting meetings[MOST_CELLS];
  atomic_long first[CG_MAX_DIRECTIONS], before_past[CG_MAX_DIRECTIONS];  // steps with gradients; the latter below zero
  bool finite[CG_MAX_DIRECTIONS];
};

static const struct gemm_kernels *kernels_of_machine(void) {
#if defined(__x86_64__)
  static const struct gemm_kernels *const all[] = {&gemm_f32_base, &gemm_f32_avx2, &gemm_f32_avx512};
  return all[tk_isa_level()];
#else
  return &gemm_f32_base;
#endif
}

// MARK: the plan

/// How many k a step's product has, of the weights that lie together.
static ptrdiff_t depth_of(const struct recurrence_plan *plan, ptrdiff_t hidden) {
  return plan->backward ? plan->gates * hidden : hidden;
}

static struct recurrence_plan plan_of(const cg_recurrence *job, bool backward, int threads, bool unit) {
  struct recurrence_plan plan = {.kernels = kernels_of_machine(), .backward = backward};
  bool is_gru = job->kind == TK_RECURRENCE_GRU, is_lstm = job->kind == TK_RECURRENCE_LSTM;
  plan.gates = is_gru ? 3 : is_lstm ? 4 : 1;
  plan.places = is_gru ? 4 : plan.gates;
  ptrdiff_t batch = job->starts[1], lanes = plan.kernels->lanes, even = threads / job->directions;
  plan.unit = unit && batch >= UNIT_FEW_ROWS && job->hidden >= UNIT_STATES && units_available();
  plan.parts = batch / (plan.unit ? UNIT_ROWS : CELL_ROWS);
  if (plan.parts < even) plan.parts = most(plan.parts, least(batch / (plan.unit ? UNIT_LINES : FEW_ROWS), even));
  plan.parts = threads == 1 ? 1 : most(least(plan.parts, MOST_CELLS / job->directions), 1);
  plan.cells = plan.parts * job->directions;
  ptrdiff_t work = pieces(batch, plan.parts) * job->hidden * job->hidden * plan.gates;
  plan.members = most(least(least(threads / plan.cells, work / SHARED_WORK), pieces(job->hidden, lanes)), 1);
  ptrdiff_t units = pieces(pieces(job->hidden, lanes), plan.members) * lanes;
  if (plan.unit) {
    ptrdiff_t panel = pieces(depth_of(&plan, job->hidden), UNIT_DEPTH) * UNIT_STEP_BYTES;
    plan.width = UNIT_LINES;
    plan.states_bytes = (size_t)(pieces(pieces(batch, plan.parts), UNIT_LINES) * panel);
    // What is asked for early lies up to a step past the end.
    plan.range_bytes = (size_t)(pieces(units, UNIT_LINES) * panel * (backward ? 1 : plan.gates) + UNIT_STEP_BYTES);
    return plan;
  }
  plan.thin = pieces(batch, plan.parts) <= THIN_ROWS;
  plan.width = plan.thin ? THIN_VECTORS * lanes : plan.kernels->width;
  // A panel more: the last two are both short at times, and packing writes whole vectors.
  ptrdiff_t columns = (pieces(units, plan.width) + 1) * plan.width;
  plan.range_bytes = (size_t)pieces(columns * job->hidden * plan.gates * plan.kernels->item + 2 * LINE, PAGE) * PAGE;
  return plan;
}

/// The units of a member: whole vectors but at the end.
static ptrdiff_t first_unit(const struct recurrence_run *r, ptrdiff_t member) {
  ptrdiff_t lanes = r->plan.kernels->lanes, vectors = pieces(r->job->hidden, lanes);
  return least(vectors * member / r->plan.members * lanes, r->job->hidden);
}

static char *packed_of(const struct recurrence_run *r, ptrdiff_t direction, ptrdiff_t member) {
  return r->packed + (size_t)(direction * r->plan.members + member) * r->plan.range_bytes;
}

/// Forward the gates' weights are packed one after the other, `depth` being the states; backward all at once. `block` counts the
/// floats of a gate.
static void shape_of(const struct recurrence_run *r, ptrdiff_t member, ptrdiff_t *columns, ptrdiff_t *depth, ptrdiff_t *block) {
  *columns = first_unit(r, member + 1) - first_unit(r, member);
  *depth = depth_of(&r->plan, r->job->hidden);
  *block = (pieces(*columns, r->plan.width) + 1) * r->plan.width * *depth;
  if (r->plan.unit) {
    ptrdiff_t bytes = pieces(*columns, UNIT_LINES) * pieces(*depth, UNIT_DEPTH) * UNIT_STEP_BYTES;
    *block = bytes / (ptrdiff_t)sizeof(float);
  }
}

static ptrdiff_t panels_of(const struct recurrence_run *r) {
  ptrdiff_t lanes = r->plan.kernels->lanes;
  return pieces(pieces(pieces(r->job->hidden, lanes), r->plan.members) * lanes, r->plan.width);
}

/// A panel for the matrix unit; whether its numbers are finite.
static bool pack_panel(const struct recurrence_run *r, ptrdiff_t d, ptrdiff_t member, ptrdiff_t gate, ptrdiff_t panel,
                       ptrdiff_t columns, ptrdiff_t depth, ptrdiff_t block) {
  ptrdiff_t hidden = r->job->hidden, unit = first_unit(r, member) + panel * UNIT_LINES;
  ptrdiff_t lines = least(UNIT_LINES, columns - panel * UNIT_LINES);
  char *place = (char *)((float *)packed_of(r, d, member) + gate * block) +
                panel * pieces(depth, UNIT_DEPTH) * UNIT_STEP_BYTES;
  const float *weight = r->job->direction[d].weight;
  if (r->plan.backward) return unit_pack_b(place, weight + unit, 1, hidden, lines, depth);
  return unit_pack_b(place, weight + (gate * hidden + unit) * hidden, hidden, 1, lines, depth);
}

/// One panel of one gate, of one member's range in one direction.
static void pack_task(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  struct recurrence_run *r = context;
  const struct gemm_kernels *kernels = r->plan.kernels;
  ptrdiff_t gates = r->plan.backward ? 1 : r->plan.gates, hidden = r->job->hidden, width = r->plan.width;
  ptrdiff_t panels = panels_of(r);
  for (ptrdiff_t task = begin; task < end; task++) {
    ptrdiff_t panel = task % panels, left = task / panels;
    ptrdiff_t gate = left % gates, member = left / gates % r->plan.members, d = left / gates / r->plan.members;
    ptrdiff_t columns, depth, block;
    shape_of(r, member, &columns, &depth, &block);
    if (r->plan.unit) {
      if (panel * width < columns && !pack_panel(r, d, member, gate, panel, columns, depth, block))
        atomic_store_explicit(&r->bad, true, memory_order_relaxed);
      continue;
    }
    ptrdiff_t shift = r->plan.thin ? 0 : early(columns, width, kernels->lanes), groups = pieces(columns, width);
    if (panel >= groups) continue;
    ptrdiff_t from = panel == groups - 1 ? panel * width - shift : panel * width;
    ptrdiff_t to = panel == groups - 2 ? (panel + 1) * width - shift : least((panel + 1) * width, columns);
    const float *weight = r->job->direction[d].weight;
    float *place = (float *)packed_of(r, d, member) + gate * block + panel * depth * width;
    ptrdiff_t unit = first_unit(r, member) + from;
    if (r->plan.backward) kernels->pack(place, width, weight + unit, 1, hidden, to - from, depth);
    else kernels->pack(place, width, weight + (gate * hidden + unit) * hidden, hidden, 1, to - from, depth);
  }
}

static void pack_all(struct recurrence_run *r) {
  ptrdiff_t tasks = panels_of(r) * (r->plan.backward ? 1 : r->plan.gates) * r->plan.members * r->job->directions;
  ct_parallel_for(tasks, most(32768 / most(r->job->hidden * r->plan.width, 1), 1), pack_task, r);
}

// MARK: one step's product

/// C[rows, columns] = A[rows, k] x packed + plus; the next rows of a tall panel are those of the same columns.
static void multiply_rows(const struct recurrence_plan *plan, ptrdiff_t rows, struct strip s) {
  ptrdiff_t height = plan->thin ? THIN_ROWS : plan->kernels->height, panels = pieces(rows, height);
  ptrdiff_t row = 0;
  const float *a = s.a, *plus = s.plus;
  float *c = s.c;
  s.b_step = plan->width;
  s.b_panel = s.k * plan->width;
  for (ptrdiff_t i = 0; i < panels; i++) {
    ptrdiff_t count = rows / panels + (i < rows % panels);
    s.a = a + row * s.a_row;
    s.c = c + row * s.c_row;
    s.plus = plus ? plus + row * s.plus_row : NULL;
    if (!plan->thin) {
      plan->kernels->strip((int)count, &s);
    } else {
      // The thin kernel knows no panels: its columns lie side by side.
      struct strip piece = s;
      for (ptrdiff_t column = 0; column < s.columns; column += plan->width) {
        piece.columns = least(plan->width, s.columns - column);
        piece.b = (const float *)s.b + column * s.k;
        piece.c = (float *)s.c + column;
        piece.plus = s.plus ? (const float *)s.plus + column : NULL;
        plan->kernels->thin((int)count, &piece);
      }
    }
    row += count;
  }
}

// MARK: the steps of a cell

/// The threads that do a cell: as many as it has members, or one for all of them.
struct crew {
  ptrdiff_t cell, rank, threads;
  int thread;                        // of the team
};

/// A part of the batch in one direction, and a member's units.
struct cell {
  struct recurrence_run *r;
  ptrdiff_t direction;
  ptrdiff_t top, bottom;             // rows of the batch
  ptrdiff_t unit, units;
  const float *packed;
  ptrdiff_t block;
  char *states;                      // where the unit's states go
};

static struct cell cell_of(struct recurrence_run *r, const struct crew *crew, ptrdiff_t member) {
  ptrdiff_t batch = r->job->starts[1], parts = r->plan.parts, part = crew->cell % parts, columns, depth;
  struct cell cell = {.r = r, .direction = crew->cell / parts};
  cell.states = r->states + (size_t)crew->thread * r->plan.states_bytes;
  cell.top = batch * part / parts;
  cell.bottom = batch * (part + 1) / parts;
  cell.unit = first_unit(r, member);
  cell.packed = (const float *)packed_of(r, cell.direction, member);
  shape_of(r, member, &columns, &depth, &cell.block);
  cell.units = columns;
  return cell;
}

/// Waits until the whole crew has come here `times` times.
static void meet(struct recurrence_run *r, const struct crew *crew, ptrdiff_t times) {
  if (crew->threads == 1) return;
  atomic_long *arrived = &r->meetings[crew->cell].arrived;
  atomic_fetch_add_explicit(arrived, 1, memory_order_acq_rel);
  for (int spins = 0; atomic_load_explicit(arrived, memory_order_acquire) < crew->threads * times; spins++) {
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

/// Rows of a step that come from the same place: of the step before, or of the state before the first.
struct run {
  ptrdiff_t top, bottom;             // rows of the batch
  const float *before;               // the row `top` of the states, null for zeros
  ptrdiff_t before_row;
  ptrdiff_t kept;                    // the row of `top` in packed memory one step before, or -1
};

/// The rows of a cell at a step, in one or two runs. `from` is the step that came before, -1 for none.
static int runs_of(const struct cell *cell, ptrdiff_t step, ptrdiff_t from, struct run runs[2]) {
  const cg_recurrence *job = cell->r->job;
  const cg_recurrence_direction *d = &job->direction[cell->direction];
  ptrdiff_t rows = least(job->starts[step + 1] - job->starts[step], cell->bottom);
  ptrdiff_t ran = from < 0 ? 0 : least(job->starts[from + 1] - job->starts[from], rows);
  int count = 0;
  if (cell->top < ran) {
    ptrdiff_t kept = job->starts[from] + cell->top;
    runs[count++] = (struct run){cell->top, ran, d->output + kept * d->output_row, d->output_row, kept};
  }
  ptrdiff_t top = most(cell->top, ran);
  if (top < rows) {
    const float *before = d->hidden ? d->hidden + top * job->hidden : NULL;
    runs[count++] = (struct run){top, rows, before, job->hidden, -1};
  }
  return count;
}

/// Splits the rows of a step for the matrix unit; whether they are finite.
static bool pack_states(const struct cell *cell, const float *rows, ptrdiff_t row, ptrdiff_t count, ptrdiff_t k) {
  ptrdiff_t panel = pieces(k, UNIT_DEPTH) * UNIT_STEP_BYTES;
  bool finite = true;
  for (ptrdiff_t i = 0; i < count; i += UNIT_LINES)
    finite &= unit_pack_a(cell->states + i / UNIT_LINES * panel, rows + i * row, row, 1, least(UNIT_LINES, count - i), k);
  return finite;
}

/// The product of a step's rows with the weights as they lie, which only rows that are not finite need on the matrix unit.
static void multiply_in_place(const struct cell *cell, ptrdiff_t gate, ptrdiff_t rows, struct strip s) {
  const struct recurrence_run *r = cell->r;
  const struct gemm_kernels *kernels = r->plan.kernels;
  ptrdiff_t hidden = r->job->hidden;
  const float *weight = r->job->direction[cell->direction].weight;
  if (!r->plan.backward) {
    kernels->dots(rows, s.columns, s.k, s.a, s.a_row, weight + (gate * hidden + cell->unit) * hidden, hidden, s.c, s.c_row,
                  1, s.plus, s.plus_row, s.plus_column);
    return;
  }
  s.b = weight + cell->unit;
  s.b_step = hidden;
  s.b_panel = kernels->width;
  for (ptrdiff_t row = 0; row < rows; row += THIN_ROWS) {
    kernels->thin((int)least(THIN_ROWS, rows - row), &s);
    s.a = (const float *)s.a + THIN_ROWS * s.a_row;
    s.c = (float *)s.c + THIN_ROWS * s.c_row;
    if (s.plus) s.plus = (const float *)s.plus + THIN_ROWS * s.plus_row;
  }
}

/// A step's product with a gate's weights; `split`: the rows lie ready for the matrix unit.
static void multiply_step(const struct cell *cell, bool split, ptrdiff_t gate, ptrdiff_t rows, struct strip s) {
  const struct recurrence_plan *plan = &cell->r->plan;
  if (!plan->unit) return multiply_rows(plan, rows, s);
  if (!split) return multiply_in_place(cell, gate, rows, s);
  struct unit_block block = {
    .a = cell->states, .b = s.b, .steps = pieces(s.k, UNIT_DEPTH), .rows = rows, .columns = s.columns,
    .c = s.c, .c_row = s.c_row, .plus = s.plus, .plus_row = s.plus_row, .plus_column = s.plus_column,
  };
  unit_block_run(&block);
}

static void forward_run(const struct cell *cell, ptrdiff_t step, const struct run *run) {
  const struct recurrence_run *r = cell->r;
  const cg_recurrence *job = r->job;
  const cg_recurrence_direction *d = &job->direction[cell->direction];
  ptrdiff_t hidden = job->hidden, row = job->starts[step] + run->top, rows = run->bottom - run->top;
  ptrdiff_t gates_row = r->plan.places * hidden;
  float *gates = d->gates + row * gates_row + cell->unit;
  bool split = r->plan.unit && run->before && pack_states(cell, run->before, run->before_row, rows, hidden);
  for (int gate = 0; gate < r->plan.gates; gate++) {
    struct strip s = {
      .k = run->before ? hidden : 0,
      .a = run->before,
      .a_row = run->before_row,
      .a_step = 1,
      .b = cell->packed + gate * cell->block,
      .columns = cell->units,
      .c = gates + gate * hidden,
      .c_row = gates_row,
      .plus_row = gates_row,
      .plus_column = 1,
    };
    s.plus = s.c;
    if (job->kind == TK_RECURRENCE_GRU && gate == 2) {
      s.c = gates + 3 * hidden;
      s.plus = d->bias ? d->bias + cell->unit : NULL;
      s.plus_row = 0;
    } else if (!run->before) {
      continue;
    }
    multiply_step(cell, split, gate, rows, s);
  }
  tk_recurrence_step t = {
    .rows = rows, .units = cell->units,
    .gates = gates, .gates_row = gates_row, .gate = hidden, .keeps = job->keeps,
    .before = run->before ? run->before + cell->unit : NULL, .before_row = run->before_row,
    .h = d->output + row * d->output_row + cell->unit, .h_row = d->output_row,
    .last = d->last + run->top * hidden + cell->unit, .last_row = hidden,
  };
  if (d->cell) {
    t.c = d->cell + run->top * hidden + cell->unit;
    t.c_row = hidden;
  }
  if (d->cells) {
    t.c_kept = d->cells + row * hidden + cell->unit;
    t.c_kept_row = hidden;
  }
  tk_recurrence_step_f32((tk_recurrence)job->kind, &t);
}

static void forward_steps(struct recurrence_run *r, const struct crew *crew) {
  const cg_recurrence *job = r->job;
  bool reversed = job->direction[crew->cell / r->plan.parts].reversed;
  for (ptrdiff_t i = 0; i < job->steps; i++) {
    ptrdiff_t step = reversed ? job->steps - 1 - i : i;
    for (ptrdiff_t member = crew->rank; member < r->plan.members; member += crew->threads) {
      struct cell cell = cell_of(r, crew, member);
      struct run runs[2];
      int count = runs_of(&cell, step, i == 0 ? -1 : reversed ? step + 1 : step - 1, runs);
      for (int j = 0; j < count; j++) forward_run(&cell, step, &runs[j]);
    }
    meet(r, crew, i + 1);
  }
}

/// The gradients of a run's sums; whether any is other than zero.
static bool backward_run(const struct cell *cell, ptrdiff_t step, const struct run *run) {
  const struct recurrence_run *r = cell->r;
  const cg_recurrence *job = r->job;
  const cg_recurrence_direction *d = &job->direction[cell->direction];
  ptrdiff_t hidden = job->hidden, row = job->starts[step] + run->top, gates_row = r->plan.places * hidden;
  ptrdiff_t state = run->top * hidden + cell->unit;
  tk_recurrence_slope t = {
    .rows = run->bottom - run->top, .units = cell->units,
    .gates = d->gates + row * gates_row + cell->unit,
    .dgates = d->slopes + row * gates_row + cell->unit,
    .gates_row = gates_row, .dgates_row = gates_row, .gate = hidden,
    .gradient = d->gradient ? d->gradient + row * d->gradient_row + cell->unit : NULL,
    .gradient_row = d->gradient_row,
    .dh = d->d_hidden + state, .dh_row = hidden,
    .h = d->output + row * d->output_row + cell->unit, .h_row = d->output_row,
    .before = run->before ? run->before + cell->unit : NULL, .before_row = run->before_row,
  };
  if (job->kind == TK_RECURRENCE_LSTM) {
    t.dc = d->d_cell + state;
    t.dc_row = t.c_row = t.c_before_row = hidden;
    t.c = d->cells + row * hidden + cell->unit;
    if (run->kept >= 0) t.c_before = d->cells + run->kept * hidden + cell->unit;
    else if (d->cell) t.c_before = d->cell + state;
  }
  return tk_recurrence_slope_f32((tk_recurrence)job->kind, &t) != 0;
}

/// What the gradients of the sums give to the states before: of the rows `top` to `bottom`.
static void backward_product(const struct cell *cell, ptrdiff_t step, ptrdiff_t top, ptrdiff_t bottom, bool zero) {
  const struct recurrence_run *r = cell->r;
  const cg_recurrence *job = r->job;
  const cg_recurrence_direction *d = &job->direction[cell->direction];
  ptrdiff_t hidden = job->hidden, gates_row = r->plan.places * hidden;
  float *dh = d->d_hidden + top * hidden + cell->unit;
  bool adds = job->kind == TK_RECURRENCE_GRU;
  if (zero) {
    if (!adds)
      for (ptrdiff_t i = 0; i < bottom - top; i++) memset(dh + i * hidden, 0, (size_t)cell->units * sizeof(float));
    return;
  }
  struct strip s = {
    .k = r->plan.gates * hidden,
    .a = d->slopes + (job->starts[step] + top) * gates_row,
    .a_row = gates_row,
    .a_step = 1,
    .b = cell->packed,
    .columns = cell->units,
    .c = dh,
    .c_row = hidden,
    .plus = adds ? dh : NULL,
    .plus_row = hidden,
    .plus_column = 1,
  };
  bool split = r->plan.unit && pack_states(cell, s.a, s.a_row, bottom - top, s.k);
  multiply_step(cell, split, 0, bottom - top, s);
}

static void lower(atomic_long *value, long to) {
  long known = atomic_load_explicit(value, memory_order_relaxed);
  while (to < known && !atomic_compare_exchange_weak(value, &known, to)) {}
}

static void backward_steps(struct recurrence_run *r, const struct crew *crew) {
  const cg_recurrence *job = r->job;
  ptrdiff_t direction = crew->cell / r->plan.parts, first = job->steps, past = 0;
  bool reversed = job->direction[direction].reversed;
  for (ptrdiff_t i = 0; i < job->steps; i++) {
    ptrdiff_t step = reversed ? i : job->steps - 1 - i;
    ptrdiff_t from = i == job->steps - 1 ? -1 : reversed ? step + 1 : step - 1;
    struct run runs[2];
    int count = 0;
    bool any = false;
    for (ptrdiff_t member = crew->rank; member < r->plan.members; member += crew->threads) {
      struct cell cell = cell_of(r, crew, member);
      count = runs_of(&cell, step, from, runs);
      for (int j = 0; j < count; j++) any |= backward_run(&cell, step, &runs[j]);
    }
    if (any) {
      first = least(first, step);
      past = most(past, step + 1);
    }
    meet(r, crew, i + 1);
    // Zeros times weights are zeros, unless there is a weight that is not finite.
    bool zero = !any && crew->threads == 1 && r->finite[direction];
    for (ptrdiff_t member = crew->rank; member < r->plan.members; member += crew->threads) {
      struct cell cell = cell_of(r, crew, member);
      for (int j = 0; j < count; j++)
        if (runs[j].kept >= 0 || job->wants_hidden) backward_product(&cell, step, runs[j].top, runs[j].bottom, zero);
    }
  }
  lower(&r->first[direction], first);
  lower(&r->before_past[direction], -past);
}

// MARK: the job

static void run_steps(struct recurrence_run *r, struct crew crew) {
  if (r->plan.backward) backward_steps(r, &crew);
  else forward_steps(r, &crew);
}

static void share_cells(struct recurrence_run *r, int thread, int team) {
  ptrdiff_t members = r->plan.members, cells = r->plan.cells;
  if (members > 1 && team >= cells * members) {
    if (thread < cells * members) run_steps(r, (struct crew){thread / members, thread % members, members, thread});
    return;
  }
  for (;;) {
    ptrdiff_t cell = atomic_fetch_add_explicit(&r->ticket, 1, memory_order_relaxed);
    if (cell >= cells) return;
    run_steps(r, (struct crew){cell, 0, 1, thread});
  }
}

static void run_cells(void *context, int thread, int team) {
  struct recurrence_run *r = context;
  if (r->plan.unit) unit_begin();
  share_cells(r, thread, team);
  if (r->plan.unit) unit_end();
}

static bool all_finite(const float *p, ptrdiff_t count) {
  float sum[16] = {0};
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int j = 0; j < 16; j++) sum[j] += p[i + j] * 0.0f;
  for (; i < count; i++) sum[0] += p[i] * 0.0f;
  for (int j = 1; j < 16; j++) sum[0] += sum[j];
  return sum[0] == 0;
}

static bool run_job(cg_recurrence *job, bool backward, bool unit) {
  int threads = ct_num_threads();
  struct recurrence_run r = {.job = job, .plan = plan_of(job, backward, threads, unit)};
  size_t weight_bytes = (size_t)(r.plan.members * job->directions) * r.plan.range_bytes;
  r.packed = ct_scratch_borrow(weight_bytes + (size_t)threads * r.plan.states_bytes);
  if (!r.packed) return false;
  r.states = r.packed + weight_bytes;
  for (int d = 0; d < job->directions; d++) {
    r.first[d] = job->steps;
    if (backward) r.finite[d] = all_finite(job->direction[d].weight, r.plan.gates * job->hidden * job->hidden);
  }
  pack_all(&r);
  if (atomic_load(&r.bad)) {
    ct_scratch_return(r.packed);
    return run_job(job, backward, false);
  }
  ptrdiff_t most_threads = r.plan.cells * r.plan.members;
  double work = (double)job->starts[job->steps] * (double)job->hidden * (double)job->hidden * r.plan.gates;
  if (work * job->directions < SHARED_WORK) most_threads = 1;
  ct_team_run((int)least(most_threads, threads), run_cells, &r);
  ct_scratch_return(r.packed);
  for (int d = 0; d < job->directions; d++) {
    job->direction[d].first = r.first[d];
    job->direction[d].past = -r.before_past[d];
  }
  return true;
}

bool cg_recurrence_forward(cg_recurrence *job) { return run_job(job, false, job->matrix_unit); }

bool cg_recurrence_backward(cg_recurrence *job) { return run_job(job, true, job->matrix_unit); }
