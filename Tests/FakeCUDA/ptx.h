// Programs of PTX: what a text says, decoded, and how it runs over this process's memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { BITS, SIGNED, FLOATING, PREDICATE } Kind;

typedef struct {
  uint8_t kind, size;  // size in bytes; 0 for predicates
} Type;

typedef enum { GENERIC, GLOBAL, SHARED, LOCAL, PARAM, CONSTANT } Space;

// Every instruction that is known, by the first word of its name.
#define EACH_OP(X) \
  X(mov) X(ld) X(ldu) X(st) X(cvta) X(cvt) X(add) X(addc) X(sub) X(subc) X(mul) X(mad) X(madc) X(fma) X(div) X(rem) \
  X(abs) X(neg) X(min) X(max) X(and) X(or) X(xor) X(not) X(cnot) X(shl) X(shr) X(setp) X(selp) X(slct) X(bra) X(ret) \
  X(exit) X(bar) X(barrier) X(call) X(rcp) X(sqrt) X(rsqrt) X(ex2) X(lg2) X(sin) X(cos) X(tanh) X(copysign) X(bfi) \
  X(bfe) X(prmt) X(popc) X(clz) X(brev) X(shf) X(lop3) X(atom) X(red) X(membar) X(fence) X(testp) X(trap)

typedef enum {
#define X(name) OP_##name,
  EACH_OP(X)
#undef X
  OP_COUNT
} Op;

// The words after an instruction's name that change what it does, as bits.
#define EACH_MODIFIER(X) \
  X(lo) X(hi) X(wide) X(cc) X(ftz) X(sat) X(rni) X(rzi) X(rmi) X(rpi) X(rn) X(rz) X(rm) X(rp) X(to) X(l) X(r) X(clamp) \
  X(NaN) X(cas) X(add) X(exch) X(min) X(max) X(and) X(or) X(xor) X(inc) X(finite) X(infinite) X(number) X(notanumber) \
  X(normal) X(subnormal)

enum {
#define X(name) BIT_##name,
  EACH_MODIFIER(X)
#undef X
};
#define HAS(instruction, name) (((instruction)->modifiers >> BIT_##name) & 1)

typedef enum {
  COMPARE_none, COMPARE_eq, COMPARE_ne, COMPARE_lt, COMPARE_le, COMPARE_gt, COMPARE_ge, COMPARE_equ, COMPARE_neu,
  COMPARE_ltu, COMPARE_leu, COMPARE_gtu, COMPARE_geu, COMPARE_num, COMPARE_nan
} Compare;

typedef enum {
  NOTHING, REGISTER, NUMBER, TID_X, TID_Y, TID_Z, NTID_X, NTID_Y, NTID_Z, CTAID_X, CTAID_Y, CTAID_Z, NCTAID_X, NCTAID_Y,
  NCTAID_Z
} OperandKind;

typedef struct {
  uint8_t kind;
  bool inverted;  // !%p
  int32_t reg;
  uint64_t bits;
} Operand;

enum { MOST_OPERANDS = 6, MOST_WIDTH = 4 };

typedef struct {
  uint16_t op;
  uint8_t compare, join, space, width;  // join: the op that setp joins by
  Type type, from;                      // `from`: the second type of cvt, slct and set
  uint64_t modifiers;
  int32_t guard;  // the predicate's register; -1 for none
  bool guard_inverted;
  Operand to[MOST_WIDTH], value[MOST_OPERANDS];
  int values, tos;
  Operand base;  // an address is this and an offset
  int64_t offset;
  int32_t target;  // where a branch goes, or the function that is called
  int32_t result_at, arguments_at, arguments_count;  // of calls: places in the caller's parameters
  int32_t *arguments;
  int line;
} Instruction;

typedef struct {
  size_t offset, size;
} Parameter;

typedef struct {
  char *name;
  bool entry, defined, waits;  // waits: it has a barrier or calls something
  Instruction *code;
  int count, registers;
  Parameter *parameters;
  int parameter_count;
  size_t parameter_bytes;  // those, and what calls pass
  size_t result_at, result_size;
  size_t local_bytes, shared_bytes;
} Function;

typedef struct {
  char **lines;  // of the text
  int line_count;
  Function *functions;
  int function_count;
  char trouble[512];  // why a text was not understood
} Program;

/// Decodes a text; null and words in `trouble` where it says what is not known here.
Program *ptx_parse(const char *text, char *trouble, size_t size);
Function *ptx_function(Program *program, const char *name);

// MARK: memory

// An address is a mark, the number of a block and a place in it. The marks make addresses that no processor has, so that whoever
// follows one outside of here ends there; and no step out of a block, however far, leads into another one unseen.
#define GLOBAL_MARK 0x4000000000000000u
#define LOCAL_MARK 0x2000000000000000u
#define SHARED_MARK 0x1000000000000000u
#define MARKS 0x7000000000000000u
enum { PLACE_BITS = 34 };

/// A block of memory of a device, -1 for all; 0 where there is no memory.
uint64_t memory_add(size_t size, int device, bool constant);
/// Frees a block; false where there is none at that address.
bool memory_remove(uint64_t address, int device, size_t *size);
/// What lies there; null where not all of it is in one block that the device may reach so.
char *memory_at(uint64_t address, size_t size, int device, bool writes);
/// Says of an address what it is, for whoever reads why a launch failed; true where streams met there in no order.
bool memory_words(uint64_t address, char *words, size_t size);

typedef struct {
  uint32_t x, y, z;
} Size3;

/// Runs all groups; false, and words in `trouble`, at the first thing that a GPU would not do.
bool ptx_run(
  Program *program, Function *function, Size3 groups, Size3 lanes, const char *parameters, int device, char *trouble,
  size_t size);
