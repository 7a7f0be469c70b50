// What the parts of the fake share: contexts, streams and the work in them.
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "ptx.h"
#include "tg_cuda.h"

enum { MOST_DEVICES = 16, MOST_STREAMS = 512 };
enum { INVALID_VALUE = 1, NOT_INITIALISED = 3, INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719 };

typedef struct Stream Stream;

typedef struct {
  int device;
  size_t used;
  cu_result broken;  // a context that failed stays so
} Context;

typedef struct {
  Program *program;
  Function *function;
} Kernel;

/// How much of each stream's work comes before something.
typedef struct {
  uint32_t of[MOST_STREAMS];
} Clock;

/// A place in a stream's work.
typedef struct {
  int references;
  Stream *stream;
  uint64_t position;  // behind so much of its stream's work
  bool done, timed;
  double time;  // in milliseconds
  Clock clock;
} Record;

/// A product of matrices in the order of columns, as cuBLAS takes it.
typedef struct {
  bool turned[2];
  int64_t m, n, k, ld[3], stride[3], count;
  uint64_t at[3];
  int type;
  double alpha, beta;
} Product;

typedef struct Work {
  struct Work *next;
  enum { TO_DEVICE, TO_HOST, ON_DEVICE, LAUNCH, MARK, WAIT, PRODUCT } kind;
  uint64_t to, from;
  void *host;
  size_t size;
  int pinned;      // the number of the host's block, 0 for memory that is not pinned
  bool is_summed;  // whether `sum` is that of the bytes in it when the work was queued
  uint64_t sum;
  Program *program;
  Function *function;
  Size3 groups, lanes;
  char *parameters;
  Record *record;
  Product product;
  Clock *asked;  // what the host knew to be done when it asked for this
} Work;

extern pthread_mutex_t lock;
extern _Thread_local Context *current;
extern char last_words[2048];

#define ENTER \
  pthread_mutex_lock(&lock); \
  cu_result result = TG_CU_SUCCESS
#define LEAVE \
  pthread_mutex_unlock(&lock); \
  return result
/// Most calls belong to the thread's context.
#define ENTER_CONTEXT \
  ENTER; \
  Context *context = current; \
  if (!context) result = INVALID_CONTEXT; \
  else if (context->broken) result = context->broken; \
  if (!result)

int from_environment(const char *name, int otherwise);
bool is_stream_of(const void *stream, const Context *context);
/// Puts work into a stream, whose owner it then is.
cu_result queue(Stream *stream, Work work);

// MARK: orders

/// The clock and the number of the stream whose work is running; null for the host.
extern const Clock *running_clock;
extern int running_stream;

// MARK: the processor's pinned memory

void *host_add(size_t size);
bool host_remove(void *block);
/// The number of the pinned block that the bytes lie in; 0 where there is none.
int host_block(const void *bytes, size_t size);
bool host_is_gone(int block);
/// How many copies into the block are queued, counted on and down.
int host_arrivals(int block, int more);
uint64_t host_sum(const void *bytes, size_t size);
