// The texts of the kernels, which the device's own compiler builds.
#pragma once

#include <stddef.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// A file of kernels: its name without an ending, and what it says.
typedef struct {
  const char *name;
  const char *text;
  size_t size;
} tg_text;

size_t tg_text_count(void);
tg_text tg_text_at(size_t index);

#if defined(__cplusplus)
}
#endif
