// Plain loops around a product: empty sums, a bias spread over a matrix.
#pragma once

#include "CTorchDNN.h"

/// C = bias, or C += bias; a null bias counts as zeros. Any supported types and strides.
void plain_spread(const cd_matmul_desc *desc, const void *bias, void *c);

/// Bytes of one element, 0 for a type that is not known here.
size_t size_of_type(int32_t type);
