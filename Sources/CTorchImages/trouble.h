// How the files here say what went wrong.
#pragma once

#include "CTorchImages.h"

#include <stdio.h>

static inline int torch_image_fail(torch_image_trouble *trouble, int kind, const char *reason) {
  trouble->kind = kind;
  snprintf(trouble->reason, sizeof trouble->reason, "%s", reason);
  return kind;
}
