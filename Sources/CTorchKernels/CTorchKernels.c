#include "CTorchKernels.h"
