// Single layers, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../layers.h"
#include "../body/math_f32.h"
#include "../body/layers.h"
#include "../shared/isa_end.h"
