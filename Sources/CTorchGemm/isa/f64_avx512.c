// The double kernels, compiled for avx512.
#if defined(__x86_64__)
#define LEVEL 2
#include "isa_begin.h"
#define ITEM double
#define ITEM_BITS 64
#define TYPED(name) ISA(name##_f64)
#include "../body/vector.h"
#include "../body/strip.h"
#include "../body/pack.h"
#include "../body/dots.h"
#include "../body/table.h"
#include "isa_end.h"
#endif
