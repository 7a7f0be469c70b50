// HEIGHT rows by GROUP vectors are the sums that the registers hold.
#if LEVEL == 2
#define HEIGHT 9
#define GROUP 3
#elif defined(__aarch64__)
#define HEIGHT 12
#define GROUP 2
#else
#define HEIGHT 6
#define GROUP 2
#endif
