#include "CTorchDNN.h"
