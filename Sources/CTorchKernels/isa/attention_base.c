// Rows of attention and dropout, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../attention.h"
#include "../body/math_f32.h"
#include "../body/attention.h"
#include "../shared/isa_end.h"
