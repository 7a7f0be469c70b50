#include "CTorchRuntime.h"
