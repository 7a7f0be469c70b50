// The kernels, compiled for avx2.
#if defined(__x86_64__)
#define LEVEL 1
#include "isa_begin.h"
#include "bodies.h"
#include "isa_end.h"
#endif
