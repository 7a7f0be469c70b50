// Starting the pool's workers.
//
// A new thread may be put on the processor of the thread that made it. That one waits for it in a loop, so that neither
// gets anywhere until the system takes the processor away: several milliseconds, at the first parallel region of every
// process. Two things avoid it. libgomp sleeps instead of looping where it has more threads than processors, so the first
// team is one too many; and each worker moves to a processor of its own before there is work.
#if defined(__linux__)
#define _GNU_SOURCE

#include <sched.h>
#include <stddef.h>

#include "openmp.h"

struct start {
  int processor;     // of the thread that starts the others
  char begun, done;  // addresses for the sanitizer
};

/// The `place`-th processor of a mask, not counting `taken`; -1 where there are not so many.
static int processor_at(const cpu_set_t *mask, int place, int taken) {
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (i != taken && CPU_ISSET(i, mask) && place-- == 0) return i;
  return -1;
}

static void move_apart(void *context) {
  struct start *start = context;
  CT_ORDER_AFTER(&start->begun);
  int index = omp_get_thread_num();
  cpu_set_t mask;
  // A machine with more processors than the mask has room for needs no such help.
  if (index == 0 || sched_getaffinity(0, sizeof mask, &mask) != 0) return;
  int processor = processor_at(&mask, index - 1, start->processor);
  CT_ORDER_BEFORE(&start->done);
  if (processor < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  // The move is done when the call returns; afterwards the worker is as free as it was.
  if (sched_setaffinity(0, sizeof one, &one) == 0) sched_setaffinity(0, sizeof mask, &mask);
}

void start_workers(int threads) {
  int processors = omp_get_num_procs();
  if (threads > processors) return;  // libgomp sleeps anyway
  struct start start = {.processor = sched_getcpu()};
  // Where most processors are left over, a new thread finds a free one, and a larger team would cost more than it saves.
  int team = processors <= 2 * threads ? processors + 1 : threads;
  CT_ORDER_BEFORE(&start.begun);
  GOMP_parallel(move_apart, &start, (unsigned)team, 0);
  CT_ORDER_AFTER(&start.done);
}
#endif
