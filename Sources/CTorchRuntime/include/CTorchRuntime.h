// Thread-local switches and the one thread pool.
//
// The switches live in one thread-local record that the inline functions below read directly: a read costs about
// a nanosecond, so every op may ask. They belong to the thread and do not follow a Swift task across an `await`.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

#if defined(__cplusplus)
extern "C" {
#endif

/// What the runtime remembers per thread. Use the functions; the fields are here only so that they can be inlined.
struct ct_thread_state {
  bool grad_enabled;
  bool inference_mode;
  bool skips_draws;      // modules are made without first values
  bool inside_region;    // this thread is running the body of a parallel region
  int serial_depth;      // parallel work is off while above zero
  int thread_index;      // place in the running region's team, 0 outside
  void *_Nullable fault_context;
  void *_Nullable profiler;
  void *_Nullable autocast;
  void *_Nullable generator;
  void *_Nullable worker;
  void *_Nullable streams;
  int current_devices[2];  // of each kind of devices that has several
  unsigned long regions;  // how many this thread has begun, on one thread or more
};

extern _Thread_local struct ct_thread_state ct_thread_state;

/// Whether operations on this thread record gradients (initially true).
static inline bool ct_grad_enabled(void) { return ct_thread_state.grad_enabled; }
static inline void ct_set_grad_enabled(bool enabled) { ct_thread_state.grad_enabled = enabled; }

/// Whether this thread is in inference mode (initially false).
static inline bool ct_inference_mode(void) { return ct_thread_state.inference_mode; }
static inline void ct_set_inference_mode(bool enabled) { ct_thread_state.inference_mode = enabled; }

/// Whether modules that are made on this thread draw no first values (initially false).
static inline bool ct_skips_draws(void) { return ct_thread_state.skips_draws; }
static inline void ct_set_skips_draws(bool skips) { ct_thread_state.skips_draws = skips; }

/// How many scopes on this thread have asked for serial work; each `enter` needs its `leave`.
static inline int ct_serial_depth(void) { return ct_thread_state.serial_depth; }
static inline void ct_serial_enter(void) { ct_thread_state.serial_depth += 1; }
static inline void ct_serial_leave(void) { ct_thread_state.serial_depth -= 1; }

/// The innermost fault context of this thread; its owner gives it meaning.
static inline void *_Nullable ct_fault_context(void) { return ct_thread_state.fault_context; }
static inline void ct_set_fault_context(void *_Nullable context) { ct_thread_state.fault_context = context; }

/// The autocast state of this thread, null when autocast is off.
static inline void *_Nullable ct_autocast(void) { return ct_thread_state.autocast; }
static inline void ct_set_autocast(void *_Nullable state) { ct_thread_state.autocast = state; }

/// The profiler that watches this thread, null when none does.
static inline void *_Nullable ct_profiler(void) { return ct_thread_state.profiler; }
static inline void ct_set_profiler(void *_Nullable state) { ct_thread_state.profiler = state; }

/// How many parallel regions this thread has begun so far, those that ran on one thread included.
static inline unsigned long ct_regions(void) { return ct_thread_state.regions; }

/// The time of a clock that nobody sets, in nanoseconds.
unsigned long long ct_nanoseconds(void);

/// The generator that stands in for the process's own on this thread, null when none does.
static inline void *_Nullable ct_generator(void) { return ct_thread_state.generator; }
static inline void ct_set_generator(void *_Nullable generator) { ct_thread_state.generator = generator; }

/// What this thread is of a data loader's workers, null when it is none; its owner gives it meaning.
static inline void *_Nullable ct_worker(void) { return ct_thread_state.worker; }
static inline void ct_set_worker(void *_Nullable worker) { ct_thread_state.worker = worker; }

/// The streams of devices that work on this thread goes by, null where it goes by the default ones; its owner gives it meaning.
static inline void *_Nullable ct_streams(void) { return ct_thread_state.streams; }
static inline void ct_set_streams(void *_Nullable streams) { ct_thread_state.streams = streams; }

/// Which device of a kind this thread means where it names none (initially 0); the kinds are 0 and 1.
static inline int ct_current_device(int kind) { return ct_thread_state.current_devices[kind]; }
static inline void ct_set_current_device(int kind, int index) { ct_thread_state.current_devices[kind] = index; }

/// This thread's place in the team of the region it is running, 0 outside of regions. Always below
/// `ct_num_threads()` as it was when the region began, so it can index per-thread scratch.
static inline int ct_thread_index(void) { return ct_thread_state.thread_index; }

/// Whether this thread is running the body of `ct_parallel_for` as part of a team.
static inline bool ct_inside_region(void) { return ct_thread_state.inside_region; }

/// The most threads a region may use: what `ct_set_num_threads` said, else OMP_NUM_THREADS, else the processors
/// this process may run on. Always 1 where TORCH_POOL=serial is set or the platform has no pool.
int ct_num_threads(void);

/// Sets the most threads a region may use, for this library and for oneDNN; values below 1 count as 1.
/// The work of one thread only is never handed out, so 1 also turns the pool off.
void ct_set_num_threads(int count);

/// Work on the half-open range `begin..<end`, done by team member `thread`.
typedef void (*ct_range_body)(void *_Nullable context, ptrdiff_t begin, ptrdiff_t end, int thread);

/// Splits `0..<count` into one contiguous range per thread and returns when all are done.
///
/// Ranges hold at least `grain` elements (the last ones a little fewer when `count` does not divide evenly). The body
/// runs once, inline, on the whole range when `count <= grain`, when the caller is inside a region or a serial scope,
/// or when another thread is computing at this moment: waiting for it would cost more than doing the work.
void ct_parallel_for(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *_Nullable context);

/// As `ct_parallel_for`, but the body runs once for every few tasks, and threads that are done early take what others have
/// left: for tasks that each compute enough, and whose results do not depend on who computes them. Where a thread gets less of its
/// processor than another, as on a shared machine, both still end together.
void ct_parallel_tasks(ptrdiff_t count, ptrdiff_t grain, ct_range_body body, void *_Nullable context);

/// Work of team member `thread` of `team`.
typedef void (*ct_team_body)(void *_Nullable context, int thread, int team);

/// Runs the body once on each of up to `most` threads, and returns when all are done; on the caller alone where
/// `ct_parallel_for` would run inline. For work that hands out its parts by itself.
void ct_team_run(int most, ct_team_body body, void *_Nullable context);

/// Opens the pool to a library that forks OpenMP regions by itself. Returns how many threads it may use, and has told
/// OpenMP so on the calling thread; the number is 1 in the cases where `ct_parallel_for` would run inline.
/// Pass the result to `ct_team_leave` on the same thread when the library has returned.
int ct_team_enter(void);
void ct_team_leave(int threads);

/// Borrows memory to work in, of at least `size` bytes and aligned to a page; null when there is none. A bounded number
/// of blocks is kept for the next borrower.
void *_Nullable ct_scratch_borrow(size_t size);
void ct_scratch_return(void *block);

/// Frees the idle blocks.
void ct_scratch_clear(void);

#if defined(__cplusplus)
}
#endif

#pragma clang assume_nonnull end
