#include "tg_texts.h"

// Every file that a program may include, and those that programs are made of.
#define EACH_TEXT(X) X(prelude) X(elements) X(views) X(memory) X(pointwise) X(special) X(reduce) \
  X(arg) X(scan) X(sort) X(top) X(index) X(matmul) X(convolution) X(pool) X(rows) X(random) X(recurrence) X(optimizer)

static const char prelude[] = {
#embed "kernels/prelude.cl"
};
static const char elements[] = {
#embed "kernels/elements.cl"
};
static const char views[] = {
#embed "kernels/views.cl"
};
static const char memory[] = {
#embed "kernels/memory.cl"
};
static const char pointwise[] = {
#embed "kernels/pointwise.cl"
};
static const char special[] = {
#embed "kernels/special.cl"
};
static const char reduce[] = {
#embed "kernels/reduce.cl"
};
static const char arg[] = {
#embed "kernels/arg.cl"
};
static const char scan[] = {
#embed "kernels/scan.cl"
};
static const char sort[] = {
#embed "kernels/sort.cl"
};
static const char top[] = {
#embed "kernels/top.cl"
};
static const char index[] = {
#embed "kernels/index.cl"
};

// Two families go by the same tiles.
static const char matmul[] = {
#embed "kernels/tiles.cl"
  ,
#embed "kernels/matmul.cl"
};
static const char convolution[] = {
#embed "kernels/tiles.cl"
  ,
#embed "kernels/convolution.cl"
};
static const char pool[] = {
#embed "kernels/pool.cl"
};
static const char rows[] = {
#embed "kernels/rows.cl"
};
static const char random[] = {
#embed "kernels/random.cl"
};
static const char recurrence[] = {
#embed "kernels/recurrence.cl"
};
static const char optimizer[] = {
#embed "kernels/optimizer.cl"
};

#define ENTRY(name) {#name, name, sizeof name},
static const tg_text texts[] = {EACH_TEXT(ENTRY)};

size_t tg_text_count(void) { return sizeof texts / sizeof texts[0]; }

tg_text tg_text_at(size_t index) { return texts[index]; }
