// The door to the thread pool, which lives in another room.
//
// Declared weak, so that this target can be linked alone (then OpenMP's own count of threads holds).
#pragma once

#if defined(__linux__)
extern int ct_team_enter(void) __attribute__((weak));
extern void ct_team_leave(int threads) __attribute__((weak));
int omp_get_max_threads(void) __attribute__((weak));
void omp_set_num_threads(int threads) __attribute__((weak));

/// Asks for the pool. Gives the number of threads that oneDNN may use, which `team_leave` wants back.
static inline int team_enter(void) {
  if (ct_team_enter) return ct_team_enter();
  return omp_get_max_threads ? omp_get_max_threads() : 1;
}
static inline void team_leave(int threads) {
  if (ct_team_leave) ct_team_leave(threads);
}

/// Makes oneDNN compute on the calling thread alone, for work too small to share; gives what `alone_leave` wants back.
static inline int alone_enter(void) {
  int before = omp_get_max_threads ? omp_get_max_threads() : 1;
  if (before != 1) omp_set_num_threads(1);
  return before;
}
static inline void alone_leave(int before) {
  if (before != 1) omp_set_num_threads(before);
}
#else
static inline int team_enter(void) { return 1; }
static inline void team_leave(int threads) { (void)threads; }
static inline int alone_enter(void) { return 1; }
static inline void alone_leave(int before) { (void)before; }
#endif
