// The door: brings a product, or a batch of them, into the form that the ways want.
#include <string.h>

#include "CTorchGemm.h"
#include "CTorchKernels.h"
#include "CTorchRuntime.h"
#include "product.h"
#include "units/units.h"

static const struct gemm_kernels *kernels_for(int32_t type) {
  static const struct gemm_kernels only_on_unit = {.item = sizeof(uint16_t)};
  if (type == CG_BFLOAT16) return &only_on_unit;
#if defined(__x86_64__)
  static const struct gemm_kernels *const singles[] = {&gemm_f32_base, &gemm_f32_avx2, &gemm_f32_avx512};
  static const struct gemm_kernels *const doubles[] = {&gemm_f64_base, &gemm_f64_avx2, &gemm_f64_avx512};
  return (type == CG_FLOAT32 ? singles : doubles)[tk_isa_level()];
#else
  return type == CG_FLOAT32 ? &gemm_f32_base : &gemm_f64_base;
#endif
}

/// From matrix to matrix along one batch dimension, in elements.
struct hop {
  ptrdiff_t size, a, b, c, plus;
};

struct batch {
  struct product first;
  int rank;
  struct hop hops[CG_MAX_BATCH_RANK];
  ptrdiff_t count;
  bool failed;
};

static struct product matrix_of(const struct batch *batch, ptrdiff_t index) {
  struct product p = batch->first;
  ptrdiff_t a = 0, b = 0, c = 0, plus = 0, item = p.kernels->item;
  for (int i = batch->rank - 1; i >= 0; i--) {
    const struct hop *hop = &batch->hops[i];
    ptrdiff_t at = i == 0 ? index : index % hop->size;
    index /= hop->size;
    a += at * hop->a;
    b += at * hop->b;
    c += at * hop->c;
    plus += at * hop->plus;
  }
  p.a += a * item;
  p.b += b * item;
  p.c += c * item;
  if (p.plus) p.plus += plus * item;
  return p;
}

static void batch_run(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  struct batch *batch = context;
  for (ptrdiff_t i = begin; i < end; i++) {
    struct product p = matrix_of(batch, i);
    if (!product_run(&p, 1)) batch->failed = true;
  }
}

/// Multiplications of a matrix that is worth all threads, where smaller ones get a thread each.
static const double SHARED_WORK = 8e6;

static bool run_batch(struct batch *batch) {
  int threads = ct_num_threads();
  if (batch->count == 1) return product_run(&batch->first, threads);
  double work = product_work(&batch->first);
  if (threads > 1 && (work >= SHARED_WORK || batch->count < threads)) {
    for (ptrdiff_t i = 0; i < batch->count; i++) {
      struct product p = matrix_of(batch, i);
      if (!product_run(&p, threads)) return false;
    }
    return true;
  }
  ct_parallel_tasks(batch->count, most((ptrdiff_t)(ALONE_WORK / 2 / (work + 100)), 1), batch_run, batch);
  return !batch->failed;
}

// MARK: forms

static void swap(ptrdiff_t *x, ptrdiff_t *y) {
  ptrdiff_t t = *x;
  *x = *y;
  *y = t;
}

/// Replaces the products by their transposes: C' = B' x A'. The strides of C are the caller's to turn.
static void transpose(struct batch *batch) {
  struct product *p = &batch->first;
  const char *a = p->a;
  p->a = p->b;
  p->b = a;
  swap(&p->m, &p->n);
  swap(&p->a_row, &p->b_column);
  swap(&p->a_column, &p->b_row);
  swap(&p->plus_row, &p->plus_column);
  for (int i = 0; i < batch->rank; i++) swap(&batch->hops[i].a, &batch->hops[i].b);
}

/// Leaves out batch dimensions of one, and joins those that follow each other in memory for every operand.
static void join_hops(struct batch *batch) {
  int rank = 0;
  for (int i = 0; i < batch->rank; i++) {
    struct hop hop = batch->hops[i], *last = rank > 0 ? &batch->hops[rank - 1] : NULL;
    if (hop.size == 1) continue;
    if (last && last->a == hop.a * hop.size && last->b == hop.b * hop.size && last->c == hop.c * hop.size &&
        (!batch->first.plus || last->plus == hop.plus * hop.size)) {
      hop.size *= last->size;
      *last = hop;
    } else {
      batch->hops[rank++] = hop;
    }
  }
  batch->rank = rank;
}

/// Takes the innermost batch dimension into the rows of one taller product where B is the same for all.
static bool fold_rows(struct batch *batch) {
  if (batch->rank == 0) return false;
  struct product *p = &batch->first;
  const struct hop *hop = &batch->hops[batch->rank - 1];
  if (hop->b != 0) return false;
  if (p->m == 1) {
    p->a_row = hop->a;
    p->c_row = hop->c;
    p->plus_row = hop->plus;
  } else if (hop->a != p->a_row * p->m || hop->c != p->c_row * p->m ||
             (p->plus && hop->plus != p->plus_row * p->m)) {
    return false;
  }
  p->m *= hop->size;
  batch->count /= hop->size;
  batch->rank -= 1;
  return true;
}

static void copy_items(int item, ptrdiff_t m, ptrdiff_t n, char *to, ptrdiff_t to_row, ptrdiff_t to_column,
                       const char *from, ptrdiff_t from_row, ptrdiff_t from_column) {
  for (ptrdiff_t i = 0; i < m; i++)
    for (ptrdiff_t j = 0; j < n; j++)
      memcpy(to + (i * to_row + j * to_column) * item, from + (i * from_row + j * from_column) * item, (size_t)item);
}

/// What the ways do not take as it is: a C, or a bias, with neither contiguous rows nor columns. Such a C is computed
/// elsewhere and copied, such a bias is laid out anew.
static bool run_strange(const struct batch *batch, ptrdiff_t c_column, bool strange_c, bool strange_bias) {
  int item = batch->first.kernels->item;
  ptrdiff_t m = batch->first.m, n = batch->first.n, matrix = m * n * item;
  char *scratch = ct_scratch_borrow((size_t)(2 * matrix));
  if (!scratch) return false;
  bool good = true;
  for (ptrdiff_t i = 0; i < batch->count && good; i++) {
    struct product p = matrix_of(batch, i);
    char *to = p.c;
    ptrdiff_t to_row = p.c_row;
    if (strange_bias) {
      char *bias = scratch + matrix;
      copy_items(item, m, n, bias, n, 1, p.plus, p.plus_row, p.plus_column);
      p.plus = bias;
      p.plus_row = n;
      p.plus_column = 1;
    }
    if (strange_c) {
      p.c = scratch;
      p.c_row = n;
    }
    good = product_run(&p, ct_num_threads());
    if (strange_c) copy_items(item, m, n, to, to_row, c_column, scratch, n, 1);
  }
  ct_scratch_return(scratch);
  return good;
}

bool cg_matmul(const cg_matmul_desc *d, const void *a, const void *b, const void *bias, void *c) {
  struct batch batch = {
    .first = {
      .kernels = kernels_for(d->type), .m = d->m, .n = d->n, .k = d->k, .a = a, .b = b, .c = c, .plus = bias,
      .a_row = d->a.row, .a_column = d->a.column, .b_row = d->b.row, .b_column = d->b.column,
      .plus_row = d->bias.row, .plus_column = d->bias.column, .on_unit = d->matrix_unit != 0,
    },
    .rank = d->batch_rank,
    .count = 1,
  };
  for (int i = 0; i < d->batch_rank; i++) {
    batch.hops[i] = (struct hop){d->batch[i], d->a.batch[i], d->b.batch[i], d->c.batch[i], d->bias.batch[i]};
    batch.count *= d->batch[i];
  }
  struct product *p = &batch.first;
  if (batch.count <= 0 || p->m <= 0 || p->n <= 0) return true;
  ptrdiff_t c_row = d->c.row, c_column = d->c.column;
  // C's columns become contiguous. A single row or column leaves the choice open.
  bool flip = p->n == 1 ? c_row == 1 && p->a_row == 1 && p->a_column != 1 : c_column != 1 && (p->m == 1 || c_row == 1);
  if (flip) {
    transpose(&batch);
    swap(&c_row, &c_column);
  }
  if (p->n == 1) c_column = p->b_column = p->plus_column = 1;
  if (p->m == 1) {
    c_row = p->n;
    p->a_row = p->plus_row = 0;
  }
  if (p->k == 1) p->a_column = p->b_row = 1;
  p->c_row = c_row;
  if (batch.rank > 0) join_hops(&batch);
  bool strange_c = c_column != 1, strange_bias = bias && p->plus_column != 0 && p->plus_column != 1;
  if (d->type == CG_BFLOAT16) {
    if (strange_c || strange_bias || !p->on_unit) return false;
    while (fold_rows(&batch)) {}
    return units_suit(p) && run_batch(&batch);
  }
  if (strange_c || strange_bias) return run_strange(&batch, c_column, strange_c, strange_bias);
  while (fold_rows(&batch)) {}
  return run_batch(&batch);
}
