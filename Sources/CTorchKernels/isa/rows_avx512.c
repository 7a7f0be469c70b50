// Reductions and whole-row kernels, compiled for avx512.
#if defined(__x86_64__)
#define TK_LEVEL 2
#include "isa_begin.h"
#include "../body/math_f32.h"
#include "../body/reduce.h"
#include "../body/arg_reduce.h"
#include "../body/softmax.h"
#include "../body/softmax_columns.h"
#include "../body/layer_norm.h"
#include "../body/norm_rows.h"
#include "../body/optim.h"
#include "../body/scan.h"
#include "../body/scatter_add.h"
#include "../body/recurrence.h"
#include "../shared/isa_end.h"
#endif
