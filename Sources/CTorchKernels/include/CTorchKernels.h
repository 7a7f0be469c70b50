#pragma once
#include "CTorchRandom.h"
