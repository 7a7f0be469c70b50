// The number types and the choice of instruction set, shared by every family of kernels.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Number types; the raw values are those of PyTorch's ScalarType.
typedef enum tk_dtype {
  TK_UINT8 = 0,
  TK_INT8 = 1,
  TK_INT16 = 2,
  TK_INT32 = 3,
  TK_INT64 = 4,
  TK_FLOAT16 = 5,
  TK_FLOAT32 = 6,
  TK_FLOAT64 = 7,
  TK_BOOL = 11,
  TK_BFLOAT16 = 15,
  TK_DTYPE_LIMIT = 16
} tk_dtype;

/// The instruction set in use: 0 baseline (SSE2 or NEON), 1 AVX2 with FMA and F16C, 2 AVX-512 F/BW/DQ/VL.
int tk_isa_level(void);
/// Lowers the instruction set for lookups made from now on (for tests); a level above the machine's has no effect.
void tk_isa_limit(int level);
/// "neon", "sse2", "avx2" or "avx512".
const char *tk_isa_name(void);
