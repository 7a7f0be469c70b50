#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx_reader.h"

// MARK: declarations

typedef struct {
  Type type;
  size_t align, count;
  char name[MOST_NAME];
} Declaration;

/// What stands after the space: .align 8 .b8 name[64], where no size makes one.
static Declaration declaration(Reader *r) {
  Declaration d = {.count = 1};
  for (;;) {
    next(r);
    if (!strcmp(r->word, ".align")) {
      d.align = (size_t)integer(r);
    } else if (r->word[0] == '.' && type_named(r->word + 1, &d.type)) {
    } else if (r->word[0] == '.') {  // .ptr, .noalias and their like say nothing here
    } else {
      break;
    }
  }
  if (strlen(r->word) >= MOST_NAME) ptx_stop(r, "the name %s is too long", r->word);
  strcpy(d.name, r->word);
  while (take(r, '[')) {
    d.count *= (size_t)integer(r);
    want(r, "]");
  }
  if (!d.align) d.align = d.type.size;
  if (!d.align) ptx_stop(r, "%s has no type", d.name);
  return d;
}

static size_t placed(size_t *end, const Declaration *d) {
  size_t at = (*end + d->align - 1) / d->align * d->align;
  *end = at + d->count * d->type.size;
  return at;
}

static void registers(Reader *r) {
  Type type = {0, 0};
  while (next(r)[0] == '.')
    if (!type_named(r->word + 1, &type)) ptx_stop(r, "registers of %s are not known here", r->word);
  for (;;) {
    char name[MOST_NAME], numbered[MOST_NAME + 16];
    if (strlen(r->word) >= MOST_NAME) ptx_stop(r, "the name %s is too long", r->word);
    strcpy(name, r->word);
    if (take(r, '<')) {
      int count = (int)integer(r);
      want(r, ">");
      for (int i = 0; i < count; i++) {
        snprintf(numbered, sizeof numbered, "%s%d", name, i);
        names_add(r, &r->locals, numbered, NAME_register, (uint64_t)r->function->registers++, type.size);
      }
    } else {
      names_add(r, &r->locals, name, NAME_register, (uint64_t)r->function->registers++, type.size);
    }
    if (!take(r, ',')) break;
    next(r);
  }
  want(r, ";");
}

/// .global and .const: memory with what stands after the sign of equality.
static void global(Reader *r) {
  Declaration d = declaration(r);
  size_t size = d.count * d.type.size;
  uint64_t address = memory_add(size, -1, true);
  char *bytes = memory_at(address, size, -1, false);
  if (!bytes) ptx_stop(r, "there is no memory for %s", d.name);
  memset(bytes, 0, size);
  if (take(r, '=')) {
    bool many = take(r, '{');
    for (size_t i = 0; i < d.count; i++) {
      uint64_t bits;
      if (d.type.kind == FLOATING) {
        next(r);
        bits = strtoull(r->word + 2, NULL, 16);
      } else {
        bits = (uint64_t)integer(r);
      }
      memcpy(bytes + i * d.type.size, &bits, d.type.size);
      if (!take(r, ',')) break;
    }
    if (many) want(r, "}");
  }
  want(r, ";");
  names_add(r, &r->globals, d.name, NAME_global, address, size);
}

// MARK: instructions

static Operand special(Reader *r, const char *word) {
  static const struct {
    const char *name;
    OperandKind kind;
  } all[] = {
    {"%tid.x", TID_X}, {"%tid.y", TID_Y}, {"%tid.z", TID_Z}, {"%ntid.x", NTID_X}, {"%ntid.y", NTID_Y}, {"%ntid.z", NTID_Z},
    {"%ctaid.x", CTAID_X}, {"%ctaid.y", CTAID_Y}, {"%ctaid.z", CTAID_Z}, {"%nctaid.x", NCTAID_X},
    {"%nctaid.y", NCTAID_Y}, {"%nctaid.z", NCTAID_Z}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (!strcmp(all[i].name, word)) return (Operand){.kind = (uint8_t)all[i].kind};
  ptx_stop(r, "the register %s is not known here", word);
}

static Operand operand(Reader *r, Type type) {
  Operand o = {.kind = NUMBER};
  if (take(r, '!')) {
    o = operand(r, type);
    o.inverted = true;
    return o;
  }
  char sign = peek(r);
  if (sign == '-') {
    o.bits = (uint64_t)integer(r);
    return o;
  }
  next(r);
  const char *word = r->word;
  if (isdigit((unsigned char)word[0])) {
    if (word[0] == '0' && (word[1] == 'f' || word[1] == 'F')) {
      o.bits = strtoull(word + 2, NULL, 16);
    } else if (word[0] == '0' && (word[1] == 'd' || word[1] == 'D')) {
      o.bits = strtoull(word + 2, NULL, 16);
      // A number of 64 bits where one of 32 is computed with.
      if (type.kind == FLOATING && type.size == 4) {
        double wide;
        memcpy(&wide, &o.bits, 8);
        float narrow = (float)wide;
        o.bits = 0;
        memcpy(&o.bits, &narrow, 4);
      }
    } else {
      o.bits = strtoull(word, NULL, 0);
    }
    return o;
  }
  if (!strcmp(word, "_")) return (Operand){.kind = NOTHING};
  if (word[0] == '%' && !names_find(&r->locals, word)) return special(r, word);
  Name *name = known(r, word);
  if (name->kind == NAME_register) return (Operand){.kind = REGISTER, .reg = (int32_t)name->value};
  o.bits = name->value;
  return o;
}

static void address(Reader *r, Instruction *i) {
  want(r, "[");
  i->base = operand(r, (Type){BITS, 8});
  while (take(r, '+')) i->offset += integer(r);
  if (peek(r) == '-') i->offset += integer(r);
  want(r, "]");
}

static void call(Reader *r, Instruction *i) {
  i->result_at = -1;
  if (take(r, '(')) {
    i->result_at = (int32_t)known(r, next(r))->value;
    want(r, ")");
    want(r, ",");
  }
  next(r);
  i->target = -1;
  for (int f = 0; f < r->program->function_count; f++)
    if (!strcmp(r->program->functions[f].name, r->word)) i->target = f;
  if (i->target < 0) ptx_stop(r, "the function %s is not there", r->word);
  int32_t places[64];
  if (take(r, ',')) {
    want(r, "(");
    while (peek(r) != ')' && i->arguments_count < 64) {
      places[i->arguments_count++] = (int32_t)known(r, next(r))->value;
      take(r, ',');
    }
    want(r, ")");
  }
  i->arguments = malloc(sizeof places);
  memcpy(i->arguments, places, sizeof places);
}

/// Sets what the parts of an instruction's name say.
static void name_parts(Reader *r, Instruction *i, char *name) {
  char *rest = name, *part = strsep(&rest, ".");
  static const char *const ops[] = {
#define X(name) #name,
    EACH_OP(X)
#undef X
  };
  static const char *const modifiers[] = {
#define X(name) #name,
    EACH_MODIFIER(X)
#undef X
  };
  static const char *const compares[] = {"",    "eq",  "ne",  "lt",  "le",  "gt",  "ge", "equ",
                                         "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};
  static const char *const unsigned_compares[] = {"", "", "", "lo", "ls", "hi", "hs"};
  static const struct {
    const char *name;
    Space space;
  } spaces[] = {{"global", GLOBAL}, {"shared", SHARED}, {"local", LOCAL}, {"param", PARAM}, {"const", CONSTANT}};
  // Words that say nothing to one thread after another.
  static const char *const silent[] = {
    "uni", "approx", "full", "volatile", "relaxed", "acquire", "release", "acq_rel", "gpu", "cta", "sys", "nc", "sync",
    "aligned", "b4e", "wrap", "weak", "gl", "cg", "ca", "cs", "sc", "L1::evict_last", "proxy"};
  i->op = OP_COUNT;
  for (int op = 0; op < OP_COUNT; op++)
    if (!strcmp(ops[op], part)) i->op = (uint16_t)op;
  if (i->op == OP_COUNT) ptx_stop(r, "the instruction %s is not known here", part);
  bool typed = false;
  while ((part = strsep(&rest, "."))) {
    Type type;
    bool found = false;
    if (type_named(part, &type)) {
      if (typed) i->from = type; else i->type = i->from = type;
      typed = true;
      continue;
    }
    if (!strcmp(part, "v2") || !strcmp(part, "v4")) {
      i->width = (uint8_t)(part[1] - '0');
      continue;
    }
    for (size_t s = 0; s < sizeof spaces / sizeof spaces[0]; s++)
      if (!strcmp(part, spaces[s].name)) i->space = (uint8_t)spaces[s].space, found = true;
    if (i->op == OP_setp) {
      for (int c = 1; c < 15; c++)
        if (!strcmp(part, compares[c]) || (c < 7 && !strcmp(part, unsigned_compares[c]))) i->compare = (uint8_t)c, found = true;
      for (Op join = OP_and; join <= OP_xor; join++)
        if (!strcmp(part, ops[join])) i->join = (uint8_t)join, found = true;
    }
    for (size_t m = 0; m < sizeof modifiers / sizeof modifiers[0]; m++)
      if (!strcmp(part, modifiers[m])) i->modifiers |= 1ull << m, found = true;
    for (size_t s = 0; s < sizeof silent / sizeof silent[0]; s++)
      if (!strcmp(part, silent[s])) found = true;
    if (!found) ptx_stop(r, "%s has a part .%s that is not known here", ops[i->op], part);
  }
}

static void to_list(Reader *r, Instruction *i) {
  if (take(r, '{')) {
    do i->to[i->tos++] = operand(r, i->type);
    while (i->tos < MOST_WIDTH && take(r, ','));
    want(r, "}");
    return;
  }
  i->to[i->tos++] = operand(r, i->type);
  if (take(r, '|')) i->to[i->tos++] = operand(r, i->type);
}

static void value(Reader *r, Instruction *i, Type type) {
  if (take(r, '{')) {
    do i->value[i->values++] = operand(r, type);
    while (i->values < MOST_OPERANDS && take(r, ','));
    want(r, "}");
  } else {
    i->value[i->values++] = operand(r, type);
  }
}

static void instruction(Reader *r) {
  Function *f = r->function;
  if ((f->count & (f->count - 1)) == 0)
    f->code = realloc(f->code, (size_t)(f->count ? f->count * 2 : 1) * sizeof *f->code);
  Instruction i = {.guard = -1, .width = 1, .target = -1};
  if (!strcmp(r->word, "@")) {
    Operand guard = operand(r, (Type){PREDICATE, 1});
    i.guard = guard.reg;
    i.guard_inverted = guard.inverted;
    next(r);
  }
  char name[MOST_NAME];
  i.line = r->line;
  snprintf(name, sizeof name, "%s", r->word);
  name_parts(r, &i, name);
  switch (i.op) {
  case OP_bra:
    // Labels may come later: the name's place now, where it leads at the end.
    next(r);
    if (!names_find(&r->labels, r->word)) names_add(r, &r->labels, r->word, NAME_label, UINT64_MAX, 0);
    i.target = (int32_t)(names_find(&r->labels, r->word) - r->labels.list);
    break;
  case OP_call: call(r, &i); break;
  case OP_ret: case OP_exit: case OP_trap: case OP_membar: case OP_fence: break;
  case OP_bar: case OP_barrier: value(r, &i, i.type); break;
  case OP_st: case OP_red:
    address(r, &i);
    while (take(r, ',')) value(r, &i, i.type);
    break;
  case OP_ld: case OP_ldu: case OP_atom:
    to_list(r, &i);
    want(r, ",");
    address(r, &i);
    while (take(r, ',')) value(r, &i, i.type);
    break;
  default:
    to_list(r, &i);
    while (take(r, ',')) value(r, &i, i.op == OP_slct && i.values == 2 ? i.from : i.type);
  }
  want(r, ";");
  if (i.op == OP_bar || i.op == OP_barrier || i.op == OP_call) f->waits = true;
  f->code[f->count++] = i;
}

static void body(Reader *r) {
  Function *f = r->function;
  enum { MOST_DEPTH = 16 };
  int outside[MOST_DEPTH];  // how many names there were where each scope began
  for (int depth = 1; depth > 0;) {
    next(r);
    if (!r->word[0]) ptx_stop(r, "the function %s does not end", f->name);
    if (!strcmp(r->word, "{")) {
      if (depth == MOST_DEPTH) ptx_stop(r, "there are too many scopes in each other");
      outside[depth++] = r->locals.count;
    } else if (!strcmp(r->word, "}")) {
      if (--depth > 0) names_leave(&r->locals, outside[depth]);
    } else if (!strcmp(r->word, ".reg")) {
      registers(r);
    } else if (!strcmp(r->word, ".local") || !strcmp(r->word, ".shared") || !strcmp(r->word, ".param")) {
      bool local = r->word[1] == 'l', shared = r->word[1] == 's';
      Declaration d = declaration(r);
      size_t at = placed(local ? &f->local_bytes : shared ? &f->shared_bytes : &f->parameter_bytes, &d);
      names_add(
        r, &r->locals, d.name, local ? NAME_local : shared ? NAME_shared : NAME_param, at, d.count * d.type.size);
      want(r, ";");
    } else if (r->word[0] == '.') {
      if (strcmp(r->word, ".pragma")) ptx_stop(r, "%s is not known here", r->word);
      while (*r->at && *r->at != ';') r->at++;
      want(r, ";");
    } else if (peek(r) == ':') {
      take(r, ':');
      Name *label = names_find(&r->labels, r->word);
      if (label) {
        label->value = (uint64_t)f->count;
      } else {
        names_add(r, &r->labels, r->word, NAME_label, (uint64_t)f->count, 0);
      }
    } else {
      instruction(r);
    }
  }
  for (int at = 0; at < f->count; at++) {
    Instruction *i = &f->code[at];
    if (i->op != OP_bra) continue;
    Name *label = &r->labels.list[i->target];
    if (label->value == UINT64_MAX) ptx_stop(r, "the label %s is not there", label->name);
    i->target = (int32_t)label->value;
  }
}

/// .entry and .func: (results) name (parameters), then a body or a semicolon.
static void function(Reader *r, bool entry) {
  names_clear(&r->locals);
  names_clear(&r->labels);
  Declaration result = {.count = 0};
  bool has_result = false;
  if (take(r, '(')) {
    want(r, ".param");
    result = declaration(r);
    has_result = true;
    want(r, ")");
  }
  next(r);
  Function *f = NULL;
  for (int at = 0; at < r->program->function_count; at++)
    if (!strcmp(r->program->functions[at].name, r->word)) f = &r->program->functions[at];
  if (!f) {
    Program *p = r->program;
    p->functions = realloc(p->functions, (size_t)(p->function_count + 1) * sizeof *p->functions);
    f = &p->functions[p->function_count++];
    *f = (Function){.name = strdup(r->word), .entry = entry};
  }
  r->function = f;
  f->parameter_count = 0;
  f->parameter_bytes = 0;
  if (take(r, '(')) {
    while (peek(r) != ')') {
      want(r, ".param");
      Declaration d = declaration(r);
      f->parameters = realloc(f->parameters, (size_t)(f->parameter_count + 1) * sizeof *f->parameters);
      size_t at = placed(&f->parameter_bytes, &d);
      f->parameters[f->parameter_count++] = (Parameter){at, d.count * d.type.size};
      names_add(r, &r->locals, d.name, NAME_param, at, d.count * d.type.size);
      take(r, ',');
    }
    want(r, ")");
  }
  if (has_result) {
    f->result_at = placed(&f->parameter_bytes, &result);
    f->result_size = result.count * result.type.size;
    names_add(r, &r->locals, result.name, NAME_param, f->result_at, f->result_size);
  }
  while (peek(r) == '.') {  // .maxntid and its like
    next(r);
    while (isdigit((unsigned char)peek(r)) || peek(r) == ',') next(r);
  }
  if (take(r, ';')) return;
  want(r, "{");
  f->defined = true;
  body(r);
}

static void lines(Program *program, const char *text) {
  while (*text) {
    const char *end = strchr(text, '\n');
    size_t size = end ? (size_t)(end - text) : strlen(text);
    program->lines = realloc(program->lines, (size_t)(program->line_count + 1) * sizeof *program->lines);
    program->lines[program->line_count++] = strndup(text, size);
    text += size + (end ? 1 : 0);
  }
}

Program *ptx_parse(const char *text, char *trouble, size_t size) {
  Program *program = calloc(1, sizeof *program);
  Reader *r = calloc(1, sizeof *r);
  r->at = text;
  r->line = 1;
  r->program = program;
  lines(program, text);
  bool good = false;
  if (!setjmp(r->out)) {
    while (next(r)[0]) {
      if (!strcmp(r->word, ".version") || !strcmp(r->word, ".target") || !strcmp(r->word, ".address_size")) {
        while (*r->at && *r->at != '\n') r->at++;
      } else if (!strcmp(r->word, ".entry") || !strcmp(r->word, ".func")) {
        function(r, r->word[1] == 'e');
      } else if (!strcmp(r->word, ".global") || !strcmp(r->word, ".const")) {
        global(r);
      } else if (strcmp(r->word, ".visible") && strcmp(r->word, ".extern") && strcmp(r->word, ".weak")) {
        ptx_stop(r, "'%s' is not known here", r->word);
      }
    }
    good = true;
  }
  if (!good) snprintf(trouble, size, "%s", program->trouble);
  free(r->globals.list), free(r->globals.before), free(r->locals.list), free(r->locals.before);
  free(r->labels.list), free(r->labels.before);
  free(r);
  return good ? program : NULL;
}

Function *ptx_function(Program *program, const char *name) {
  for (int at = 0; at < program->function_count; at++) {
    Function *f = &program->functions[at];
    if (f->defined && f->entry && !strcmp(f->name, name)) return f;
  }
  return NULL;
}
