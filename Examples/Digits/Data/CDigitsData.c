#include "CDigitsData.h"

static const unsigned char bytes[] = {
#embed "digits.bin"
};

const unsigned char *digits_data(void) { return bytes; }

size_t digits_size(void) { return sizeof bytes; }
