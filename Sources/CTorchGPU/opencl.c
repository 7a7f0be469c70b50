#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif
#include "tg_opencl.h"

#include <dlfcn.h>
#include <pthread.h>

static tg_opencl table;
static const char *missing_part;
static bool found;

static void look(void) {
#if defined(__APPLE__)
  const char *name = "/System/Library/Frameworks/OpenCL.framework/OpenCL";
#else
  const char *name = "libOpenCL.so.1";
#endif
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    missing_part = name;
    return;
  }
#define X(result, function, arguments) \
  table.function = (result(*) arguments)dlsym(library, #function); \
  if (!table.function) { \
    missing_part = #function; \
    return; \
  }
  TG_EACH_OPENCL_FUNCTION(X)
#undef X
  found = true;
}

const tg_opencl *tg_opencl_load(const char **missing) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look);
  if (!found) *missing = missing_part;
  return found ? &table : NULL;
}
