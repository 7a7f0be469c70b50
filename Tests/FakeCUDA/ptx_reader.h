// A text of PTX, word by word, and what its names stand for.
#pragma once

#include <setjmp.h>

#include "ptx.h"

enum { MOST_NAME = 160, TABLE = 1 << 14 };

typedef enum { NAME_register, NAME_local, NAME_shared, NAME_param, NAME_global, NAME_label } NameKind;

typedef struct {
  char name[MOST_NAME];
  NameKind kind;
  uint64_t value;
  size_t size;
} Name;

typedef struct {
  Name *list;
  int count, room;
  int32_t table[TABLE];  // the newest of each hash, as an index and one
  int32_t *before;
} Names;

typedef struct {
  const char *at;
  int line;
  char word[4096];
  Program *program;
  Names globals, locals, labels;
  Function *function;
  jmp_buf out;
} Reader;

/// Gives the text up: words for whoever asked.
_Noreturn void ptx_stop(Reader *r, const char *format, ...);

void names_clear(Names *names);
/// Forgets the names of a scope that ends: what came after the first `count`.
void names_leave(Names *names, int count);
/// A name again hides the one before it.
void names_add(Reader *r, Names *names, const char *name, NameKind kind, uint64_t value, size_t size);
Name *names_find(Names *names, const char *name);
/// What a name stands for in the function or the program.
Name *known(Reader *r, const char *name);

/// The next word, or one sign; empty at the end.
const char *next(Reader *r);
/// The sign that comes next.
char peek(Reader *r);
void want(Reader *r, const char *sign);
/// Whether a sign comes next, which is then behind.
bool take(Reader *r, char sign);
int64_t integer(Reader *r);
/// A type's name, as s32; false where it is none.
bool type_named(const char *word, Type *type);
