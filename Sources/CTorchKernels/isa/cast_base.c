// Casts, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../body/cast.h"
#include "../shared/isa_end.h"
