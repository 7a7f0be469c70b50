// Pictures in files, for Swift: libjpeg-turbo and libpng behind calls that return instead of jumping.
#pragma once

// The version of libjpeg's interface and of libpng, as numbers: 62 or 80, and 10639 for 1.6.39.
int torch_jpeg_version(void);
int torch_png_version(void);
