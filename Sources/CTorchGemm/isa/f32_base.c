// The float kernels, compiled for base.
#define LEVEL 0
#define ITEM float
#define ITEM_BITS 32
#define TYPED(name) ISA(name##_f32)
#include "bodies.h"
