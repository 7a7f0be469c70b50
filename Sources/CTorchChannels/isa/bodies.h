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
#include "../body/bfloat16.h"
#include "../body/norm_sums.h"
#define NUMBER float
#define NORM(name) ISA(name##_f32)
#include "../body/norm.h"
#undef NUMBER
#undef NORM
#define NUMBER uint16_t
#define NORM(name) ISA(name##_bf16)
#include "../body/norm.h"
#undef NUMBER
#undef NORM
#include "../body/table.h"
#include "isa_end.h"
