// Matrix products in float32 and float64, and large ones in bfloat16, over raw pointers, with the one thread pool.
//
// The sums of an element of C go in an order that depends on the sizes and strides alone, never on the number of
// threads or on who was faster: equal calls give equal bits.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "CTorchUnits.h"
#include "cg_panels.h"
#include "cg_recurrence.h"

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// Element types, by PyTorch's numbers.
enum { CG_FLOAT32 = 6, CG_FLOAT64 = 7, CG_BFLOAT16 = 15 };

enum { CG_MAX_BATCH_RANK = 6 };

/// How a matrix, or a batch of them, lies in memory; strides count elements, and any will do.
typedef struct {
  int64_t row, column;
  int64_t batch[CG_MAX_BATCH_RANK];
} cg_strides;

/// C[b, m, n] = A[b, m, k] x B[b, k, n] + bias[b, m, n].
typedef struct {
  int32_t type;
  int32_t batch_rank;        // 0...CG_MAX_BATCH_RANK
  int64_t batch[CG_MAX_BATCH_RANK];  // sizes, outermost first
  int64_t m, n, k;
  int32_t matrix_unit;       // nonzero: float32 may go by the processor's matrix unit, as exact but not bit for bit the same
  cg_strides a, b, c, bias;  // A, B and bias repeat by strides of 0; no two elements of C may share memory
} cg_matmul_desc;

/// Computes the product; a null bias counts as zeros, and it may be C itself. False: there was no memory to work in, or it is one of
/// bfloat16 that the matrix unit does not take or is not quicker for. Sums of bfloat16 are float32, rounded once.
bool cg_matmul(const cg_matmul_desc *desc, const void *a, const void *b, const void *_Nullable bias, void *c);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
