// HEIGHT rows by the two vectors of a panel are the sums that the registers hold.
#if LEVEL == 2
#define HEIGHT 14
#elif defined(__aarch64__)
#define HEIGHT 12
#else
#define HEIGHT 6
#endif

enum { PANEL = 2 * LANES };
