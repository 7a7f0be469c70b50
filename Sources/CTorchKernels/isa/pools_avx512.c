// Pooling, compiled for avx512.
#if defined(__x86_64__)
#define TK_LEVEL 2
#include "isa_begin.h"
#include "../pools.h"
#include "../body/pools.h"
#include "../shared/isa_end.h"
#endif
