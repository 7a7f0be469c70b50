// Single layers, compiled for avx2.
#if defined(__x86_64__)
#define TK_LEVEL 1
#include "isa_begin.h"
#include "../layers.h"
#include "../body/math_f32.h"
#include "../body/layers.h"
#include "../shared/isa_end.h"
#endif
