// A bounded table of plans, least recently used out first.
#include "keep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  BUCKETS = 1024,        // a power of two
  MOST_PLANS = 1024,
};

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
