// All bodies, in one compilation.
#include "../body/vector.h"
#include "../body/points.h"
#include "../body/gather.h"
#include "../body/scatter.h"
#include "../body/product.h"
#include "../body/weights.h"
#include "../body/table.h"
