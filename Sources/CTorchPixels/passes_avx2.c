// Passes of resizing, compiled for avx2.
#if defined(__x86_64__)
#define CP_LEVEL 1
#include "passes_body.h"
#endif
