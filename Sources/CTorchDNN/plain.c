#include "plain.h"

#include <string.h>

size_t size_of_type(int32_t type) { return type == CD_FLOAT32 ? 4 : type == CD_BFLOAT16 || type == CD_FLOAT16 ? 2 : 0; }

// MARK: walking a batch

/// Calls `body` with the element offsets of each result of the batch and of its bias.
#define FOR_EACH_MATRIX(desc, body)                                                                       \
  do {                                                                                                    \
    int64_t at[CD_MAX_BATCH_RANK] = {0}, oc = 0, obias = 0;                                               \
    int d;                                                                                                \
    do {                                                                                                  \
      body;                                                                                               \
      for (d = (desc)->batch_rank - 1; d >= 0; d--) {                                                     \
        oc += (desc)->c.batch[d], obias += (desc)->bias.batch[d];                                         \
        if (++at[d] < (desc)->batch[d]) break;                                                            \
        oc -= (desc)->batch[d] * (desc)->c.batch[d], obias -= (desc)->batch[d] * (desc)->bias.batch[d];   \
        at[d] = 0;                                                                                        \
      }                                                                                                   \
    } while (d >= 0);                                                                                     \
  } while (0)

// MARK: bias

static float get(const void *data, int32_t type, int64_t index) {
  if (type == CD_FLOAT32) return ((const float *)data)[index];
  if (type == CD_FLOAT16) return (float)((const _Float16 *)data)[index];
  uint32_t bits = (uint32_t)((const uint16_t *)data)[index] << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void put(void *data, int32_t type, int64_t index, float value) {
  if (type == CD_FLOAT32) {
    ((float *)data)[index] = value;
  } else if (type == CD_FLOAT16) {
    ((_Float16 *)data)[index] = (_Float16)value;
  } else {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) bits |= 0x00400000;              // stays a number that is none
    else bits += 0x7FFF + ((bits >> 16) & 1);            // to the nearest, ties to even
    ((uint16_t *)data)[index] = (uint16_t)(bits >> 16);
  }
}

static void spread_one(const cd_matmul_desc *desc, const void *bias, int64_t bias_at, void *c, int64_t c_at) {
  for (int64_t i = 0; i < desc->m; i++) {
    int64_t from = bias_at + i * desc->bias.row, to = c_at + i * desc->c.row;
    if (desc->bias_type == CD_FLOAT32 && desc->output_type == CD_FLOAT32 && bias && !desc->accumulate) {
      const float *source = (const float *)bias + from;
      float *target = (float *)c + to;
      for (int64_t j = 0; j < desc->n; j++) target[j * desc->c.column] = source[j * desc->bias.column];
      continue;
    }
    for (int64_t j = 0; j < desc->n; j++) {
      float value = bias ? get(bias, desc->bias_type, from + j * desc->bias.column) : 0;
      int64_t at = to + j * desc->c.column;
      put(c, desc->output_type, at, desc->accumulate ? get(c, desc->output_type, at) + value : value);
    }
  }
}

void plain_spread(const cd_matmul_desc *desc, const void *bias, void *c) {
  if (!bias && desc->accumulate) return;
  FOR_EACH_MATRIX(desc, spread_one(desc, bias, obias, c, oc));
}
