// The kernels, compiled for avx512.
#if defined(__x86_64__)
#define LEVEL 2
#include "bodies.h"
#endif
