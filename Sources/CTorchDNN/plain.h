// Plain loops for what a library call would only slow down: tiny products, empty sums, bias spread over a matrix.
#pragma once

#include "CTorchDNN.h"

/// Up to this many multiplications a float32 product takes the loops (a oneDNN call costs 0.6 us warm, and
/// some hundred microseconds for a shape it has not seen).
enum { TINY_PRODUCT = 16384 };

/// C = A x B (+ bias), or C += the same, in float32 with any strides.
void plain_matmul(const cd_matmul_desc *desc, const float *a, const float *b, const float *bias, float *c);

/// C = bias, or C += bias; a null bias counts as zeros. Any supported types and strides.
void plain_spread(const cd_matmul_desc *desc, const void *bias, void *c);

/// Bytes of one element, 0 for a type that is not known here.
size_t size_of_type(int32_t type);
