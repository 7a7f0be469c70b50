// CUDA's driver as far as it is used, from a library that is looked for at run time. Nothing is linked: a machine without it
// builds and runs everything else. Names, numbers and types are those of the CUDA driver API.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

typedef int32_t cu_result;
typedef int32_t cu_device;
typedef uint64_t cu_address;
typedef void *cu_object;  // contexts, streams, events, modules, functions

enum {
  TG_CU_SUCCESS = 0,
  TG_CU_OUT_OF_MEMORY = 2,
  TG_CU_NO_DEVICE = 100,
  TG_CU_INVALID_IMAGE = 200,
  TG_CU_NO_BINARY_FOR_GPU = 209,
  TG_CU_INVALID_PTX = 218,
  TG_CU_UNSUPPORTED_PTX_VERSION = 222,
  TG_CU_NOT_READY = 600,
};

enum {
  TG_CU_MAX_THREADS_PER_BLOCK = 1,
  TG_CU_MAX_GRID_DIM_X = 5,
  TG_CU_MAX_GRID_DIM_Y = 6,
  TG_CU_MAX_GRID_DIM_Z = 7,
  TG_CU_MAX_SHARED_MEMORY_PER_BLOCK = 8,
  TG_CU_MULTIPROCESSOR_COUNT = 16,
  TG_CU_COMPUTE_CAPABILITY_MAJOR = 75,
  TG_CU_COMPUTE_CAPABILITY_MINOR = 76,
};

enum { TG_CU_STREAM_NON_BLOCKING = 1 };
enum { TG_CU_EVENT_BLOCKING_SYNC = 1, TG_CU_EVENT_DISABLE_TIMING = 2 };
enum { TG_CU_MEMHOSTALLOC_PORTABLE = 1 };
enum { TG_CU_JIT_ERROR_LOG_BUFFER = 5, TG_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 };

/// Each function once: its result, its name and its arguments.
#define TG_EACH_CUDA_FUNCTION(X) \
  X(cu_result, cuInit, (uint32_t flags)) \
  X(cu_result, cuDriverGetVersion, (int32_t *version)) \
  X(cu_result, cuGetErrorName, (cu_result code, const char **name)) \
  X(cu_result, cuGetErrorString, (cu_result code, const char **words)) \
  X(cu_result, cuDeviceGetCount, (int32_t *count)) \
  X(cu_result, cuDeviceGet, (cu_device *device, int32_t index)) \
  X(cu_result, cuDeviceGetName, (char *name, int32_t size, cu_device device)) \
  X(cu_result, cuDeviceTotalMem_v2, (size_t *bytes, cu_device device)) \
  X(cu_result, cuDeviceGetAttribute, (int32_t *value, int32_t what, cu_device device)) \
  X(cu_result, cuDevicePrimaryCtxRetain, (cu_object *context, cu_device device)) \
  X(cu_result, cuCtxSetCurrent, (cu_object context)) \
  X(cu_result, cuCtxSynchronize, (void)) \
  X(cu_result, cuCtxGetStreamPriorityRange, (int32_t *least, int32_t *greatest)) \
  X(cu_result, cuStreamCreate, (cu_object *stream, uint32_t flags)) \
  X(cu_result, cuStreamCreateWithPriority, (cu_object *stream, uint32_t flags, int32_t priority)) \
  X(cu_result, cuStreamQuery, (cu_object stream)) \
  X(cu_result, cuStreamSynchronize, (cu_object stream)) \
  X(cu_result, cuStreamWaitEvent, (cu_object stream, cu_object event, uint32_t flags)) \
  X(cu_result, cuEventCreate, (cu_object *event, uint32_t flags)) \
  X(cu_result, cuEventRecord, (cu_object event, cu_object stream)) \
  X(cu_result, cuEventQuery, (cu_object event)) \
  X(cu_result, cuEventSynchronize, (cu_object event)) \
  X(cu_result, cuEventElapsedTime, (float *milliseconds, cu_object from, cu_object to)) \
  X(cu_result, cuEventDestroy_v2, (cu_object event)) \
  X(cu_result, cuMemHostAlloc, (void **block, size_t size, uint32_t flags)) \
  X(cu_result, cuMemFreeHost, (void *block)) \
  X(cu_result, cuMemAlloc_v2, (cu_address *block, size_t size)) \
  X(cu_result, cuMemFree_v2, (cu_address block)) \
  X(cu_result, cuMemcpyHtoDAsync_v2, (cu_address to, const void *from, size_t size, cu_object stream)) \
  X(cu_result, cuMemcpyDtoHAsync_v2, (void *to, cu_address from, size_t size, cu_object stream)) \
  X(cu_result, cuMemcpyDtoDAsync_v2, (cu_address to, cu_address from, size_t size, cu_object stream)) \
  X(cu_result, cuModuleLoadDataEx, \
    (cu_object *module, const void *image, uint32_t count, const int32_t *options, void **values)) \
  X(cu_result, cuModuleGetFunction, (cu_object *function, cu_object module, const char *name)) \
  X(cu_result, cuModuleUnload, (cu_object module)) \
  X(cu_result, cuLaunchKernel, \
    (cu_object function, uint32_t groups_x, uint32_t groups_y, uint32_t groups_z, uint32_t lanes_x, uint32_t lanes_y, \
     uint32_t lanes_z, uint32_t shared_bytes, cu_object stream, void **arguments, void **extra))

/// Those that older drivers lack: null there.
#define TG_EACH_NEWER_CUDA_FUNCTION(X) \
  X(cu_result, cuFuncGetParamInfo, (cu_object function, size_t index, size_t *offset, size_t *size))

typedef struct {
#define X(result, name, arguments) result(*name) arguments;
  TG_EACH_CUDA_FUNCTION(X)
  TG_EACH_NEWER_CUDA_FUNCTION(X)
#undef X
} tg_cuda;

/// Finds the library and its functions; null where there is none or it lacks one. `missing` then names what was not found.
///
/// The environment variable TORCH_CUDA_LIBRARY names another library than the driver's.
const tg_cuda *tg_cuda_load(const char **missing);

#if defined(__cplusplus)
}
#endif
