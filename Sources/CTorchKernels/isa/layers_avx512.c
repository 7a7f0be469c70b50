// Single layers, compiled for avx512.
#if defined(__x86_64__)
#define TK_LEVEL 2
#include "isa_begin.h"
#include "../layers.h"
#include "../body/math_f32.h"
#include "../body/layers.h"
#include "../shared/isa_end.h"
#endif
