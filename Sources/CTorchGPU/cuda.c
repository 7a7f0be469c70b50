#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif
#include "tg_cuda.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tg_cublas.h"
#include "tg_nvrtc.h"

static struct {
  tg_cuda calls;
  const char *missing;
  bool found;
} cuda;

static struct {
  tg_nvrtc calls;
  const char *missing;
  bool found;
} nvrtc;

static struct {
  tg_cublas calls;
  const char *missing;
  bool found;
} cublas;

/// The library that `variable` names, or the first of `names` that there is; `missing` is its name where there is none.
static void *opened(const char *variable, const char *const *names, const char **missing) {
  const char *named = getenv(variable);
  if (named && *named) {
    *missing = named;
    return dlopen(named, RTLD_NOW | RTLD_LOCAL);
  }
  *missing = names[0];
  for (; *names; names++) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}

static void look_for_cuda(void) {
  static const char *const names[] = {"libcuda.so.1", NULL};
  void *library = opened("TORCH_CUDA_LIBRARY", names, &cuda.missing);
  if (!library) return;
#define X(result, function, arguments) \
  cuda.calls.function = (result(*) arguments)dlsym(library, #function); \
  if (!cuda.calls.function) { \
    cuda.missing = #function; \
    return; \
  }
  TG_EACH_CUDA_FUNCTION(X)
#undef X
#define X(result, function, arguments) cuda.calls.function = (result(*) arguments)dlsym(library, #function);
  TG_EACH_NEWER_CUDA_FUNCTION(X)
#undef X
  cuda.found = true;
}

static void look_for_nvrtc(void) {
  static const char *const names[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so", NULL};
  void *library = opened("TORCH_NVRTC_LIBRARY", names, &nvrtc.missing);
  if (!library) return;
#define X(result, function, arguments) \
  nvrtc.calls.function = (result(*) arguments)dlsym(library, #function); \
  if (!nvrtc.calls.function) { \
    nvrtc.missing = #function; \
    return; \
  }
  TG_EACH_NVRTC_FUNCTION(X)
#undef X
  nvrtc.found = true;
}

static void look_for_cublas(void) {
  static const char *const names[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so", NULL};
  static const char *const none[] = {NULL};
  const char *driver = getenv("TORCH_CUDA_LIBRARY");
  void *library = opened("TORCH_CUBLAS_LIBRARY", driver && *driver ? none : names, &cublas.missing);
  if (!library) return;
#define X(result, function, arguments) \
  cublas.calls.function = (result(*) arguments)dlsym(library, #function); \
  if (!cublas.calls.function) { \
    cublas.missing = #function; \
    return; \
  }
  TG_EACH_CUBLAS_FUNCTION(X)
#undef X
  cublas.found = true;
}

const tg_cuda *tg_cuda_load(const char **missing) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look_for_cuda);
  if (!cuda.found) *missing = cuda.missing;
  return cuda.found ? &cuda.calls : NULL;
}

const tg_nvrtc *tg_nvrtc_load(const char **missing) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look_for_nvrtc);
  if (!nvrtc.found) *missing = nvrtc.missing;
  return nvrtc.found ? &nvrtc.calls : NULL;
}

const tg_cublas *tg_cublas_load(const char **missing) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look_for_cublas);
  if (!cublas.found) *missing = cublas.missing;
  return cublas.found ? &cublas.calls : NULL;
}
