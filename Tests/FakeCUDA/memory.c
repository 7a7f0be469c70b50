#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

/// Who touched so many bytes last, and at which of its stream's works.
enum { GRAIN = 64 };
typedef struct {
  int16_t writer, reader;
  uint32_t wrote, read;
} Touch;

typedef struct {
  char *bytes;
  Touch *touches;
  size_t size;
  int device;
  bool constant, gone;
} Block;

static Block *blocks;
static size_t count, room;

uint64_t memory_add(size_t size, int device, bool constant) {
  char *bytes = malloc(size ? size : 1);
  if (!bytes) return 0;
  // What nobody wrote is no zero.
  memset(bytes, 0xCB, size);
  if (count == room) {
    room = room ? room * 2 : 256;
    blocks = realloc(blocks, room * sizeof *blocks);
  }
  blocks[count] = (Block){bytes, calloc(size / GRAIN + 1, sizeof(Touch)), size, device, constant, false};
  // The first number is 1: a small number is no address.
  return GLOBAL_MARK | (uint64_t)++count << PLACE_BITS;
}

static Block *block_at(uint64_t address, uint64_t *place) {
  if ((address & MARKS) != GLOBAL_MARK) return NULL;
  uint64_t number = (address & ~MARKS) >> PLACE_BITS;
  *place = address & ((1ull << PLACE_BITS) - 1);
  return number >= 1 && number <= count ? &blocks[number - 1] : NULL;
}

bool memory_remove(uint64_t address, int device, size_t *size) {
  uint64_t place = 0;
  Block *block = block_at(address, &place);
  if (!block || block->gone || place || block->device != device) return false;
  *size = block->size;
  free(block->bytes), free(block->touches);
  block->bytes = NULL;
  block->gone = true;
  return true;
}

// What two streams did in no order, for `memory_words`.
static char race[200];

static bool races(const Touch *touch, uint64_t place, bool writes) {
  const Clock *clock = running_clock;
  int other = -1;
  const char *did = "writes";
  if (touch->wrote && touch->writer != running_stream && touch->wrote > clock->of[touch->writer]) {
    other = touch->writer;
  } else if (writes && touch->read && touch->reader != running_stream && touch->read > clock->of[touch->reader]) {
    other = touch->reader;
    did = "reads";
  }
  if (other >= 0)
    snprintf(
      race, sizeof race, "stream %d %s near byte %llu what stream %d %s, and neither waits for the other", running_stream,
      writes ? "writes" : "reads", (unsigned long long)place, other, did);
  return other >= 0;
}

char *memory_at(uint64_t address, size_t size, int device, bool writes) {
  uint64_t place = 0;
  Block *block = block_at(address, &place);
  race[0] = 0;
  if (!block || block->gone || place > block->size || size > block->size - place) return NULL;
  if (block->device >= 0 && block->device != device) return NULL;
  if (writes && block->constant) return NULL;
  if (running_clock && size)
    for (uint64_t grain = place / GRAIN; grain <= (place + size - 1) / GRAIN; grain++) {
      Touch *touch = &block->touches[grain];
      if (races(touch, grain * GRAIN, writes)) return NULL;
      uint32_t now = running_clock->of[running_stream];
      if (writes) touch->writer = (int16_t)running_stream, touch->wrote = now;
      else touch->reader = (int16_t)running_stream, touch->read = now;
    }
  return block->bytes + place;
}

bool memory_words(uint64_t address, char *words, size_t size) {
  if (race[0]) return snprintf(words, size, "%s", race), true;
  uint64_t place = 0;
  Block *block = block_at(address, &place);
  if (!block) {
    snprintf(words, size, "0x%llx is no address of a device", (unsigned long long)address);
  } else {
    snprintf(
      words, size, "byte %llu of a block of %zu bytes%s%s", (unsigned long long)place, block->size,
      block->gone ? " that was freed" : "", block->constant ? " of constants" : "");
  }
  return false;
}

// MARK: the processor's pinned memory

typedef struct {
  char *bytes;
  size_t size;
  bool gone;
  int arrivals;
} HostBlock;

static HostBlock *pinned;
static int pinned_count;

void *host_add(size_t size) {
  char *bytes = malloc(size);
  if (!bytes) return NULL;
  memset(bytes, 0xCB, size);
  pinned = realloc(pinned, (size_t)(pinned_count + 1) * sizeof *pinned);
  pinned[pinned_count++] = (HostBlock){bytes, size, false, 0};
  return bytes;
}

bool host_remove(void *block) {
  for (int i = 0; i < pinned_count; i++)
    if (pinned[i].bytes == block && !pinned[i].gone) {
      // The address is nobody else's, ever: whoever still uses it is seen.
      memset(block, 0xCB, pinned[i].size);
      return pinned[i].gone = true;
    }
  return false;
}

int host_block(const void *bytes, size_t size) {
  const char *start = bytes;
  for (int i = 0; i < pinned_count; i++)
    if (start >= pinned[i].bytes && start + size <= pinned[i].bytes + pinned[i].size) return i + 1;
  return 0;
}

bool host_is_gone(int block) { return pinned[block - 1].gone; }

int host_arrivals(int block, int more) {
  int before = pinned[block - 1].arrivals;
  pinned[block - 1].arrivals += more;
  return before;
}

uint64_t host_sum(const void *bytes, size_t size) {
  uint64_t sum = 14695981039346656037u;
  for (size_t i = 0; i < size; i++) sum = (sum ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
  return sum;
}
