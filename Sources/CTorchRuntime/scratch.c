// Memory to work in: a bounded number of blocks that are kept from one borrower to the next.
#if defined(__linux__)
#define _GNU_SOURCE
#include <sys/mman.h>
#endif

#include "CTorchRuntime.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_BLOCKS = 16,
  PAGE = 4096,
  LARGE_PAGE = 2 << 20,
};
static const size_t MOST_IDLE_BYTES = (size_t)512 << 20;


// A block is preceded by one page that holds its size, so that any pointer handed out is aligned to a page.
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static char *idle[MOST_BLOCKS];  // in the order of their return
static int idle_count;
static size_t idle_bytes;

static size_t size_of_block(const char *block) {
  size_t size;
  memcpy(&size, block, sizeof size);
  return size;
}

static char *take_idle(int index) {
  char *block = idle[index];
  idle_count -= 1;
  memmove(idle + index, idle + index + 1, (size_t)(idle_count - index) * sizeof *idle);
  idle_bytes -= size_of_block(block);
  return block;
}

void *ct_scratch_borrow(size_t size) {
  char *block = NULL;
  pthread_mutex_lock(&blocks_lock);
  int best = -1;
  for (int i = idle_count - 1; i >= 0; i--) {
    size_t has = size_of_block(idle[i]);
    if (has >= size && (best < 0 || has < size_of_block(idle[best]))) best = i;
  }
  if (best >= 0) block = take_idle(best);
  pthread_mutex_unlock(&blocks_lock);
  if (!block) {
    // Rounded up by an eighth of its order of magnitude, so that nearly equal shapes share blocks.
    if (size > SIZE_MAX / 4) return NULL;
    size_t step = PAGE;
    while (step < size / 8) step *= 2;
    size_t rounded = (size + step - 1) / step * step;
    // Large pages, where the block fills one: work in it jumps about, and addresses are found sooner.
    bool large = rounded >= LARGE_PAGE / 4;
    if (large) rounded = (PAGE + rounded + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE - PAGE;
    block = aligned_alloc(large ? LARGE_PAGE : PAGE, PAGE + rounded);
    if (!block) return NULL;
#if defined(__linux__)
    if (large) madvise(block, PAGE + rounded, MADV_HUGEPAGE);
#endif
    memcpy(block, &rounded, sizeof rounded);
  }
  return block + PAGE;
}

void ct_scratch_return(void *pointer) {
  char *block = (char *)pointer - PAGE;
  size_t size = size_of_block(block);
  char *leaving[MOST_BLOCKS + 1];
  int leaving_count = 0;
  pthread_mutex_lock(&blocks_lock);
  if (size > MOST_IDLE_BYTES) {
    leaving[leaving_count++] = block;
  } else {
    // The longest idle ones make room.
    while (idle_count > 0 && (idle_count == MOST_BLOCKS || idle_bytes + size > MOST_IDLE_BYTES)) {
      leaving[leaving_count++] = take_idle(0);
    }
    idle[idle_count++] = block;
    idle_bytes += size;
  }
  pthread_mutex_unlock(&blocks_lock);
  for (int i = 0; i < leaving_count; i++) free(leaving[i]);
}

void ct_scratch_clear(void) {
  for (;;) {
    pthread_mutex_lock(&blocks_lock);
    char *block = idle_count > 0 ? take_idle(idle_count - 1) : NULL;
    pthread_mutex_unlock(&blocks_lock);
    if (!block) return;
    free(block);
  }
}
