// What is kept between calls: plans by key. No oneDNN in here.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/// The head of a kept plan; the plan's own fields follow it in memory.
struct kept {
  struct kept *same_bucket;
  struct kept *older, *newer;
  uint64_t hash;
  atomic_int owners;              // the table, and every call that runs the plan at this moment
  int32_t word_count;
  int64_t *words;                 // the key, owned
  void (*destroy)(struct kept *);  // frees the plan, this head included
};

/// The plan under this key with one owner more, or null.
struct kept *keep_find(const int64_t *words, int count);

/// Takes in a fresh plan (owners and destroy need not be set up yet: pass the latter here) and returns the one to use,
/// owned once by the caller. When another thread was faster with the same key, that is the other's plan and the fresh
/// one is gone. The least recently used plan leaves when there are too many.
struct kept *keep_insert(struct kept *fresh, const int64_t *words, int count, void (*destroy)(struct kept *));

/// Gives up one ownership.
void keep_leave(struct kept *plan);

/// Forgets all plans; those in use die with their last owner.
void keep_clear(void);
