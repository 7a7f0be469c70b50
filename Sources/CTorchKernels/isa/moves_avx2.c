// Copies and moves, compiled for avx2.
#if defined(__x86_64__)
#define TK_LEVEL 1
#include "isa_begin.h"
#include "../moves.h"
#include "../body/transpose.h"
#include "../body/fill.h"
#include "../body/index.h"
#include "../body/sort_keys.h"
#include "../body/moves_table.h"
#include "../shared/isa_end.h"
#endif
