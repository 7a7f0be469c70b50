// ROWS pixels by GROUP blocks are the sums that the registers hold.
#if LEVEL == 2
#define ROWS 8
#define GROUP 3
#elif LEVEL == 1 || defined(__aarch64__)
#define ROWS 6
#define GROUP 1
#else
#define ROWS 3
#define GROUP 1
#endif

enum { PARTS = BLOCK / LANES };
