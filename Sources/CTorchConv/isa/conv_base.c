// The kernels, compiled for every machine of its kind.
#define LEVEL 0
#include "isa_begin.h"
#include "bodies.h"
#include "isa_end.h"
