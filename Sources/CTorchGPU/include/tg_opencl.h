// OpenCL's functions as far as they are used, from a library that is looked for at run time. Nothing is linked: a machine
// without OpenCL builds and runs everything else. Names, numbers and types are those of the OpenCL 1.2 specification.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_ulong;
typedef cl_ulong cl_bitfield;
typedef void *cl_object;  // platforms, devices, contexts, queues, blocks of memory, programs, kernels, events

enum {
  TG_CL_SUCCESS = 0,
  TG_CL_DEVICE_NOT_FOUND = -1,
  TG_CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
  TG_CL_OUT_OF_RESOURCES = -5,
  TG_CL_OUT_OF_HOST_MEMORY = -6,
  TG_CL_BUILD_PROGRAM_FAILURE = -11,
  TG_CL_INVALID_BUFFER_SIZE = -61,
};

enum {
  TG_CL_PLATFORM_VERSION = 0x0901,
  TG_CL_PLATFORM_NAME = 0x0902,

  TG_CL_DEVICE_TYPE = 0x1000,
  TG_CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002,
  TG_CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
  TG_CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
  TG_CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
  TG_CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
  TG_CL_DEVICE_NAME = 0x102B,
  TG_CL_DEVICE_VENDOR = 0x102C,
  TG_CL_DRIVER_VERSION = 0x102D,
  TG_CL_DEVICE_VERSION = 0x102F,
  TG_CL_DEVICE_EXTENSIONS = 0x1030,

  TG_CL_PROGRAM_BUILD_LOG = 0x1183,
  TG_CL_KERNEL_WORK_GROUP_SIZE = 0x11B0,
  TG_CL_EVENT_COMMAND_EXECUTION_STATUS = 0x11D3,
  TG_CL_PROFILING_COMMAND_START = 0x1282,
  TG_CL_PROFILING_COMMAND_END = 0x1283,
};

static const cl_bitfield TG_CL_DEVICE_TYPE_CPU = 1 << 1, TG_CL_DEVICE_TYPE_GPU = 1 << 2, TG_CL_DEVICE_TYPE_ALL = 0xFFFFFFFF;
static const cl_bitfield TG_CL_MEM_READ_WRITE = 1 << 0, TG_CL_MEM_ALLOC_HOST_PTR = 1 << 4;
static const cl_bitfield TG_CL_MAP_READ = 1 << 0, TG_CL_MAP_WRITE = 1 << 1;
static const cl_bitfield TG_CL_QUEUE_PROFILING_ENABLE = 1 << 1;

/// Each function once: its result, its name and its arguments.
#define TG_EACH_OPENCL_FUNCTION(X) \
  X(cl_int, clGetPlatformIDs, (cl_uint count, cl_object *platforms, cl_uint *found)) \
  X(cl_int, clGetPlatformInfo, (cl_object platform, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_int, clGetDeviceIDs, (cl_object platform, cl_bitfield type, cl_uint count, cl_object *devices, cl_uint *found)) \
  X(cl_int, clGetDeviceInfo, (cl_object device, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_object, clCreateContext, \
    (const intptr_t *properties, cl_uint count, const cl_object *devices, void *notify, void *data, cl_int *error)) \
  X(cl_object, clCreateCommandQueue, (cl_object context, cl_object device, cl_bitfield properties, cl_int *error)) \
  X(cl_object, clCreateBuffer, (cl_object context, cl_bitfield flags, size_t size, void *host, cl_int *error)) \
  X(cl_int, clReleaseMemObject, (cl_object memory)) \
  X(cl_object, clCreateProgramWithSource, \
    (cl_object context, cl_uint count, const char *const *texts, const size_t *sizes, cl_int *error)) \
  X(cl_int, clBuildProgram, \
    (cl_object program, cl_uint count, const cl_object *devices, const char *options, void *notify, void *data)) \
  X(cl_int, clGetProgramBuildInfo, \
    (cl_object program, cl_object device, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_int, clReleaseProgram, (cl_object program)) \
  X(cl_object, clCreateKernel, (cl_object program, const char *name, cl_int *error)) \
  X(cl_int, clGetKernelWorkGroupInfo, \
    (cl_object kernel, cl_object device, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_int, clSetKernelArg, (cl_object kernel, cl_uint index, size_t size, const void *value)) \
  X(cl_int, clEnqueueNDRangeKernel, \
    (cl_object queue, cl_object kernel, cl_uint dims, const size_t *offset, const size_t *global, const size_t *local, \
     cl_uint waits, const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueReadBuffer, \
    (cl_object queue, cl_object memory, cl_uint blocks, size_t offset, size_t size, void *to, cl_uint waits, \
     const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueWriteBuffer, \
    (cl_object queue, cl_object memory, cl_uint blocks, size_t offset, size_t size, const void *from, cl_uint waits, \
     const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueCopyBuffer, \
    (cl_object queue, cl_object from, cl_object to, size_t from_offset, size_t to_offset, size_t size, cl_uint waits, \
     const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueFillBuffer, \
    (cl_object queue, cl_object memory, const void *pattern, size_t pattern_size, size_t offset, size_t size, \
     cl_uint waits, const cl_object *events, cl_object *event)) \
  X(void *, clEnqueueMapBuffer, \
    (cl_object queue, cl_object memory, cl_uint blocks, cl_bitfield flags, size_t offset, size_t size, cl_uint waits, \
     const cl_object *events, cl_object *event, cl_int *error)) \
  X(cl_int, clEnqueueUnmapMemObject, \
    (cl_object queue, cl_object memory, void *mapped, cl_uint waits, const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueMarkerWithWaitList, \
    (cl_object queue, cl_uint waits, const cl_object *events, cl_object *event)) \
  X(cl_int, clEnqueueBarrierWithWaitList, \
    (cl_object queue, cl_uint waits, const cl_object *events, cl_object *event)) \
  X(cl_int, clWaitForEvents, (cl_uint count, const cl_object *events)) \
  X(cl_int, clGetEventInfo, (cl_object event, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_int, clGetEventProfilingInfo, (cl_object event, cl_uint what, size_t size, void *value, size_t *used)) \
  X(cl_int, clReleaseEvent, (cl_object event)) \
  X(cl_int, clFlush, (cl_object queue)) \
  X(cl_int, clFinish, (cl_object queue))

typedef struct {
#define X(result, name, arguments) result(*name) arguments;
  TG_EACH_OPENCL_FUNCTION(X)
#undef X
} tg_opencl;

/// Finds the library and its functions; null where there is none or it lacks one. `missing` then names what was not found.
const tg_opencl *tg_opencl_load(const char **missing);

#if defined(__cplusplus)
}
#endif
