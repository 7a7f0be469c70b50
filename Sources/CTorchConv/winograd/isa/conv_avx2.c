// The kernels, compiled for avx2.
#if defined(__x86_64__)
#define LEVEL 1
#include "bodies.h"
#endif
