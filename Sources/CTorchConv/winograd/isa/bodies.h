// All bodies, in one compilation: the including file has set LEVEL.
#include "../kernels.h"
#include "counts.h"
#include "isa_begin.h"
#define ITEM float
#define ITEM_BITS 32
#include "isa_vector.h"
#include "../body/sizes.h"
#include "../body/squares.h"
#include "../body/points.h"
#include "../body/gather.h"
#include "../body/scatter.h"
#include "../body/product.h"
#include "../body/weights.h"
#include "../body/table.h"
#include "isa_end.h"
