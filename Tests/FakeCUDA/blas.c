// cuBLAS as the tests need it, beside the fake of the driver and in the same library: TORCH_CUBLAS_LIBRARY names this one too.
#include "fake_blas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tg_cublas.h"

enum { NOT_THERE = 1, WRONG_VALUE = 7, NOT_DONE = 13, NOT_KNOWN = 15 };
enum { MAGIC = 0x0b1a5 };

typedef struct {
  int magic;
  Context *context;
  Stream *stream;
  bool has_workspace;
} Handle;

// MARK: numbers

static size_t size_of(int type) { return type == TG_CUBLAS_F64 ? 8 : type == TG_CUBLAS_F32 ? 4 : 2; }

static double load(const char *bytes, int type) {
  double d;
  float f;
  uint16_t h;
  switch (type) {
  case TG_CUBLAS_F64: return memcpy(&d, bytes, 8), d;
  case TG_CUBLAS_F32: return memcpy(&f, bytes, 4), (double)f;
  case TG_CUBLAS_F16: {
    _Float16 x;
    return memcpy(&x, bytes, 2), (double)x;
  }
  default: {
    memcpy(&h, bytes, 2);
    uint32_t bits = (uint32_t)h << 16;
    return memcpy(&f, &bits, 4), (double)f;
  }
  }
}

static void store(char *bytes, int type, double x) {
  float f = (float)x;
  switch (type) {
  case TG_CUBLAS_F64: memcpy(bytes, &x, 8); break;
  case TG_CUBLAS_F32: memcpy(bytes, &f, 4); break;
  case TG_CUBLAS_F16: {
    _Float16 h = (_Float16)f;
    memcpy(bytes, &h, 2);
    break;
  }
  default: {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    bits = isnan(f) ? 0x7fc00000 : bits + 0x7fff + ((bits >> 16) & 1);
    uint16_t h = (uint16_t)(bits >> 16);
    memcpy(bytes, &h, 2);
  }
  }
}

bool multiply(const Product *p, int device, char *trouble, size_t trouble_size) {
  size_t size = size_of(p->type);
  for (int64_t matrix = 0; matrix < p->count; matrix++) {
    uint64_t at[3];
    for (int o = 0; o < 3; o++) at[o] = p->at[o] + (uint64_t)(matrix * p->stride[o]) * size;
    for (int64_t j = 0; j < p->n; j++)
      for (int64_t i = 0; i < p->m; i++) {
        double sum = 0;
        uint64_t place = at[2] + (uint64_t)(i + j * p->ld[2]) * size;
        char *out = memory_at(place, size, device, true);
        for (int64_t l = 0; l < p->k && out; l++) {
          uint64_t place_a = at[0] + (uint64_t)(p->turned[0] ? l + i * p->ld[0] : i + l * p->ld[0]) * size;
          uint64_t place_b = at[1] + (uint64_t)(p->turned[1] ? j + l * p->ld[1] : l + j * p->ld[1]) * size;
          const char *a = memory_at(place = place_a, size, device, false);
          const char *b = a ? memory_at(place = place_b, size, device, false) : NULL;
          if (!b) out = NULL;
          else sum += load(a, p->type) * load(b, p->type);
        }
        if (!out) {
          char words[300];
          memory_words(place, words, sizeof words);
          snprintf(trouble, trouble_size, "a product of matrices, result (%lld, %lld): %s", (long long)i, (long long)j, words);
          return false;
        }
        // What is there counts for nothing where beta is 0, and were it no number.
        store(out, p->type, p->alpha * sum + (p->beta == 0 ? 0 : p->beta * load(out, p->type)));
      }
  }
  return true;
}

// MARK: the library

/// How many products were asked for: tests look at it.
int fake_cublas_products;

static bool is_handle(const void *handle) { return handle && ((const Handle *)handle)->magic == MAGIC; }

cublas_result cublasCreate_v2(cu_object *handle) {
  if (!current) return NOT_THERE;
  Handle *made = calloc(1, sizeof *made);
  *made = (Handle){.magic = MAGIC, .context = current};
  *handle = made;
  return 0;
}

cublas_result cublasDestroy_v2(cu_object handle) {
  if (!is_handle(handle)) return NOT_THERE;
  ((Handle *)handle)->magic = 0;
  free(handle);
  return 0;
}

cublas_result cublasGetVersion_v2(cu_object handle, int32_t *version) {
  (void)handle;
  return *version = 130000, 0;
}

cublas_result cublasSetStream_v2(cu_object handle, cu_object stream) {
  if (!is_handle(handle)) return NOT_THERE;
  Handle *h = handle;
  if (!is_stream_of(stream, h->context)) return WRONG_VALUE;
  h->stream = stream;
  h->has_workspace = false;
  return 0;
}

cublas_result cublasSetWorkspace_v2(cu_object handle, void *block, size_t size) {
  if (!is_handle(handle)) return NOT_THERE;
  Handle *h = handle;
  ENTER;
  if (size && !memory_at((uint64_t)block, size, h->context->device, true)) result = WRONG_VALUE;
  h->has_workspace = !result;
  LEAVE;
}

static cublas_result gemm(
  Handle *h, int turn_a, int turn_b, int compute, const void *alpha, const void *beta, const int types[3], Product p) {
  if (!is_handle(h) || !h->stream || current != h->context) return NOT_THERE;
  p.type = types[0];
  bool known = p.type == TG_CUBLAS_F64 || p.type == TG_CUBLAS_F32 || p.type == TG_CUBLAS_F16 || p.type == TG_CUBLAS_BF16;
  if (!known || types[1] != p.type || types[2] != p.type) return NOT_KNOWN;
  if (compute != (p.type == TG_CUBLAS_F64 ? TG_CUBLAS_COMPUTE_64F : TG_CUBLAS_COMPUTE_32F) &&
      !(p.type == TG_CUBLAS_F32 && compute == TG_CUBLAS_COMPUTE_32F_FAST_TF32))
    return NOT_KNOWN;
  p.turned[0] = turn_a == TG_CUBLAS_TURNED;
  p.turned[1] = turn_b == TG_CUBLAS_TURNED;
  int64_t tall[3] = {p.turned[0] ? p.k : p.m, p.turned[1] ? p.n : p.k, p.m};
  if (p.m < 0 || p.n < 0 || p.k < 0 || p.count < 0) return WRONG_VALUE;
  for (int o = 0; o < 3; o++)
    if (p.ld[o] < 1 || p.ld[o] < tall[o] || p.stride[o] < 0) return WRONG_VALUE;
  if (p.type == TG_CUBLAS_F64) {
    p.alpha = *(const double *)alpha;
    p.beta = *(const double *)beta;
  } else {
    p.alpha = (double)*(const float *)alpha;
    p.beta = (double)*(const float *)beta;
  }
  ENTER_CONTEXT { result = queue(h->stream, (Work){.kind = PRODUCT, .product = p}); }
  if (result) result = NOT_DONE;
  fake_cublas_products++;
  LEAVE;
}

cublas_result cublasGemmEx(
  cu_object handle, int32_t turn_a, int32_t turn_b, int32_t m, int32_t n, int32_t k, const void *alpha, const void *a,
  int32_t type_a, int32_t lda, const void *b, int32_t type_b, int32_t ldb, const void *beta, void *c, int32_t type_c,
  int32_t ldc, int32_t compute, int32_t way) {
  (void)way;
  Product p = {.m = m, .n = n, .k = k, .ld = {lda, ldb, ldc}, .count = 1, .at = {(uint64_t)a, (uint64_t)b, (uint64_t)c}};
  return gemm(handle, turn_a, turn_b, compute, alpha, beta, (int[]){type_a, type_b, type_c}, p);
}

cublas_result cublasGemmStridedBatchedEx(
  cu_object handle, int32_t turn_a, int32_t turn_b, int32_t m, int32_t n, int32_t k, const void *alpha, const void *a,
  int32_t type_a, int32_t lda, int64_t stride_a, const void *b, int32_t type_b, int32_t ldb, int64_t stride_b,
  const void *beta, void *c, int32_t type_c, int32_t ldc, int64_t stride_c, int32_t count, int32_t compute, int32_t way) {
  (void)way;
  Product p = {
    .m = m, .n = n, .k = k, .ld = {lda, ldb, ldc}, .stride = {stride_a, stride_b, stride_c}, .count = count,
    .at = {(uint64_t)a, (uint64_t)b, (uint64_t)c}};
  return gemm(handle, turn_a, turn_b, compute, alpha, beta, (int[]){type_a, type_b, type_c}, p);
}
