// Which of equal elements are among the first `k`: exactly the steps of the C++ standard library that PyTorch is built with (GNU's)
// decide that, so rows where it matters go through them. Items are a key and a place, as in sort.cl.

typedef struct {
  u64 key;
  i64 at;
} Item;

typedef struct {
  GLOBAL u64 *keys;
  GLOBAL i64 *places;
} Items;

DEVICE Item item_at(Items items, i64 i) {
  Item item;
  item.key = items.keys[i];
  item.at = items.places[i];
  return item;
}

DEVICE void put(Items items, i64 i, Item item) {
  items.keys[i] = item.key;
  items.places[i] = item.at;
}

DEVICE void move(Items items, i64 to, i64 from) { put(items, to, item_at(items, from)); }

DEVICE void exchange(Items items, i64 a, i64 b) {
  Item item = item_at(items, a);
  move(items, a, b);
  put(items, b, item);
}

#define BEFORE(a, b) (items.keys[a] < items.keys[b])

/// Down to a leaf along the later children, then up again to where the item belongs; `first` is where the heap begins.
DEVICE void sift(Items items, i64 first, i64 hole, i64 n, Item item) {
  i64 top = hole;
  for (i64 child = 2 * hole + 2; child <= n; child = 2 * hole + 2) {
    if (child == n || BEFORE(first + child, first + child - 1)) child--;
    move(items, first + hole, first + child);
    hole = child;
  }
  while (hole > top && items.keys[first + (hole - 1) / 2] < item.key) {
    move(items, first + hole, first + (hole - 1) / 2);
    hole = (hole - 1) / 2;
  }
  put(items, first + hole, item);
}

DEVICE void make_heap(Items items, i64 first, i64 n) {
  for (i64 i = n / 2 - 1; i >= 0; i--) sift(items, first, i, n, item_at(items, first + i));
}

/// Takes item `i` into a heap of `n` where it comes before the last one, which is on top and goes.
DEVICE void heap_offer(Items items, i64 first, i64 n, i64 i) {
  if (!BEFORE(first + i, first)) return;
  Item item = item_at(items, first + i);
  move(items, first + i, first);
  sift(items, first, 0, n, item);
}

/// The first `n` of `all` items as a heap, its last one on top.
DEVICE void heap_select(Items items, i64 first, i64 n, i64 all) {
  make_heap(items, first, n);
  for (i64 i = n; i < all; i++) heap_offer(items, first, n, i);
}

DEVICE void sort_heap(Items items, i64 first, i64 n) {
  for (i64 last = n - 1; last > 0; last--) {
    Item item = item_at(items, first + last);
    move(items, first + last, first);
    sift(items, first, 0, last, item);
  }
}

/// Parts around the median of the second, the middle and the last item, which goes first; gives where the later part begins.
DEVICE i64 part(Items items, i64 first, i64 last) {
  i64 a = first + 1, b = first + (last - first) / 2, c = last - 1, median;
  if (BEFORE(a, b)) median = BEFORE(b, c) ? b : BEFORE(a, c) ? c : a;
  else median = BEFORE(a, c) ? a : BEFORE(b, c) ? c : b;
  exchange(items, first, median);
  i64 low = first + 1, high = last;
  for (;;) {
    while (BEFORE(low, first)) low++;
    high--;
    while (BEFORE(first, high)) high--;
    if (low >= high) return low;
    exchange(items, low, high);
    low++;
  }
}

/// Puts an item among those before it, but not before `first`.
DEVICE void insert(Items items, i64 first, i64 last) {
  Item item = item_at(items, last);
  for (; last > first && item.key < items.keys[last - 1]; last--) move(items, last, last - 1);
  put(items, last, item);
}

DEVICE void insertion_sort(Items items, i64 first, i64 last) {
  for (i64 i = first + 1; i < last; i++) insert(items, first, i);
}

DEVICE int depth_of(i64 n) {
  int depth = 0;
  for (; n > 1; n >>= 1) depth += 2;
  return depth;
}

/// Brings the item that belongs at `nth` there, with none after it before and none before it behind.
DEVICE void select_item(Items items, i64 first, i64 nth, i64 last) {
  if (first == last || nth == last) return;
  int depth = depth_of(last - first);
  while (last - first > 3) {
    if (depth-- == 0) {
      heap_select(items, first, nth + 1 - first, last - first);
      exchange(items, first, nth);
      return;
    }
    i64 cut = part(items, first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  insertion_sort(items, first, last);
}

/// A range at a time; the later parts wait on a stack, at most one for each step of the depth.
DEVICE void quick_sort(Items items, i64 first, i64 last) {
  if (first == last) return;
  i64 begins[128], ends[128];
  int depths[128], waiting = 1;
  begins[0] = first;
  ends[0] = last;
  depths[0] = depth_of(last - first);
  while (waiting > 0) {
    waiting--;
    i64 from = begins[waiting], to = ends[waiting];
    int depth = depths[waiting];
    while (to - from > 16) {
      if (depth-- == 0) {
        make_heap(items, from, to - from);
        sort_heap(items, from, to - from);
        break;
      }
      i64 cut = part(items, from, to);
      begins[waiting] = cut;
      ends[waiting] = to;
      depths[waiting] = depth;
      waiting++;
      to = cut;
    }
  }
  insertion_sort(items, first, last);
}

/// Sorted rows whose first `k + 1` items have equal keys among them: chosen and put in order anew. A group for each row: one
/// lane takes the steps, the others look ahead for items that a heap has room for, and skip the rest.
KERNEL choose_equals(
  i64 rows, i64 n, i64 k, GLOBAL u64 *keys, GLOBAL i64 *places, GLOBAL u64 *spare_keys, GLOBAL i64 *spare_places) {
  LOCAL i32 nearest[GROUP_LANES];
  LOCAL i32 hit[GROUP_LANES];
  Items items;
  items.keys = spare_keys;
  items.places = spare_places;
  int lane = (int)LANE(0);
  for (i64 row = (i64)GROUP(0); row < rows; row += (i64)GROUPS(0)) {
    i64 first = row * n;
    i32 meets = 0;
    for (i64 i = lane; i < k && i + 1 < n; i += GROUP_LANES) meets |= keys[first + i] == keys[first + i + 1];
    hit[lane] = meets;
    JOIN_LANES(lane, reach, hit[lane] |= hit[lane + reach]);
    meets = hit[0];
    BARRIER;
    if (!meets) continue;
    for (i64 i = lane; i < n; i += GROUP_LANES) {
      i64 at = places[first + i];
      spare_keys[first + at] = keys[first + i];
      spare_places[first + at] = at;
    }
    MEMORY_BARRIER;
    if (k * 64 <= n) {
      if (lane == 0) make_heap(items, first, k);
      MEMORY_BARRIER;
      for (i64 round = k; round < n; round += GROUP_LANES) {
        // The heap's top only falls: what has no room now has none later.
        i64 i = round + lane;
        i32 is_hit = i < n && BEFORE(first + i, first);
        hit[lane] = is_hit;
        nearest[lane] = is_hit ? lane : GROUP_LANES;
        MEMORY_BARRIER;
        for (int reach = GROUP_LANES / 2; reach > 0; reach /= 2) {
          if (lane < reach && nearest[lane + reach] < nearest[lane]) nearest[lane] = nearest[lane + reach];
          BARRIER;
        }
        if (lane == 0) {
          for (int l = nearest[0]; l < GROUP_LANES; l++) {
            if (hit[l]) heap_offer(items, first, k, round + l);
          }
        }
        MEMORY_BARRIER;
      }
      if (lane == 0) sort_heap(items, first, k);
    } else if (lane == 0) {
      select_item(items, first, first + k - 1, first + n);
      quick_sort(items, first, first + k - 1);
    }
    MEMORY_BARRIER;
    for (i64 i = lane; i < k; i += GROUP_LANES) places[first + i] = spare_places[first + i];
    MEMORY_BARRIER;
  }
}
