// The threads that oneDNN computes with: the one pool's, or none but the caller.
#pragma once

#include "CTorchRuntime.h"

#if defined(__linux__)
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);

/// Makes oneDNN compute on the calling thread alone, for work too small to share; gives what `alone_leave` wants back.
static inline int alone_enter(void) {
  int before = omp_get_max_threads();
  if (before != 1) omp_set_num_threads(1);
  return before;
}
static inline void alone_leave(int before) {
  if (before != 1) omp_set_num_threads(before);
}
#else
static inline int alone_enter(void) { return 1; }
static inline void alone_leave(int before) { (void)before; }
#endif
