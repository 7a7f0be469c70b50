#include "ptx_reader.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void ptx_stop(Reader *r, const char *format, ...) {
  char *to = r->program->trouble;
  int used = snprintf(to, sizeof r->program->trouble, "line %d of the PTX: ", r->line);
  va_list list;
  va_start(list, format);
  vsnprintf(to + used, sizeof r->program->trouble - (size_t)used, format, list);
  va_end(list);
  longjmp(r->out, 1);
}

// MARK: names

static unsigned hash(const char *name) {
  unsigned h = 2166136261u;
  for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
  return h % TABLE;
}

void names_clear(Names *names) {
  memset(names->table, 0, sizeof names->table);
  names->count = 0;
}

void names_leave(Names *names, int count) {
  while (names->count > count) {
    Name *last = &names->list[--names->count];
    names->table[hash(last->name)] = names->before[names->count];
  }
}

void names_add(Reader *r, Names *names, const char *name, NameKind kind, uint64_t value, size_t size) {
  if (strlen(name) >= MOST_NAME) ptx_stop(r, "the name %s is too long", name);
  if (names->count == names->room) {
    names->room = names->room ? names->room * 2 : 1024;
    names->list = realloc(names->list, (size_t)names->room * sizeof *names->list);
    names->before = realloc(names->before, (size_t)names->room * sizeof *names->before);
  }
  unsigned h = hash(name);
  Name *entry = &names->list[names->count];
  strcpy(entry->name, name);
  entry->kind = kind;
  entry->value = value;
  entry->size = size;
  names->before[names->count] = names->table[h];
  names->table[h] = ++names->count;
}

Name *names_find(Names *names, const char *name) {
  for (int at = names->table[hash(name)]; at; at = names->before[at - 1])
    if (!strcmp(names->list[at - 1].name, name)) return &names->list[at - 1];
  return NULL;
}

Name *known(Reader *r, const char *name) {
  Name *found = names_find(&r->locals, name);
  if (!found) found = names_find(&r->globals, name);
  if (!found) ptx_stop(r, "nothing is named %s", name);
  return found;
}

// MARK: words

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '%' || c == '.'; }

static void skip(Reader *r) {
  for (;;) {
    if (*r->at == '\n') r->line++;
    if (isspace((unsigned char)*r->at)) {
      r->at++;
    } else if (r->at[0] == '/' && r->at[1] == '/') {
      while (*r->at && *r->at != '\n') r->at++;
    } else {
      return;
    }
  }
}

const char *next(Reader *r) {
  skip(r);
  size_t size = 0;
  while (in_word(*r->at) && size < sizeof r->word - 1) r->word[size++] = *r->at++;
  if (!size && *r->at) r->word[size++] = *r->at++;
  r->word[size] = 0;
  return r->word;
}

char peek(Reader *r) {
  skip(r);
  return *r->at;
}

void want(Reader *r, const char *sign) {
  if (strcmp(next(r), sign)) ptx_stop(r, "%s was expected, there is '%s'", sign, r->word);
}

bool take(Reader *r, char sign) {
  if (peek(r) != sign) return false;
  r->at++;
  return true;
}

int64_t integer(Reader *r) {
  bool negative = take(r, '-');
  next(r);
  if (!isdigit((unsigned char)r->word[0])) ptx_stop(r, "a number was expected, there is '%s'", r->word);
  uint64_t value = strtoull(r->word, NULL, 0);
  return (int64_t)(negative ? 0 - value : value);
}

bool type_named(const char *word, Type *type) {
  if (!strcmp(word, "pred")) return *type = (Type){PREDICATE, 1}, true;
  Kind kind;
  switch (word[0]) {
  case 'b': case 'u': kind = BITS; break;
  case 's': kind = SIGNED; break;
  case 'f': kind = FLOATING; break;
  default: return false;
  }
  int bits = atoi(word + 1);
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return false;
  const char *rest = word + (bits == 8 ? 2 : 3);
  if (*rest) return false;
  *type = (Type){(uint8_t)kind, (uint8_t)(bits / 8)};
  return true;
}
