// Selection and sort of a few among many, in exactly the steps of the C++ standard library that PyTorch is built with (GNU's):
// those decide which of equal elements are kept and in what order. Defines, for ITEM and BEFORE(a, b), functions of NAME.

static void NAME(sift)(ITEM *heap, ptrdiff_t hole, ptrdiff_t n, ITEM value) {
  // Down to a leaf along the later children, then up again to where the value belongs.
  ptrdiff_t top = hole;
  for (ptrdiff_t child = 2 * hole + 2; child <= n; child = 2 * hole + 2) {
    if (child == n || BEFORE(heap[child], heap[child - 1])) child--;
    heap[hole] = heap[child];
    hole = child;
  }
  while (hole > top && BEFORE(heap[(hole - 1) / 2], value)) {
    heap[hole] = heap[(hole - 1) / 2];
    hole = (hole - 1) / 2;
  }
  heap[hole] = value;
}

static void NAME(make_heap)(ptrdiff_t n, ITEM *heap) {
  for (ptrdiff_t i = n / 2 - 1; i >= 0; i--) NAME(sift)(heap, i, n, heap[i]);
}

// The first `n` of all items as a heap, its last one on top.
static void NAME(heap_select)(ptrdiff_t n, ITEM *items, ptrdiff_t all) {
  NAME(make_heap)(n, items);
  for (ptrdiff_t i = n; i < all; i++) {
    if (!BEFORE(items[i], items[0])) continue;
    ITEM value = items[i];
    items[i] = items[0];
    NAME(sift)(items, 0, n, value);
  }
}

static void NAME(sort_heap)(ptrdiff_t n, ITEM *heap) {
  for (ptrdiff_t last = n - 1; last > 0; last--) {
    ITEM value = heap[last];
    heap[last] = heap[0];
    NAME(sift)(heap, 0, last, value);
  }
}

static inline void NAME(swap)(ITEM *a, ITEM *b) {
  ITEM t = *a;
  *a = *b;
  *b = t;
}

// Parts around the median of the second, the middle and the last item, which goes first; gives where the later part begins.
static ITEM *NAME(part)(ITEM *first, ITEM *last) {
  ITEM *a = first + 1, *b = first + (last - first) / 2, *c = last - 1;
  ITEM *median = BEFORE(*a, *b) ? (BEFORE(*b, *c) ? b : BEFORE(*a, *c) ? c : a)
                                : (BEFORE(*a, *c) ? a : BEFORE(*b, *c) ? c : b);
  NAME(swap)(first, median);
  ITEM *low = first + 1, *high = last;
  for (;;) {
    while (BEFORE(*low, *first)) low++;
    high--;
    while (BEFORE(*first, *high)) high--;
    if (low >= high) return low;
    NAME(swap)(low++, high);
  }
}

// Puts *last among those before it, the first of which is not after it.
static void NAME(insert)(ITEM *last) {
  ITEM value = *last;
  for (; BEFORE(value, last[-1]); last--) *last = last[-1];
  *last = value;
}

static void NAME(insertion_sort)(ITEM *first, ITEM *last) {
  for (ITEM *i = first + 1; i < last; i++) {
    if (BEFORE(*i, *first)) {
      ITEM value = *i;
      memmove(first + 1, first, (size_t)(i - first) * sizeof(ITEM));
      *first = value;
    } else {
      NAME(insert)(i);
    }
  }
}

static int NAME(depth)(ptrdiff_t n) { return n > 0 ? 2 * (63 - __builtin_clzll((unsigned long long)n)) : 0; }

// Brings the item that belongs at `nth` there, with none after it before and none before it behind.
static void NAME(select)(ITEM *first, ITEM *nth, ITEM *last) {
  if (first == last || nth == last) return;
  int depth = NAME(depth)(last - first);
  while (last - first > 3) {
    if (depth-- == 0) {
      NAME(heap_select)(nth + 1 - first, first, last - first);
      NAME(swap)(first, nth);
      return;
    }
    ITEM *cut = NAME(part)(first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  NAME(insertion_sort)(first, last);
}

enum { NAME(few) = 16 };

static void NAME(rough_sort)(ITEM *first, ITEM *last, int depth) {
  while (last - first > NAME(few)) {
    if (depth-- == 0) {
      NAME(make_heap)(last - first, first);
      NAME(sort_heap)(last - first, first);
      return;
    }
    ITEM *cut = NAME(part)(first, last);
    NAME(rough_sort)(cut, last, depth);
    last = cut;
  }
}

static void NAME(quick_sort)(ITEM *first, ITEM *last) {
  if (first == last) return;
  NAME(rough_sort)(first, last, NAME(depth)(last - first));
  if (last - first > NAME(few)) {
    NAME(insertion_sort)(first, first + NAME(few));
    for (ITEM *i = first + NAME(few); i < last; i++) NAME(insert)(i);
  } else {
    NAME(insertion_sort)(first, last);
  }
}

static void NAME(top)(ptrdiff_t n, ptrdiff_t k, ITEM *items) {
  if (k == 0) return;
  if (k * 64 <= n) {
    NAME(heap_select)(k, items, n);
    NAME(sort_heap)(k, items);
  } else {
    NAME(select)(items, items + k - 1, items + n);
    NAME(quick_sort)(items, items + k - 1);
  }
}
