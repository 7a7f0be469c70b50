// Which products go by the matrix unit; CTorchUnits.h says what that is.
#pragma once

#include "CTorchUnits.h"
#include "../product.h"

/// Whether the unit is quicker for a product of this size, splitting its operands included.
bool units_suit(const struct product *p);

/// Carries the product out on up to `threads` threads; false: there was no memory.
bool units_run(const struct product *p, int threads);
