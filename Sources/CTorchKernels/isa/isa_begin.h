// Opens one compilation of the kernel bodies, as the rooms above do: the including file has set TK_LEVEL (0, 1 or 2).
// `isa_end.h` closes it.
#include <math.h>
#include "../include/CTorchKernels.h"
#include "../internal.h"

#define LEVEL TK_LEVEL
#include "../shared/isa_begin.h"

// What this room's bodies call it.
#define TK_ISA ISA
#define TK_VB VECTOR_BYTES
#define TK_INLINE INLINE
#define TK_FUSED HAS_FMA

#include "../simd.h"
