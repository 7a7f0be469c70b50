// All bodies, in one compilation: the including file has set LEVEL.
#include "../kernels.h"
#include "isa_begin.h"
#define ITEM float
#define ITEM_BITS 32
#include "isa_vector.h"
#include "../body/sizes.h"
#include "../body/finish.h"
#include "../body/products.h"
#include "../body/windows.h"
#include "../body/norm.h"
#include "../body/table.h"
#include "isa_end.h"
