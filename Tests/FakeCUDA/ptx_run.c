#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx.h"
#include "ptx_numbers.h"

typedef struct Frame {
  struct Frame *caller;
  Function *function;
  int at;
  const Instruction *call;  // that made it
  uint64_t *registers;
  char *parameters, *local;
} Frame;

typedef enum { RUNS, WAITS, ENDED } State;

typedef struct {
  Frame *frame;
  State state;
  Size3 lane;
  uint32_t number;
  bool carry;
} Thread;

/// Who touched a byte of shared memory since the last barrier.
typedef struct {
  uint32_t wrote_in, wrote, read_in, read;
} Touch;
enum { ATOMICALLY = 0x7fffffff, MANY = 0x7ffffffe };

typedef struct {
  Program *program;
  Function *function;
  Size3 groups, lanes, group;
  int device;
  char *shared;
  Touch *touches;
  uint32_t round;  // counts barriers
  char *trouble;
  size_t trouble_size;
  jmp_buf out;
} Run;

static _Noreturn void stop(Run *run, const Thread *t, const Instruction *i, const char *format, ...) {
  char words[600];
  va_list list;
  va_start(list, format);
  vsnprintf(words, sizeof words, format, list);
  va_end(list);
  const char *line = i && i->line <= run->program->line_count ? run->program->lines[i->line - 1] : "";
  while (*line == ' ' || *line == '\t') line++;
  snprintf(
    run->trouble, run->trouble_size, "kernel %s, group (%u, %u, %u), thread (%u, %u, %u), line %d of the PTX: %s: %s",
    run->function->name, run->group.x, run->group.y, run->group.z, t->lane.x, t->lane.y, t->lane.z, i ? i->line : 0, line,
    words);
  longjmp(run->out, 1);
}

// MARK: frames

static Frame *frame(Function *f) {
  size_t registers = (size_t)f->registers * 8, parameters = (f->parameter_bytes + 15) / 8 * 8;
  Frame *made = malloc(sizeof *made + registers + parameters + f->local_bytes + 16);
  *made = (Frame){.function = f, .registers = (uint64_t *)(made + 1)};
  made->parameters = (char *)made->registers + registers;
  made->local = made->parameters + parameters;
  // What nobody wrote is no zero.
  memset(made->registers, 0xCD, registers + parameters + f->local_bytes);
  return made;
}

static uint64_t raw(const Run *run, const Thread *t, const Operand *o) {
  switch (o->kind) {
  case REGISTER: return t->frame->registers[o->reg];
  case NUMBER: return o->bits;
  case TID_X: return t->lane.x;
  case TID_Y: return t->lane.y;
  case TID_Z: return t->lane.z;
  case NTID_X: return run->lanes.x;
  case NTID_Y: return run->lanes.y;
  case NTID_Z: return run->lanes.z;
  case CTAID_X: return run->group.x;
  case CTAID_Y: return run->group.y;
  case CTAID_Z: return run->group.z;
  case NCTAID_X: return run->groups.x;
  case NCTAID_Y: return run->groups.y;
  case NCTAID_Z: return run->groups.z;
  default: return 0;
  }
}

static uint64_t get(const Run *run, const Thread *t, const Operand *o, Type type) {
  uint64_t bits = raw(run, t, o);
  if (type.kind == PREDICATE) return (bits & 1) ^ o->inverted;
  return cut(bits, type.size);
}

static void put(Thread *t, const Operand *o, uint64_t bits) {
  if (o->kind == REGISTER) t->frame->registers[o->reg] = bits;
}

// MARK: memory

static void touch(Run *run, const Thread *t, const Instruction *i, uint64_t at, size_t size, bool writes, bool atomic) {
  uint32_t who = atomic ? ATOMICALLY : t->number;
  for (uint64_t b = at; b < at + size; b++) {
    Touch *touch = &run->touches[b];
    if (touch->wrote_in == run->round && touch->wrote != who)
      stop(run, t, i, "shared byte %llu was written by thread %u with no barrier since", (unsigned long long)b, touch->wrote);
    if (writes) {
      if (touch->read_in == run->round && touch->read != who)
        stop(run, t, i, "shared byte %llu was read by thread %u with no barrier since", (unsigned long long)b, touch->read);
      touch->wrote_in = run->round;
      touch->wrote = who;
    } else if (touch->read_in != run->round) {
      touch->read_in = run->round;
      touch->read = who;
    } else if (touch->read != who) {
      touch->read = MANY;
    }
  }
}

static char *reach(Run *run, Thread *t, const Instruction *i, size_t size, bool writes, bool atomic) {
  uint64_t address = raw(run, t, &i->base) + (uint64_t)i->offset;
  Space space = (Space)i->space;
  if (space == GENERIC)
    space = (address & MARKS) == LOCAL_MARK ? LOCAL : (address & MARKS) == SHARED_MARK ? SHARED : GLOBAL;
  if (address % size && space != PARAM)
    stop(run, t, i, "the address 0x%llx is not aligned for %zu bytes", (unsigned long long)address, size);
  Function *f = t->frame->function;
  uint64_t place = (uint32_t)address;
  size_t room = space == LOCAL ? f->local_bytes : space == SHARED ? run->function->shared_bytes : f->parameter_bytes;
  if (space == LOCAL || space == SHARED || space == PARAM) {
    if (place > room || size > room - place)
      stop(run, t, i, "%zu bytes at %llu of %zu of %s memory", size, (unsigned long long)place, room,
        space == LOCAL ? "the thread's" : space == SHARED ? "shared" : "parameters'");
    if (space == SHARED) touch(run, t, i, place, size, writes, atomic);
    return (space == LOCAL ? t->frame->local : space == SHARED ? run->shared : t->frame->parameters) + place;
  }
  char *bytes = memory_at(address, size, run->device, writes);
  if (!bytes) {
    char words[300];
    if (memory_words(address, words, sizeof words)) stop(run, t, i, "%s", words);
    stop(run, t, i, "%s %zu bytes out of bounds: %s", writes ? "writes" : "reads", size, words);
  }
  return bytes;
}

static uint64_t load(const char *bytes, Type type) {
  uint64_t bits = 0;
  memcpy(&bits, bytes, type.size);
  return type.kind == SIGNED ? (uint64_t)extended(bits, type.size) : bits;
}

static void atomic(Run *run, Thread *t, const Instruction *i) {
  char *bytes = reach(run, t, i, i->type.size, true, true);
  uint64_t old = load(bytes, i->type), x = get(run, t, &i->value[0], i->type), fresh;
  if (HAS(i, cas)) {
    fresh = cut(old, i->type.size) == x ? get(run, t, &i->value[1], i->type) : old;
  } else if (HAS(i, exch)) {
    fresh = x;
  } else if (HAS(i, inc)) {
    fresh = old >= x ? 0 : old + 1;
  } else {
    Op op = HAS(i, add) ? OP_add : HAS(i, min) ? OP_min : HAS(i, max) ? OP_max : HAS(i, and) ? OP_and
      : HAS(i, or) ? OP_or : HAS(i, xor) ? OP_xor : OP_COUNT;
    if (op == OP_COUNT) stop(run, t, i, "this is not known here");
    Instruction plain = {.op = (uint16_t)op, .type = i->type};
    fresh = two(&plain, old, x);
  }
  memcpy(bytes, &fresh, i->type.size);
  if (i->op == OP_atom) put(t, &i->to[0], old);
}

// MARK: instructions

/// mov between one register and its parts.
static void move(Run *run, Thread *t, const Instruction *i) {
  if (i->tos > 1) {
    uint64_t bits = get(run, t, &i->value[0], i->type);
    int part = i->type.size * 8 / i->tos;
    for (int k = 0; k < i->tos; k++) put(t, &i->to[k], cut(bits >> k * part, part / 8));
  } else if (i->values > 1) {
    uint64_t bits = 0;
    int part = i->type.size * 8 / i->values;
    for (int k = 0; k < i->values; k++) bits |= cut(raw(run, t, &i->value[k]), part / 8) << k * part;
    put(t, &i->to[0], bits);
  } else {
    put(t, &i->to[0], get(run, t, &i->value[0], i->type));
  }
}

static void with_carry(Run *run, Thread *t, const Instruction *i) {
  uint64_t x = get(run, t, &i->value[0], i->type), y = get(run, t, &i->value[1], i->type);
  unsigned __int128 sum;
  bool takes = i->op == OP_addc || i->op == OP_subc || i->op == OP_madc;
  if (i->op == OP_mad || i->op == OP_madc) {
    Instruction product = {.op = OP_mul, .type = i->type, .modifiers = i->modifiers};
    x = cut(two(&product, x, y), i->type.size);
    y = get(run, t, &i->value[2], i->type);
  }
  if (i->op == OP_sub || i->op == OP_subc) {
    sum = (unsigned __int128)x - y - (takes ? t->carry : 0);
  } else {
    sum = (unsigned __int128)x + y + (takes ? t->carry : 0);
  }
  if (HAS(i, cc)) t->carry = (sum >> (i->type.size * 8)) & 1;
  put(t, &i->to[0], cut((uint64_t)sum, i->type.size));
}

static void enter(Run *run, Thread *t, const Instruction *i) {
  Function *f = &run->program->functions[i->target];
  if (!f->defined) stop(run, t, i, "the function %s has no body", f->name);
  Frame *made = frame(f);
  for (int k = 0; k < i->arguments_count && k < f->parameter_count; k++)
    memcpy(made->parameters + f->parameters[k].offset, t->frame->parameters + i->arguments[k], f->parameters[k].size);
  made->caller = t->frame;
  made->call = i;
  t->frame = made;
}

static void leave(Thread *t) {
  Frame *done = t->frame;
  t->frame = done->caller;
  if (!t->frame) {
    t->state = ENDED;
  } else if (done->call->result_at >= 0) {
    memcpy(
      t->frame->parameters + done->call->result_at, done->parameters + done->function->result_at,
      done->function->result_size);
  }
  free(done);
}

/// Runs a thread until it ends or waits at a barrier.
static void proceed(Run *run, Thread *t) {
  t->state = RUNS;
  for (uint64_t steps = 0; t->state == RUNS; steps++) {
    if (t->frame->at >= t->frame->function->count) {
      leave(t);
      continue;
    }
    const Instruction *i = &t->frame->function->code[t->frame->at++];
    if (steps > 2000000000) stop(run, t, i, "the thread does not end");
    if (i->guard >= 0 && ((t->frame->registers[i->guard] & 1) != 0) == i->guard_inverted) continue;
    switch (i->op) {
    case OP_mov: move(run, t, i); break;
    case OP_ld: case OP_ldu: {
      const char *bytes = reach(run, t, i, (size_t)i->type.size * i->width, false, false);
      for (int k = 0; k < i->tos; k++) put(t, &i->to[k], load(bytes + k * i->type.size, i->type));
      break;
    }
    case OP_st: {
      char *bytes = reach(run, t, i, (size_t)i->type.size * i->width, true, false);
      for (int k = 0; k < i->values; k++) {
        uint64_t bits = raw(run, t, &i->value[k]);
        memcpy(bytes + k * i->type.size, &bits, i->type.size);
      }
      break;
    }
    case OP_cvta: {
      uint64_t address = raw(run, t, &i->value[0]), mark = i->space == LOCAL ? LOCAL_MARK : i->space == SHARED ? SHARED_MARK : 0;
      put(t, &i->to[0], HAS(i, to) ? address & ~mark : address | mark);
      break;
    }
    case OP_bra: t->frame->at = i->target; break;
    case OP_ret: leave(t); break;
    case OP_exit:
      while (t->state != ENDED) leave(t);
      break;
    case OP_trap: stop(run, t, i, "the kernel stops itself"); break;
    case OP_membar: case OP_fence: break;
    case OP_bar: case OP_barrier:
      if (i->values != 1 || get(run, t, &i->value[0], (Type){BITS, 4}) != 0)
        stop(run, t, i, "only the barrier of a whole group is known here");
      t->state = WAITS;
      break;
    case OP_call: enter(run, t, i); break;
    case OP_atom: case OP_red: atomic(run, t, i); break;
    case OP_setp: {
      bool holds = compare(i, get(run, t, &i->value[0], i->type), get(run, t, &i->value[1], i->type)), other = !holds;
      if (i->join) {
        Instruction join = {.op = i->join, .type = {PREDICATE, 1}};
        uint64_t c = get(run, t, &i->value[2], (Type){PREDICATE, 1});
        holds = two(&join, holds, c) & 1;
        other = two(&join, other, c) & 1;
      }
      put(t, &i->to[0], holds);
      if (i->tos > 1) put(t, &i->to[1], other);
      break;
    }
    case OP_selp: {
      bool first = get(run, t, &i->value[2], (Type){PREDICATE, 1});
      put(t, &i->to[0], get(run, t, &i->value[first ? 0 : 1], i->type));
      break;
    }
    case OP_addc: case OP_subc: case OP_madc: with_carry(run, t, i); break;
    default: {
      if (HAS(i, cc)) {
        with_carry(run, t, i);
        break;
      }
      uint64_t x = get(run, t, &i->value[0], i->op == OP_cvt ? i->from : i->type), result = 0;
      Type second = i->op == OP_shl || i->op == OP_shr ? (Type){BITS, 4} : i->type;
      uint64_t y = i->values > 1 ? get(run, t, &i->value[1], second) : 0;
      uint64_t z = 0, w = 0;
      if (i->values > 2) {
        Type wide = i->type;
        if (HAS(i, wide)) wide.size *= 2;
        z = i->op == OP_slct ? get(run, t, &i->value[2], i->from) : get(run, t, &i->value[2], wide);
      }
      if (i->values > 3) w = get(run, t, &i->value[3], i->type);
      if (!number(i, x, y, z, w, &result)) stop(run, t, i, "this is not known here");
      put(t, &i->to[0], result);
    }
    }
  }
}

// MARK: groups

/// All threads from barrier to barrier; back and forth, so that nothing leans on an order.
static void group(Run *run, Thread *threads, uint32_t count, const char *parameters) {
  Function *f = run->function;
  memset(run->shared, 0xCD, f->shared_bytes);
  for (uint32_t n = 0; n < count; n++) {
    Thread *t = &threads[n];
    *t = (Thread){.number = n, .lane = {n % run->lanes.x, n / run->lanes.x % run->lanes.y, n / run->lanes.x / run->lanes.y}};
    t->frame = frame(f);
    memcpy(t->frame->parameters, parameters, f->parameter_count ? f->parameters[f->parameter_count - 1].offset + f->parameters[f->parameter_count - 1].size : 0);
    if (!f->waits) proceed(run, t);
  }
  if (!f->waits) return;
  for (bool forth = true;; forth = !forth) {
    run->round++;
    uint32_t waiting = 0;
    for (uint32_t n = 0; n < count; n++) {
      Thread *t = &threads[forth ? n : count - 1 - n];
      if (t->state != ENDED) proceed(run, t);
      waiting += t->state == WAITS;
    }
    if (!waiting) return;
    for (uint32_t n = 0; n < count; n++) {
      Thread *t = &threads[n], *first = &threads[0];
      const Instruction *i = first->state == WAITS ? &first->frame->function->code[first->frame->at - 1] : NULL;
      if (t->state != WAITS || first->state != WAITS || t->frame->function != first->frame->function ||
          t->frame->at != first->frame->at)
        stop(run, t, i, "%u of %u threads are at a barrier, this one is not at that one", waiting, count);
    }
  }
}

bool ptx_run(
  Program *program, Function *function, Size3 groups, Size3 lanes, const char *parameters, int device, char *trouble,
  size_t size) {
  Run *run = calloc(1, sizeof *run);
  run->program = program;
  run->function = function;
  run->groups = groups;
  run->lanes = lanes;
  run->device = device;
  run->trouble = trouble;
  run->trouble_size = size;
  run->round = 1;
  run->shared = malloc(function->shared_bytes + 1);
  run->touches = calloc(function->shared_bytes + 1, sizeof *run->touches);
  uint32_t count = lanes.x * lanes.y * lanes.z;
  Thread *threads = calloc(count, sizeof *threads);
  bool good = false;
  if (!setjmp(run->out)) {
    for (uint32_t z = 0; z < groups.z; z++)
      for (uint32_t y = 0; y < groups.y; y++)
        for (uint32_t x = 0; x < groups.x; x++) {
          run->group = (Size3){x, y, z};
          group(run, threads, count, parameters);
          run->round++;
        }
    good = true;
  }
  // Frames of threads that a fault left where they were.
  for (uint32_t n = 0; n < count && !good; n++)
    while (threads[n].frame) {
      Frame *caller = threads[n].frame->caller;
      free(threads[n].frame);
      threads[n].frame = caller;
    }
  free(threads), free(run->shared), free(run->touches), free(run);
  return good;
}
