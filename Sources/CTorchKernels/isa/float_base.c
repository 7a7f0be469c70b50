// Float pointwise kernels, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../body/math_f32.h"
#include "../body/math_wide.h"
#include "../body/unary_float.h"
#include "../body/binary_float.h"
#include "../shared/isa_end.h"
