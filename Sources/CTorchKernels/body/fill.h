// Whole lines of one repeated item: `pattern` is 64 bytes of it.
static void fill_dense(ptrdiff_t bytes, char *out, const char *pattern) {
  enum { step = sizeof(VUB) };
  VUB v = TK_LOAD(VUB, pattern);
  ptrdiff_t i = 0;
  for (; i + 4 * step <= bytes; i += 4 * step) {
    TK_STORE(VUB, out + i, v);
    TK_STORE(VUB, out + i + step, v);
    TK_STORE(VUB, out + i + 2 * step, v);
    TK_STORE(VUB, out + i + 3 * step, v);
  }
  for (; i + step <= bytes; i += step) TK_STORE(VUB, out + i, v);
  if (i < bytes) memcpy(out + i, pattern, (size_t)(bytes - i));
}
