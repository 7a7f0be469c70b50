// What the GPU backend needs of C: the functions of OpenCL and CUDA, found at run time, and the texts of the kernels.
#pragma once

#include "tg_cublas.h"
#include "tg_cuda.h"
#include "tg_nvrtc.h"
#include "tg_opencl.h"
#include "tg_texts.h"
