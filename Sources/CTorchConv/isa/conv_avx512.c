// The kernels, compiled for avx512.
#if defined(__x86_64__)
#define LEVEL 2
#include "isa_begin.h"
#include "bodies.h"
#include "isa_end.h"
#endif
