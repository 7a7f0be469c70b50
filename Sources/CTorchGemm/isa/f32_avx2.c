// The float kernels, compiled for avx2.
#if defined(__x86_64__)
#define LEVEL 1
#include "isa_begin.h"
#define ITEM float
#define ITEM_BITS 32
#define TYPED(name) ISA(name##_f32)
#include "../body/vector.h"
#include "../body/strip.h"
#include "../body/pack.h"
#include "../body/dots.h"
#include "../body/table.h"
#include "isa_end.h"
#endif
