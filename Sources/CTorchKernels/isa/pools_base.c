// Pooling, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../pools.h"
#include "../body/pools.h"
#include "../shared/isa_end.h"
