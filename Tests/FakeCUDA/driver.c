// CUDA's driver as the tests need it: the calls that TorchGPU makes, over this process's memory, with programs of PTX that run one
// thread after another. What a GPU may do late is done as late as it can be: work waits in its stream until somebody waits for it.
//
// FAKE_CUDA_DEVICES says how many devices there are (1), FAKE_CUDA_MIB how much memory each has (2048), FAKE_CUDA_EAGER=1 has work
// done at once, and FAKE_CUDA_TAKES_NO_PTX=1 is a driver that is older than the compiler.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
_Thread_local Context *current;
static Context contexts[MOST_DEVICES];
static bool started;

int from_environment(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value && *value ? atoi(value) : otherwise;
}
static int device_count(void) {
  int count = from_environment("FAKE_CUDA_DEVICES", 1);
  return count < 0 ? 0 : count > MOST_DEVICES ? MOST_DEVICES : count;
}
static size_t total_bytes(void) { return (size_t)from_environment("FAKE_CUDA_MIB", 2048) << 20; }

// MARK: the driver and its devices

cu_result cuInit(uint32_t flags) {
  ENTER;
  if (flags) result = INVALID_VALUE;
  else if (!device_count()) result = TG_CU_NO_DEVICE;
  else started = true;
  LEAVE;
}

cu_result cuDriverGetVersion(int32_t *version) { return *version = 13000, TG_CU_SUCCESS; }

static const char *words_of(cu_result code, bool name) {
  switch (code) {
  case TG_CU_SUCCESS: return name ? "CUDA_SUCCESS" : "no error";
  case INVALID_VALUE: return name ? "CUDA_ERROR_INVALID_VALUE" : "invalid argument";
  case TG_CU_OUT_OF_MEMORY: return name ? "CUDA_ERROR_OUT_OF_MEMORY" : "out of memory";
  case NOT_INITIALISED: return name ? "CUDA_ERROR_NOT_INITIALIZED" : "initialization error";
  case TG_CU_NO_DEVICE: return name ? "CUDA_ERROR_NO_DEVICE" : "no CUDA-capable device is detected";
  case INVALID_CONTEXT: return name ? "CUDA_ERROR_INVALID_CONTEXT" : "invalid device context";
  case TG_CU_NO_BINARY_FOR_GPU: return name ? "CUDA_ERROR_NO_BINARY_FOR_GPU" : "no kernel image is available for the device";
  case TG_CU_INVALID_PTX: return name ? "CUDA_ERROR_INVALID_PTX" : "a PTX JIT compilation failed";
  case TG_CU_UNSUPPORTED_PTX_VERSION:
    return name ? "CUDA_ERROR_UNSUPPORTED_PTX_VERSION" : "the provided PTX was compiled with an unsupported toolchain";
  case NOT_FOUND: return name ? "CUDA_ERROR_NOT_FOUND" : "named symbol not found";
  case ILLEGAL_ADDRESS: return name ? "CUDA_ERROR_ILLEGAL_ADDRESS" : last_words;
  case TG_CU_NOT_READY: return name ? "CUDA_ERROR_NOT_READY" : "device not ready";
  case LAUNCH_FAILED: return name ? "CUDA_ERROR_LAUNCH_FAILED" : last_words;
  default: return NULL;
  }
}
cu_result cuGetErrorName(cu_result code, const char **name) { return (*name = words_of(code, true)) ? 0 : INVALID_VALUE; }
cu_result cuGetErrorString(cu_result code, const char **words) {
  return (*words = words_of(code, false)) ? 0 : INVALID_VALUE;
}

cu_result cuDeviceGetCount(int32_t *count) {
  if (!started) return NOT_INITIALISED;
  return *count = device_count(), TG_CU_SUCCESS;
}

static bool is_device(cu_device device) { return started && device >= 0 && device < device_count(); }

cu_result cuDeviceGet(cu_device *device, int32_t index) {
  return is_device(index) ? (*device = index, TG_CU_SUCCESS) : INVALID_VALUE;
}

cu_result cuDeviceGetName(char *name, int32_t size, cu_device device) {
  if (!is_device(device)) return INVALID_VALUE;
  return snprintf(name, (size_t)size, "Fake CUDA %d", device), TG_CU_SUCCESS;
}

cu_result cuDeviceTotalMem_v2(size_t *bytes, cu_device device) {
  return is_device(device) ? (*bytes = total_bytes(), TG_CU_SUCCESS) : INVALID_VALUE;
}

cu_result cuDeviceGetAttribute(int32_t *value, int32_t what, cu_device device) {
  if (!is_device(device)) return INVALID_VALUE;
  switch (what) {
  case TG_CU_MAX_THREADS_PER_BLOCK: *value = 1024; break;
  case TG_CU_MAX_GRID_DIM_X: *value = 2147483647; break;
  case TG_CU_MAX_GRID_DIM_Y: case TG_CU_MAX_GRID_DIM_Z: *value = 65535; break;
  case TG_CU_MAX_SHARED_MEMORY_PER_BLOCK: *value = 49152; break;
  case TG_CU_MULTIPROCESSOR_COUNT: *value = 4; break;
  case TG_CU_COMPUTE_CAPABILITY_MAJOR: *value = 8; break;
  case TG_CU_COMPUTE_CAPABILITY_MINOR: *value = 0; break;
  default: return INVALID_VALUE;
  }
  return TG_CU_SUCCESS;
}

cu_result cuDevicePrimaryCtxRetain(cu_object *context, cu_device device) {
  ENTER;
  if (is_device(device)) {
    contexts[device].device = device;
    *context = &contexts[device];
  } else {
    result = INVALID_VALUE;
  }
  LEAVE;
}

cu_result cuCtxSetCurrent(cu_object context) { return current = context, TG_CU_SUCCESS; }

/// NVRTC asks for this one without a look at the answer where it finds a driver.
cu_result cuGetExportTable(const void **table, const void *id) {
  (void)id;
  return *table = NULL, NOT_FOUND;
}

// MARK: memory

cu_result cuMemAlloc_v2(cu_address *block, size_t size) {
  ENTER_CONTEXT {
    if (!size) result = INVALID_VALUE;
    else if (size > total_bytes() - context->used) result = TG_CU_OUT_OF_MEMORY;
    else if (!(*block = memory_add(size, context->device, false))) result = TG_CU_OUT_OF_MEMORY;
    else context->used += size;
  }
  LEAVE;
}

cu_result cuMemFree_v2(cu_address block) {
  ENTER_CONTEXT {
    size_t size = 0;
    // Work that still waits and uses the block will find it gone.
    if (!memory_remove(block, context->device, &size)) result = INVALID_VALUE;
    context->used -= size;
  }
  LEAVE;
}

cu_result cuMemHostAlloc(void **block, size_t size, uint32_t flags) {
  ENTER_CONTEXT {
    if (!size || flags & ~7u) result = INVALID_VALUE;
    else if (!(*block = host_add(size))) result = TG_CU_OUT_OF_MEMORY;
  }
  LEAVE;
}

cu_result cuMemFreeHost(void *block) {
  ENTER_CONTEXT {
    // Work that still waits and uses the block will find it gone.
    if (!host_remove(block)) result = INVALID_VALUE;
  }
  LEAVE;
}

// MARK: programs

cu_result cuModuleLoadDataEx(
  cu_object *module, const void *image, uint32_t count, const int32_t *options, void **values) {
  ENTER_CONTEXT {
    if (!memcmp(image, "\177ELF", 4)) {
      result = TG_CU_NO_BINARY_FOR_GPU;
    } else if (from_environment("FAKE_CUDA_TAKES_NO_PTX", 0)) {
      result = TG_CU_UNSUPPORTED_PTX_VERSION;
    } else {
      char trouble[512] = "";
      Program *program = ptx_parse(image, trouble, sizeof trouble);
      *module = program;
      if (!program) result = TG_CU_INVALID_PTX;
      size_t room = 0;
      char *log = NULL;
      for (uint32_t o = 0; o < count; o++) {
        if (options[o] == TG_CU_JIT_ERROR_LOG_BUFFER) log = values[o];
        if (options[o] == TG_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) room = (size_t)values[o];
      }
      if (!program && log && room) snprintf(log, room, "%s", trouble);
    }
  }
  LEAVE;
}

cu_result cuModuleGetFunction(cu_object *function, cu_object module, const char *name) {
  ENTER_CONTEXT {
    Function *found = ptx_function(module, name);
    if (found) {
      Kernel *kernel = malloc(sizeof *kernel);
      *kernel = (Kernel){module, found};
      *function = kernel;
    } else {
      result = NOT_FOUND;
    }
  }
  LEAVE;
}

cu_result cuModuleUnload(cu_object module) {
  (void)module;
  return TG_CU_SUCCESS;
}

cu_result cuFuncGetParamInfo(cu_object function, size_t index, size_t *offset, size_t *size) {
  Function *f = ((Kernel *)function)->function;
  if (index >= (size_t)f->parameter_count) return INVALID_VALUE;
  *offset = f->parameters[index].offset;
  *size = f->parameters[index].size;
  return TG_CU_SUCCESS;
}

cu_result cuLaunchKernel(
  cu_object function, uint32_t groups_x, uint32_t groups_y, uint32_t groups_z, uint32_t lanes_x, uint32_t lanes_y,
  uint32_t lanes_z, uint32_t shared_bytes, cu_object stream, void **arguments, void **extra) {
  (void)shared_bytes, (void)extra;
  ENTER_CONTEXT {
    Kernel *kernel = function;
    Function *f = kernel->function;
    uint64_t lanes = (uint64_t)lanes_x * lanes_y * lanes_z;
    if (!is_stream_of(stream, context)) {
      result = INVALID_CONTEXT;
    } else if (
      !groups_x || !groups_y || !groups_z || !lanes || lanes > 1024 || lanes_z > 64 || groups_x > 2147483647 ||
      groups_y > 65535 || groups_z > 65535) {
      result = INVALID_VALUE;
    } else {
      char *parameters = calloc(1, f->parameter_bytes + 8);
      for (int p = 0; p < f->parameter_count; p++)
        memcpy(parameters + f->parameters[p].offset, arguments[p], f->parameters[p].size);
      Work work = {.kind = LAUNCH, .program = kernel->program, .function = f, .parameters = parameters};
      work.groups = (Size3){groups_x, groups_y, groups_z};
      work.lanes = (Size3){lanes_x, lanes_y, lanes_z};
      result = queue(stream, work);
    }
  }
  LEAVE;
}
