// Products of matrices, as a fake of cuBLAS has them.
#pragma once

#include "fake.h"

/// Computes a product over a device's memory; false, and words in `trouble`, at the first access that is out of bounds or in no
/// order with another stream's.
bool multiply(const Product *product, int device, char *trouble, size_t size);
