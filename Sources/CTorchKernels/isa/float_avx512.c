// Float pointwise kernels, compiled for avx512.
#if defined(__x86_64__)
#define TK_LEVEL 2
#include "isa_begin.h"
#include "../body/math_f32.h"
#include "../body/math_wide.h"
#include "../body/unary_float.h"
#include "../body/binary_float.h"
#include "../shared/isa_end.h"
#endif
