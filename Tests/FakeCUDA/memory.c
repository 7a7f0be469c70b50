#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx.h"

typedef struct {
  char *bytes;
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
  blocks[count] = (Block){bytes, size, device, constant, false};
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
  free(block->bytes);
  block->bytes = NULL;
  block->gone = true;
  return true;
}

char *memory_at(uint64_t address, size_t size, int device, bool writes) {
  uint64_t place = 0;
  Block *block = block_at(address, &place);
  if (!block || block->gone || place > block->size || size > block->size - place) return NULL;
  if (block->device >= 0 && block->device != device) return NULL;
  if (writes && block->constant) return NULL;
  return block->bytes + place;
}

void memory_words(uint64_t address, char *words, size_t size) {
  uint64_t place = 0;
  Block *block = block_at(address, &place);
  if (!block) {
    snprintf(words, size, "0x%llx is no address of a device", (unsigned long long)address);
  } else {
    snprintf(
      words, size, "byte %llu of a block of %zu bytes%s%s", (unsigned long long)place, block->size,
      block->gone ? " that was freed" : "", block->constant ? " of constants" : "");
  }
}
