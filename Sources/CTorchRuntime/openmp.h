// What this room uses of libgomp, and what the thread sanitizer is told about it.
#pragma once

#if defined(__linux__)

// libgomp's entries, declared here because its header sits in a compiler's private folder.
void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
int omp_get_num_procs(void);
int omp_get_thread_limit(void);
int omp_in_parallel(void);
void omp_set_num_threads(int threads);

// The thread sanitizer cannot see libgomp's barriers; these calls tell it what they order.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CT_TSAN 1
#endif
#endif
#if defined(CT_TSAN)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define CT_ORDER_AFTER(address) __tsan_acquire(address)
#define CT_ORDER_BEFORE(address) __tsan_release(address)
#else
#define CT_ORDER_AFTER(address) ((void)(address))
#define CT_ORDER_BEFORE(address) ((void)(address))
#endif

/// Makes the workers of a team of `threads`, each on a processor of its own. Called once, by who holds the pool.
void start_workers(int threads);

#endif
