// The thread-local record, the number of threads, and the pool: one OpenMP team, entered by one thread at a time.
//
// OpenMP is used through libgomp's stable C entries, so no compiler flag is needed, and oneDNN forks its regions on
// the very same workers. libgomp keeps a team per calling thread: letting two in at once would put more threads to
// work than there are processors, therefore whoever comes second computes alone.
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CTorchRuntime.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Thread_local struct ct_thread_state ct_thread_state = {.grad_enabled = true};

unsigned long long ct_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec;
}

#if defined(__linux__)

#include <sched.h>

#include "openmp.h"

static atomic_int thread_count;            // 0: not asked for yet
static atomic_int serial_pool = -1;        // TORCH_POOL=serial; -1: not asked for yet
static atomic_flag occupied = ATOMIC_FLAG_INIT;
static bool started;                       // whether there are workers; read and written by who holds the pool

static bool pool_is_serial(void) {
  int known = atomic_load_explicit(&serial_pool, memory_order_relaxed);
  if (known < 0) {
    const char *wish = getenv("TORCH_POOL");
    known = wish && strcmp(wish, "serial") == 0;
    atomic_store_explicit(&serial_pool, known, memory_order_relaxed);
  }
  return known != 0;
}

/// The first number of OMP_NUM_THREADS (it may be a list, one per nesting level), or 0 when absent or malformed.
static int threads_from_environment(void) {
  const char *text = getenv("OMP_NUM_THREADS");
  if (!text) return 0;
  char *rest = NULL;
  long value = strtol(text, &rest, 10);
  if (rest == text) return 0;
  while (*rest == ' ' || *rest == '\t') rest++;
  if (*rest != '\0' && *rest != ',') return 0;
  return value >= 1 && value <= INT_MAX ? (int)value : 0;
}

static int threads_from_affinity(void) {
  // The kernel refuses a mask smaller than its own, so the mask grows until it fits.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *mask = CPU_ALLOC(processors);
    if (!mask) return 1;
    size_t size = CPU_ALLOC_SIZE(processors);
    CPU_ZERO_S(size, mask);
    int count = sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
  return 1;
}

/// Reads up to two numbers from a control file; gives how many it found ("max" is not one).
static int read_numbers(const char *path, long long *first, long long *second) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  int found = fscanf(file, "%lld %lld", first, second);
  fclose(file);
  return found < 0 ? 0 : found;
}

/// The processors that a container's time quota amounts to, rounded up, or 0 when there is no quota.
static int threads_from_quota(void) {
  long long quota = 0, period = 0, unused = 0;
  if (read_numbers("/sys/fs/cgroup/cpu.max", &quota, &period) != 2) {
    if (read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota, &unused) != 1) return 0;
    if (read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period, &unused) != 1) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  long long processors = (quota + period - 1) / period;
  return processors > INT_MAX ? 0 : (int)processors;
}

static int default_threads(void) {
  int count = threads_from_environment();
  if (count == 0) {
    count = threads_from_affinity();
    int quota = threads_from_quota();
    if (quota > 0 && quota < count) count = quota;
  }
  int limit = omp_get_thread_limit();
  return count < limit ? count : limit;
}

int ct_num_threads(void) {
  int count = atomic_load_explicit(&thread_count, memory_order_relaxed);
  if (count > 0) return count;
  count = pool_is_serial() ? 1 : default_threads();
  int unset = 0;
  // A `ct_set_num_threads` that came between wins.
  return atomic_compare_exchange_strong(&thread_count, &unset, count) ? count : unset;
}

/// OpenMP's count is a property of the calling thread (or of its place in a region), so it is checked at every use.
static void tell_openmp(int threads) {
  if (omp_get_max_threads() != threads) omp_set_num_threads(threads);
}

void ct_set_num_threads(int count) {
  if (count < 1 || pool_is_serial()) count = 1;
  int limit = omp_get_thread_limit();
  if (count > limit) count = limit;
  atomic_store_explicit(&thread_count, count, memory_order_relaxed);
  tell_openmp(count);
}

/// Whether this thread may compute with a team now; on yes it holds the pool.
static bool take_pool(int threads) {
  if (threads < 2 || ct_thread_state.inside_region || ct_thread_state.serial_depth > 0) return false;
  if (omp_in_parallel()) return false;
  if (atomic_flag_test_and_set_explicit(&occupied, memory_order_acquire)) return false;
  if (!started) {
    start_workers(threads);
    started = true;
  }
  return true;
}

static void give_pool(void) { atomic_flag_clear_explicit(&occupied, memory_order_release); }

int ct_team_enter(void) {
  ct_thread_state.regions += 1;
  int threads = ct_num_threads();
  if (!take_pool(threads)) threads = 1;
  tell_openmp(threads);
  return threads;
}

void ct_team_leave(int threads) {
  if (threads > 1) give_pool();
}

struct gathering {
  ct_team_body body;
  void *context;
  char begun, done;  // addresses for the sanitizer
};

static void run_member(void *argument) {
  struct gathering *gathering = argument;
  CT_ORDER_AFTER(&gathering->begun);
  struct ct_thread_state *state = &ct_thread_state;
  int index = omp_get_thread_num();
  state->inside_region = true;
  state->thread_index = index;
  gathering->body(gathering->context, index, omp_get_num_threads());
  state->inside_region = false;
  state->thread_index = 0;
  CT_ORDER_BEFORE(&gathering->done);
}

void ct_team_run(int most, ct_team_body body, void *context) {
  ct_thread_state.regions += 1;
  int threads = ct_num_threads();
  if (most > 1 && take_pool(threads)) {
    struct gathering gathering = {.body = body, .context = context};
    CT_ORDER_BEFORE(&gathering.begun);
    GOMP_parallel(run_member, &gathering, (unsigned)(most < threads ? most : threads), 0);
    CT_ORDER_AFTER(&gathering.done);
    give_pool();
    return;
  }
  body(context, 0, 1);
}

struct share {
  ct_range_body body;
  void *context;
  ptrdiff_t count;
};

/// One member's part of a range. libgomp may give a smaller team than asked for, so the parts follow the real one.
static void run_share(void *context, int index, int team) {
  const struct share *all = context;
  ptrdiff_t part = all->count / team, longer = all->count % team;
  ptrdiff_t begin = part * index + (index < longer ? index : longer);
  ptrdiff_t end = begin + part + (index < longer ? 1 : 0);
  if (begin < end) all->body(all->context, begin, end, ct_thread_state.thread_index);
}

void ct_parallel_for(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *context) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  ptrdiff_t shares = count / grain + (count % grain != 0);
  struct share all = {.body = body, .context = context, .count = count};
  ct_team_run(shares < INT_MAX ? (int)shares : INT_MAX, run_share, &all);
}

/// One member's part of a range of tasks, of which whoever has time takes the next few.
struct queue {
  _Alignas(64) atomic_ptrdiff_t next;  // a cache line each, or every take would disturb the others
  ptrdiff_t end;
};

enum { MOST_QUEUES = 32, TAKES = 8 };

struct tasks {
  ct_range_body body;
  void *context;
  ptrdiff_t taken_at_once;
  int queues;
  struct queue queue[MOST_QUEUES];
};

/// Works its own part off, so that what lies in this core's cache from the last time is used again, then what others have left.
static void run_tasks(void *context, int index, int team) {
  (void)team;
  struct tasks *all = context;
  for (int i = 0; i < all->queues; i++) {
    struct queue *queue = &all->queue[(index + i) % all->queues];
    ptrdiff_t begin;
    while ((begin = atomic_fetch_add_explicit(&queue->next, all->taken_at_once, memory_order_relaxed)) < queue->end) {
      ptrdiff_t end = begin + all->taken_at_once;
      all->body(all->context, begin, end < queue->end ? end : queue->end, ct_thread_state.thread_index);
    }
  }
}

void ct_parallel_tasks(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *context) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  ptrdiff_t shares = count / grain + (count % grain != 0);
  int threads = ct_num_threads();
  if (shares > threads) shares = threads;
  if (shares > MOST_QUEUES) shares = MOST_QUEUES;
  if (shares < 2) {
    ct_thread_state.regions += 1;
    body(context, 0, count, ct_thread_state.thread_index);
    return;
  }
  struct tasks all = {.body = body, .context = context, .queues = (int)shares};
  ptrdiff_t part = count / shares, longer = count % shares, begin = 0;
  all.taken_at_once = part < TAKES ? 1 : part / TAKES;
  for (int i = 0; i < all.queues; i++) {
    atomic_init(&all.queue[i].next, begin);
    begin += part + (i < longer ? 1 : 0);
    all.queue[i].end = begin;
  }
  ct_team_run(all.queues, run_tasks, &all);
}

#else  // No pool on this platform yet: everything runs on the caller.

void ct_parallel_tasks(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *context) {
  ct_parallel_for(count, grain, body, context);
}

int ct_num_threads(void) { return 1; }

void ct_set_num_threads(int count) { (void)count; }

int ct_team_enter(void) {
  ct_thread_state.regions += 1;
  return 1;
}

void ct_team_leave(int threads) { (void)threads; }

void ct_parallel_for(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *context) {
  (void)grain;
  ct_thread_state.regions += 1;
  if (count > 0) body(context, 0, count, 0);
}

void ct_team_run(int most, ct_team_body body, void *context) {
  (void)most;
  ct_thread_state.regions += 1;
  body(context, 0, 1);
}

#endif
