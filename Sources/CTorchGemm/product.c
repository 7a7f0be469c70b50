// Picks the way that suits the shape of one product.
#include <string.h>

#include "CTorchRuntime.h"
#include "product.h"
#include "units/units.h"

enum {
  SLICES = 16,                // the most parts that a long k is cut into
  SLICE_LENGTH = 2048,        // the least k of such a part
  FEW_TILES = 4,              // a product with fewer tiles than this is cut along k
  THIN_DEPTH = 32,            // k at a time for one to three rows
  DOT_SIDE = 4,               // up to so many rows or columns always go by dot products
  DOTS_SIDE = 64,             // up to so many where both operands are contiguous along k,
  DOTS_LENGTH = 256,          // which then has to be this long
  DOTS_DEPTH = 1024,          // k at a time for these
};

// MARK: the ways

enum way { BY_DOTS, BY_THIN_ROWS, BY_TILES };

static enum way way_of(const struct product *p) {
  const struct gemm_kernels *kernels = p->kernels;
  // The greater operand is contiguous along k; the smaller one can be made so.
  bool dots = p->n <= p->m ? p->n <= DOT_SIDE && p->a_column == 1 : p->m <= DOT_SIDE && p->b_row == 1;
  if (dots && p->k >= kernels->lanes) return BY_DOTS;
  // Laying B out costs more than the last additions of dot products, until many rows share it.
  if (p->a_column == 1 && p->b_row == 1 && least(p->m, p->n) <= DOTS_SIDE && p->k >= DOTS_LENGTH) return BY_DOTS;
  if (p->m <= THIN_ROWS && readable_in_place(p)) return BY_THIN_ROWS;
  return BY_TILES;
}

/// A range of rows or columns of a product that goes by dots or thin rows.
struct part {
  const struct product *p;
  enum way way;
  bool by_rows;
  ptrdiff_t unit;
};

static void part_run(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  const struct part *part = context;
  const struct product *p = part->p;
  ptrdiff_t item = p->kernels->item, total = part->by_rows ? p->m : p->n;
  ptrdiff_t from = begin * part->unit, count = least(end * part->unit, total) - from;
  ptrdiff_t row = part->by_rows ? from : 0, column = part->by_rows ? 0 : from;
  ptrdiff_t m = part->by_rows ? count : p->m, n = part->by_rows ? p->n : count;
  const char *a = p->a + row * p->a_row * item, *b = p->b + column * p->b_column * item;
  const char *plus = p->plus ? p->plus + (row * p->plus_row + column * p->plus_column) * item : NULL;
  char *c = p->c + (row * p->c_row + column) * item;
  if (part->way == BY_DOTS) {
    for (ptrdiff_t at = 0; at < p->k; at += DOTS_DEPTH) {
      const char *sum = at == 0 ? plus : c;
      p->kernels->dots(m, n, least(DOTS_DEPTH, p->k - at), a + at * item, p->a_row, b + at * item, p->b_column, c,
                       p->c_row, 1, sum, at == 0 ? p->plus_row : p->c_row, at == 0 ? p->plus_column : 1);
    }
    return;
  }
  // A few k at a time over all columns, so that B is read along its rows.
  for (ptrdiff_t at = 0; at == 0 || at < p->k; at += THIN_DEPTH) {
    struct strip s = {
      .k = least(THIN_DEPTH, p->k - at),
      .a = a + at * p->a_column * item,
      .a_row = p->a_row,
      .a_step = p->a_column,
      .b = b + at * p->b_row * item,
      .b_step = p->b_row,
      .b_panel = p->kernels->width,
      .columns = n,
      .c = c,
      .c_row = p->c_row,
      .plus = at == 0 ? plus : c,
      .plus_row = at == 0 ? p->plus_row : p->c_row,
      .plus_column = at == 0 ? p->plus_column : 1,
    };
    p->kernels->thin((int)m, &s);
  }
}

static void run_parts(const struct product *p, enum way way, int threads) {
  struct part part = {.p = p, .way = way};
  part.by_rows = way == BY_DOTS && p->m >= p->n;
  part.unit = way == BY_DOTS ? DOT_SIDE : 8 * p->kernels->lanes;
  ptrdiff_t units = pieces(part.by_rows ? p->m : p->n, part.unit);
  if (threads < 2) {
    part_run(&part, 0, units, 0);
    return;
  }
  double unit_work = product_work(p) / (double)units;
  ct_parallel_tasks(units, most((ptrdiff_t)(TASK_WORK / 8 / unit_work), 1), part_run, &part);
}

/// Copies `count` rows of items into contiguous ones.
static void straighten(int item, char *to, const char *from, ptrdiff_t row, ptrdiff_t column, ptrdiff_t count,
                       ptrdiff_t k) {
  for (ptrdiff_t i = 0; i < count; i++)
    for (ptrdiff_t p = 0; p < k; p++)
      memcpy(to + (i * k + p) * item, from + (i * row + p * column) * item, (size_t)item);
}

static bool run_dots(const struct product *p, int threads) {
  if (p->a_column == 1 && p->b_row == 1) {
    run_parts(p, BY_DOTS, threads);
    return true;
  }
  struct product straight = *p;
  int item = p->kernels->item;
  ptrdiff_t side = p->a_column == 1 ? p->n : p->m;
  char *scratch = ct_scratch_borrow((size_t)(side * p->k * item));
  if (!scratch) return false;
  if (p->a_column == 1) {
    straighten(item, scratch, p->b, p->b_column, p->b_row, p->n, p->k);
    straight.b = scratch;
    straight.b_column = p->k;
    straight.b_row = 1;
  } else {
    straighten(item, scratch, p->a, p->a_row, p->a_column, p->m, p->k);
    straight.a = scratch;
    straight.a_row = p->k;
    straight.a_column = 1;
  }
  run_parts(&straight, BY_DOTS, threads);
  ct_scratch_return(scratch);
  return true;
}

static bool run_one(const struct product *p, int threads) {
  enum way way = way_of(p);
  if (way == BY_DOTS) return run_dots(p, threads);
  if (way == BY_THIN_ROWS) {
    run_parts(p, way, threads);
    return true;
  }
  return tiles_run(p, threads);
}

// MARK: a long k over few sums

static ptrdiff_t slices_of(const struct product *p) {
  ptrdiff_t tiles = pieces(p->m, p->kernels->height) * pieces(p->n, p->kernels->width);
  if (way_of(p) == BY_DOTS && (p->m > DOT_SIDE * FEW_TILES || p->n > DOT_SIDE * FEW_TILES)) return 1;
  return tiles < FEW_TILES ? most(least(p->k / SLICE_LENGTH, SLICES), 1) : 1;
}

struct slices {
  const struct product *p;
  ptrdiff_t count, length;
  char *sums;
  bool failed;
};

static void slices_run(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  struct slices *slices = context;
  for (ptrdiff_t i = begin; i < end; i++) {
    struct product slice = *slices->p;
    ptrdiff_t item = slice.kernels->item, from = i * slices->length;
    slice.k = least(slices->length, slice.k - from);
    slice.a += from * slice.a_column * item;
    slice.b += from * slice.b_row * item;
    slice.c = slices->sums + i * slice.m * slice.n * item;
    slice.c_row = slice.n;
    slice.plus = NULL;
    if (!run_one(&slice, 1)) slices->failed = true;
  }
}

#define DEFINE_GATHER(name, T) \
  static void name(const struct product *p, const T *sums, ptrdiff_t count) { \
    const T *plus = (const T *)p->plus; \
    T *c = (T *)p->c; \
    for (ptrdiff_t i = 0; i < p->m; i++) \
      for (ptrdiff_t j = 0; j < p->n; j++) { \
        T sum = sums[i * p->n + j]; \
        for (ptrdiff_t s = 1; s < count; s++) sum += sums[(s * p->m + i) * p->n + j]; \
        if (plus) sum += plus[i * p->plus_row + j * p->plus_column]; \
        c[i * p->c_row + j] = sum; \
      } \
  }
DEFINE_GATHER(gather_f32, float)
DEFINE_GATHER(gather_f64, double)

static bool run_sliced(const struct product *p, ptrdiff_t count, int threads) {
  struct slices slices = {.p = p};
  slices.length = pieces(pieces(p->k, count), 64) * 64;
  slices.count = pieces(p->k, slices.length);
  slices.sums = ct_scratch_borrow((size_t)(slices.count * p->m * p->n * p->kernels->item));
  if (!slices.sums) return false;
  if (threads < 2) slices_run(&slices, 0, slices.count, 0);
  else ct_parallel_tasks(slices.count, 1, slices_run, &slices);
  if (p->kernels->item == 4) gather_f32(p, (const float *)slices.sums, slices.count);
  else gather_f64(p, (const double *)slices.sums, slices.count);
  ct_scratch_return(slices.sums);
  return !slices.failed;
}

bool product_run(const struct product *p, int threads) {
  if (threads > 1 && product_work(p) < ALONE_WORK) threads = 1;
  if (p->on_unit && units_suit(p)) return units_run(p, threads);
  ptrdiff_t slices = slices_of(p);
  return slices > 1 ? run_sliced(p, slices, threads) : run_one(p, threads);
}
