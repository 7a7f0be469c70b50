// Integer pointwise kernels, comparisons and select, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../body/unary_integer.h"
#include "../body/binary_integer.h"
#include "../body/division.h"
#include "../body/compare.h"
#include "../body/select.h"
#include "../shared/isa_end.h"
