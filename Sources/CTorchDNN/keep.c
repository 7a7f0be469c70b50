// A bounded table of plans, least recently used out first, and a bounded pool of work buffers.
#include "keep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  BUCKETS = 1024,        // a power of two
  MOST_PLANS = 1024,
  MOST_BUFFERS = 16,
  PAGE = 4096,
};
static const size_t MOST_IDLE_BYTES = (size_t)512 << 20;

// MARK: plans

static pthread_mutex_t plans_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *buckets[BUCKETS];
static struct kept *newest, *oldest;
static int plan_count;

static uint64_t hash_of(const int64_t *words, int count) {
  uint64_t hash = (uint64_t)count;
  for (int i = 0; i < count; i++) {
    hash = (hash ^ (uint64_t)words[i]) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash;
}

static struct kept *look_up(uint64_t hash, const int64_t *words, int count) {
  struct kept *plan = buckets[hash & (BUCKETS - 1)];
  while (plan && !(plan->hash == hash && plan->word_count == count &&
                   memcmp(plan->words, words, (size_t)count * sizeof *words) == 0)) {
    plan = plan->same_bucket;
  }
  return plan;
}

static void link_newest(struct kept *plan) {
  plan->older = newest;
  plan->newer = NULL;
  if (newest) newest->newer = plan;
  newest = plan;
  if (!oldest) oldest = plan;
}

static void unlink_age(struct kept *plan) {
  if (plan->newer) plan->newer->older = plan->older;
  else newest = plan->older;
  if (plan->older) plan->older->newer = plan->newer;
  else oldest = plan->newer;
}

/// Takes the oldest plan out of the table; the caller leaves it after unlocking.
static struct kept *take_oldest(void) {
  struct kept *plan = oldest;
  unlink_age(plan);
  struct kept **link = &buckets[plan->hash & (BUCKETS - 1)];
  while (*link != plan) link = &(*link)->same_bucket;
  *link = plan->same_bucket;
  plan_count -= 1;
  return plan;
}

struct kept *keep_find(const int64_t *words, int count) {
  uint64_t hash = hash_of(words, count);
  pthread_mutex_lock(&plans_lock);
  struct kept *plan = look_up(hash, words, count);
  if (plan) {
    atomic_fetch_add_explicit(&plan->owners, 1, memory_order_relaxed);
    if (plan != newest) {
      unlink_age(plan);
      link_newest(plan);
    }
  }
  pthread_mutex_unlock(&plans_lock);
  return plan;
}

struct kept *keep_insert(struct kept *fresh, const int64_t *words, int count, void (*destroy)(struct kept *)) {
  fresh->hash = hash_of(words, count);
  fresh->destroy = destroy;
  fresh->word_count = count;
  fresh->words = malloc((size_t)count * sizeof *words);
  if (!fresh->words) {  // used once, not kept
    atomic_init(&fresh->owners, 1);
    return fresh;
  }
  memcpy(fresh->words, words, (size_t)count * sizeof *words);
  atomic_init(&fresh->owners, 2);

  struct kept *evicted = NULL;
  pthread_mutex_lock(&plans_lock);
  struct kept *present = look_up(fresh->hash, words, count);
  if (present) {
    atomic_fetch_add_explicit(&present->owners, 1, memory_order_relaxed);
  } else {
    struct kept **bucket = &buckets[fresh->hash & (BUCKETS - 1)];
    fresh->same_bucket = *bucket;
    *bucket = fresh;
    link_newest(fresh);
    plan_count += 1;
    if (plan_count > MOST_PLANS) evicted = take_oldest();
  }
  pthread_mutex_unlock(&plans_lock);

  if (evicted) keep_leave(evicted);
  if (!present) return fresh;
  atomic_store_explicit(&fresh->owners, 1, memory_order_relaxed);
  keep_leave(fresh);
  return present;
}

void keep_leave(struct kept *plan) {
  if (atomic_fetch_sub_explicit(&plan->owners, 1, memory_order_acq_rel) != 1) return;
  free(plan->words);
  plan->destroy(plan);
}

void keep_clear(void) {
  for (;;) {
    pthread_mutex_lock(&plans_lock);
    struct kept *plan = oldest ? take_oldest() : NULL;
    pthread_mutex_unlock(&plans_lock);
    if (!plan) return;
    keep_leave(plan);
  }
}

// MARK: work buffers

// A buffer is preceded by one page that holds its size, so that any pointer handed out is aligned to a page.
static pthread_mutex_t buffers_lock = PTHREAD_MUTEX_INITIALIZER;
static char *idle[MOST_BUFFERS];  // in the order of their return
static int idle_count;
static size_t idle_bytes;

static size_t size_of_buffer(const char *block) {
  size_t size;
  memcpy(&size, block, sizeof size);
  return size;
}

static char *take_idle(int index) {
  char *block = idle[index];
  idle_count -= 1;
  memmove(idle + index, idle + index + 1, (size_t)(idle_count - index) * sizeof *idle);
  idle_bytes -= size_of_buffer(block);
  return block;
}

void *buffer_borrow(size_t size) {
  char *block = NULL;
  pthread_mutex_lock(&buffers_lock);
  int best = -1;
  for (int i = idle_count - 1; i >= 0; i--) {
    size_t has = size_of_buffer(idle[i]);
    if (has >= size && (best < 0 || has < size_of_buffer(idle[best]))) best = i;
  }
  if (best >= 0) block = take_idle(best);
  pthread_mutex_unlock(&buffers_lock);
  if (!block) {
    // Rounded up by an eighth of its order of magnitude, so that nearly equal shapes share buffers.
    if (size > SIZE_MAX / 4) return NULL;
    size_t step = PAGE;
    while (step < size / 8) step *= 2;
    size_t rounded = (size + step - 1) / step * step;
    block = aligned_alloc(PAGE, PAGE + rounded);
    if (!block) return NULL;
    memcpy(block, &rounded, sizeof rounded);
  }
  return block + PAGE;
}

void buffer_return(void *buffer) {
  char *block = (char *)buffer - PAGE;
  size_t size = size_of_buffer(block);
  char *leaving[MOST_BUFFERS + 1];
  int leaving_count = 0;
  pthread_mutex_lock(&buffers_lock);
  if (size > MOST_IDLE_BYTES) {
    leaving[leaving_count++] = block;
  } else {
    // The longest idle ones make room.
    while (idle_count > 0 && (idle_count == MOST_BUFFERS || idle_bytes + size > MOST_IDLE_BYTES)) {
      leaving[leaving_count++] = take_idle(0);
    }
    idle[idle_count++] = block;
    idle_bytes += size;
  }
  pthread_mutex_unlock(&buffers_lock);
  for (int i = 0; i < leaving_count; i++) free(leaving[i]);
}

void buffer_clear(void) {
  for (;;) {
    pthread_mutex_lock(&buffers_lock);
    char *block = idle_count > 0 ? take_idle(idle_count - 1) : NULL;
    pthread_mutex_unlock(&buffers_lock);
    if (!block) return;
    free(block);
  }
}
