// One matrix product on its way: operands, the plan of how to go through them, and the ways to carry it out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counts.h"
#include "kernels.h"

/// C [m, n] = A [m, k] x B [k, n] + plus, strides in elements. The columns of C are contiguous.
struct product {
  const struct gemm_kernels *kernels;
  ptrdiff_t m, n, k;
  const char *a, *b, *plus;
  char *c;
  ptrdiff_t a_row, a_column, b_row, b_column, c_row, plus_row, plus_column;
  bool on_unit;                       // may go by the matrix unit
};

/// How the general way goes through a product, or through one thread's share of it: blocks of k by columns, one after
/// the other; within a block, B is laid out first if need be (`packs` tasks), then come the tiles, which are some panels
/// of rows each.
struct plan {
  bool pack_a, pack_b;
  ptrdiff_t depth, depths;            // k per block, how many
  ptrdiff_t span, spans;              // columns per block, how many
  ptrdiff_t panels;                   // of rows, of nearly equal height
  ptrdiff_t group, tiles;             // panels per tile, tiles per block
  ptrdiff_t packs;
  ptrdiff_t a_step, together;         // of a panel of A that is laid out; how many are so at a time
  ptrdiff_t panel_bytes;
  size_t a_bytes, b_bytes;            // of one thread's panels of A, of one block of B
};

/// Multiplications below which a second thread is not worth waking, and that a task should have.
enum { ALONE_WORK = 300000, TASK_WORK = 150000 };

/// So few panels that B is not worth laying out: it comes from memory once, and the rows of it are asked for early.
enum { FEW_PANELS = 8 };

/// How many k a task of laying out B takes where its rows are contiguous; else it takes a group of columns.
enum { PACK_DEPTH = 64 };

/// How many multiplications, as a number that does not overflow.
static inline double product_work(const struct product *p) { return (double)p->m * (double)p->n * (double)p->k; }

/// Carries the product out, on up to `threads` threads; false: there was no memory.
bool product_run(const struct product *p, int threads);

/// The general way, on up to `threads` threads; false: there was no memory.
bool tiles_run(const struct product *p, int threads);

/// Whether the kernels can read B where it lies.
bool readable_in_place(const struct product *p);

/// Plans a product. The order of sums, which is the depth of the blocks, follows from k alone.
void plan_make(struct plan *plan, const struct product *share, bool with_others);

/// Into how many rows and columns of shares a product is to be cut for so many threads.
void shares_for(const struct product *p, int threads, ptrdiff_t *rows, ptrdiff_t *columns);
