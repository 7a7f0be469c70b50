// The double kernels, compiled for avx2.
#if defined(__x86_64__)
#define LEVEL 1
#define ITEM double
#define ITEM_BITS 64
#define TYPED(name) ISA(name##_f64)
#include "bodies.h"
#endif
