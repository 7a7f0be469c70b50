// cuBLAS as far as it is used: products of matrices, from a library that is looked for at run time. Matrices lie in the order of
// columns.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tg_cuda.h"

#if defined(__cplusplus)
extern "C" {
#endif

typedef int32_t cublas_result;

enum { TG_CUBLAS_AS_IT_IS = 0, TG_CUBLAS_TURNED = 1 };
enum { TG_CUBLAS_F32 = 0, TG_CUBLAS_F64 = 1, TG_CUBLAS_F16 = 2, TG_CUBLAS_BF16 = 14 };
enum { TG_CUBLAS_COMPUTE_32F = 68, TG_CUBLAS_COMPUTE_64F = 70, TG_CUBLAS_COMPUTE_32F_FAST_TF32 = 77 };
enum { TG_CUBLAS_GEMM_DEFAULT = -1 };

/// Each function once: its result, its name and its arguments.
#define TG_EACH_CUBLAS_FUNCTION(X) \
  X(cublas_result, cublasCreate_v2, (cu_object *handle)) \
  X(cublas_result, cublasGetVersion_v2, (cu_object handle, int32_t *version)) \
  X(cublas_result, cublasSetStream_v2, (cu_object handle, cu_object stream)) \
  X(cublas_result, cublasSetWorkspace_v2, (cu_object handle, void *block, size_t size)) \
  X(cublas_result, cublasGemmEx, \
    (cu_object handle, int32_t turn_a, int32_t turn_b, int32_t m, int32_t n, int32_t k, const void *alpha, \
     const void *a, int32_t type_a, int32_t lda, const void *b, int32_t type_b, int32_t ldb, const void *beta, void *c, \
     int32_t type_c, int32_t ldc, int32_t compute, int32_t way)) \
  X(cublas_result, cublasGemmStridedBatchedEx, \
    (cu_object handle, int32_t turn_a, int32_t turn_b, int32_t m, int32_t n, int32_t k, const void *alpha, \
     const void *a, int32_t type_a, int32_t lda, int64_t stride_a, const void *b, int32_t type_b, int32_t ldb, \
     int64_t stride_b, const void *beta, void *c, int32_t type_c, int32_t ldc, int64_t stride_c, int32_t count, \
     int32_t compute, int32_t way))

typedef struct {
#define X(result, name, arguments) result(*name) arguments;
  TG_EACH_CUBLAS_FUNCTION(X)
#undef X
} tg_cublas;

/// Finds the library and its functions; null where there is none or it lacks one. `missing` then names what was not found.
///
/// The environment variable TORCH_CUBLAS_LIBRARY names a library in another place than the loader looks. Where
/// TORCH_CUDA_LIBRARY names another driver than the machine's, only that is looked for: a library works with its own driver.
const tg_cublas *tg_cublas_load(const char **missing);

#if defined(__cplusplus)
}
#endif
