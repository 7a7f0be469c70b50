// The 1,797 handwritten digits of Examples/Digits, inside the program.
//
// Layout, little-endian: 8 bytes "digits01"; uint32 count; then one byte each for width (8), height (8), the largest
// pixel (16) and the number of classes (10); then `count` records of width * height pixels, row by row, and a label.
// Pixels run from 0 (paper) to 16 (ink). Where they come from and under which licence: DATA_LICENSE.md beside this.
#pragma once

#include <stddef.h>

// The first byte of the data; it lives as long as the program.
const unsigned char *digits_data(void);

// How many bytes there are.
size_t digits_size(void);
