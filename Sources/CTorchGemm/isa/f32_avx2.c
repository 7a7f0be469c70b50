// The float kernels, compiled for avx2.
#if defined(__x86_64__)
#define LEVEL 1
#define ITEM float
#define ITEM_BITS 32
#define TYPED(name) ISA(name##_f32)
#include "bodies.h"
#endif
