// Copies and moves, compiled for base.
#define TK_LEVEL 0
#include "isa_begin.h"
#include "../moves.h"
#include "../body/transpose.h"
#include "../body/fill.h"
#include "../body/index.h"
#include "../body/sort_keys.h"
#include "../body/moves_table.h"
#include "../shared/isa_end.h"
