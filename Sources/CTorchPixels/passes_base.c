// Passes of resizing, for any machine.
#define CP_LEVEL 0
#include "passes_body.h"
