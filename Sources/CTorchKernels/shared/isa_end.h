#if LEVEL > 0
#pragma clang attribute pop
#endif
