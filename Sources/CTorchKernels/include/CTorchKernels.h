// Numbers in, numbers out: the hot loops of the CPU backend. No tensors, no allocation, no state but the CPU's features.
// Pointwise kernels, casts and copies take any address; reductions and row kernels want items at multiples of their size.
#pragma once
#include "tk_attention.h"
#include "tk_copy.h"
#include "tk_index.h"
#include "tk_layers.h"
#include "tk_pointwise.h"
#include "tk_pools.h"
#include "tk_recurrence.h"
#include "tk_reduce.h"
#include "tk_rows.h"
#include "tk_sort.h"
#include "tk_types.h"
#include "CTorchRandom.h"
