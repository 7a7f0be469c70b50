// The kernels, compiled for every machine of its kind.
#define LEVEL 0
#include "bodies.h"
