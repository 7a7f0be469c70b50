#include "CTorchImages.h"

#include <stdio.h>

#include <jpeglib.h>
#include <png.h>

int torch_jpeg_version(void) { return JPEG_LIB_VERSION; }

int torch_png_version(void) { return (int)png_access_version_number(); }
