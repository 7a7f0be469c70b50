// The double kernels, compiled for base.
#define LEVEL 0
#define ITEM double
#define ITEM_BITS 64
#define TYPED(name) ISA(name##_f64)
#include "bodies.h"
