// Passes of resizing, compiled for avx512.
#if defined(__x86_64__)
#define CP_LEVEL 2
#include "passes_body.h"
#endif
