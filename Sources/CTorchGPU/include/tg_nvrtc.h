// NVRTC, CUDA's compiler, as far as it is used, from a library that is looked for at run time; it needs no GPU.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

typedef int32_t nvrtc_result;
typedef void *nvrtc_program;

/// Each function once: its result, its name and its arguments.
#define TG_EACH_NVRTC_FUNCTION(X) \
  X(const char *, nvrtcGetErrorString, (nvrtc_result code)) \
  X(nvrtc_result, nvrtcVersion, (int32_t *major, int32_t *minor)) \
  X(nvrtc_result, nvrtcGetNumSupportedArchs, (int32_t *count)) \
  X(nvrtc_result, nvrtcGetSupportedArchs, (int32_t *list)) \
  X(nvrtc_result, nvrtcCreateProgram, \
    (nvrtc_program *program, const char *text, const char *name, int32_t count, const char *const *headers, \
     const char *const *names)) \
  X(nvrtc_result, nvrtcDestroyProgram, (nvrtc_program *program)) \
  X(nvrtc_result, nvrtcCompileProgram, (nvrtc_program program, int32_t count, const char *const *options)) \
  X(nvrtc_result, nvrtcGetPTXSize, (nvrtc_program program, size_t *size)) \
  X(nvrtc_result, nvrtcGetPTX, (nvrtc_program program, char *ptx)) \
  X(nvrtc_result, nvrtcGetCUBINSize, (nvrtc_program program, size_t *size)) \
  X(nvrtc_result, nvrtcGetCUBIN, (nvrtc_program program, char *cubin)) \
  X(nvrtc_result, nvrtcGetProgramLogSize, (nvrtc_program program, size_t *size)) \
  X(nvrtc_result, nvrtcGetProgramLog, (nvrtc_program program, char *log))

typedef struct {
#define X(result, name, arguments) result(*name) arguments;
  TG_EACH_NVRTC_FUNCTION(X)
#undef X
} tg_nvrtc;

/// Finds the library and its functions; null where there is none or it lacks one. `missing` then names what was not found.
///
/// The environment variable TORCH_NVRTC_LIBRARY names a library in another place than the loader looks.
const tg_nvrtc *tg_nvrtc_load(const char **missing);

#if defined(__cplusplus)
}
#endif
