// The arithmetic of PTX: bits in, bits out.
#pragma once

#include "ptx.h"

static inline uint64_t cut(uint64_t bits, int size) { return size >= 8 ? bits : bits & ((1ull << size * 8) - 1); }

static inline int64_t extended(uint64_t bits, int size) {
  int away = 64 - size * 8;
  return (int64_t)(bits << away) >> away;
}

/// What an instruction makes of up to four numbers; false where it is not known here.
bool number(const Instruction *i, uint64_t x, uint64_t y, uint64_t z, uint64_t w, uint64_t *result);
/// An instruction of two numbers that is known.
uint64_t two(const Instruction *i, uint64_t x, uint64_t y);
/// Whether what setp asks holds.
bool compare(const Instruction *i, uint64_t x, uint64_t y);
