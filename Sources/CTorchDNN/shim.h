// oneDNN 2.x and 3.x behind one face. Included by onednn.c only.
//
// The great differences: 2.x keeps memory descriptors by value and goes through operation descriptors; 3.x has
// descriptor handles and makes primitive descriptors directly.
#pragma once

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#else
#include <dnnl.h>
#endif

#include <string.h>

/// A memory descriptor: the sizes, element type and layout of an operand.
typedef struct {
  dnnl_memory_desc_t desc;
} layout;

#if DNNL_VERSION_MAJOR >= 3
#define DESC(l) ((l)->desc)
#else
#define DESC(l) (&(l)->desc)
#endif
#define DESC_OR_NULL(l) ((l) ? DESC(l) : NULL)

#if DNNL_VERSION_MAJOR >= 3

static inline dnnl_status_t layout_strided(layout *l, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type,
                                           const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(&l->desc, rank, sizes, type, strides);
}

static inline dnnl_status_t layout_any(layout *l, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl_memory_desc_create_with_tag(&l->desc, rank, sizes, type, dnnl_format_tag_any);
}

static inline void layout_free(layout *l) {
  if (l->desc) dnnl_memory_desc_destroy(l->desc);
  l->desc = NULL;
}

static inline dnnl_status_t layout_copy(layout *to, const layout *from) {
  return dnnl_memory_desc_clone(&to->desc, from->desc);
}

/// What the primitive wants for one of its arguments.
static inline dnnl_status_t layout_of_argument(layout *l, const_dnnl_primitive_desc_t pd, int argument) {
  const_dnnl_memory_desc_t wanted = dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, argument);
  if (!wanted) return dnnl_invalid_arguments;
  return dnnl_memory_desc_clone(&l->desc, wanted);
}

static inline dnnl_status_t matmul_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const layout *a,
                                        const layout *b, const layout *bias, const layout *c,
                                        const_dnnl_primitive_attr_t attr) {
  return dnnl_matmul_primitive_desc_create(pd, engine, DESC(a), DESC(b), DESC_OR_NULL(bias), DESC(c), attr);
}

static inline dnnl_status_t append_sum(dnnl_post_ops_t post_ops) {
  return dnnl_post_ops_append_sum(post_ops, 1.0f, 0, dnnl_data_type_undef);
}

#else

static inline dnnl_status_t layout_strided(layout *l, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type,
                                           const dnnl_dims_t strides) {
  return dnnl_memory_desc_init_by_strides(&l->desc, rank, sizes, type, strides);
}

static inline dnnl_status_t layout_any(layout *l, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl_memory_desc_init_by_tag(&l->desc, rank, sizes, type, dnnl_format_tag_any);
}

static inline void layout_free(layout *l) { (void)l; }

static inline dnnl_status_t layout_copy(layout *to, const layout *from) {
  *to = *from;
  return dnnl_success;
}

/// What the primitive wants for one of its arguments.
static inline dnnl_status_t layout_of_argument(layout *l, const_dnnl_primitive_desc_t pd, int argument) {
  const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, argument);
  if (!wanted) return dnnl_invalid_arguments;
  l->desc = *wanted;
  return dnnl_success;
}

static inline dnnl_status_t matmul_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const layout *a,
                                        const layout *b, const layout *bias, const layout *c,
                                        const_dnnl_primitive_attr_t attr) {
  dnnl_matmul_desc_t op;
  dnnl_status_t status = dnnl_matmul_desc_init(&op, DESC(a), DESC(b), DESC_OR_NULL(bias), DESC(c));
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &op, attr, engine, NULL) : status;
}

static inline dnnl_status_t append_sum(dnnl_post_ops_t post_ops) {
  return dnnl_post_ops_append_sum(post_ops, 1.0f);
}

#endif

static inline size_t layout_size(const layout *l) { return dnnl_memory_desc_get_size(DESC(l)); }

static inline int layout_equal(const layout *l, const layout *r) {
  return dnnl_memory_desc_equal(DESC(l), DESC(r)) != 0;
}

static inline dnnl_status_t reorder_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const layout *from,
                                         const layout *to, const_dnnl_primitive_attr_t attr) {
  return dnnl_reorder_primitive_desc_create(pd, DESC(from), engine, DESC(to), engine, attr);
}

/// The sliding of a window, in oneDNN's terms: a dilation of 0 is dense.
typedef struct {
  dnnl_dims_t stride, dilation, left, right;
} sliding;

/// A forward convolution (inference or training does not matter to the layouts asked for here).
static inline dnnl_status_t conv_forward_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const layout *src,
                                              const layout *weight, const layout *bias, const layout *dst,
                                              const sliding *s, const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_forward_primitive_desc_create(
      pd, engine, dnnl_forward_training, dnnl_convolution_direct, DESC(src), DESC(weight), DESC_OR_NULL(bias),
      DESC(dst), s->stride, s->dilation, s->left, s->right, attr);
#else
  dnnl_convolution_desc_t op;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &op, dnnl_forward_training, dnnl_convolution_direct, DESC(src), DESC(weight), DESC_OR_NULL(bias), DESC(dst),
      s->stride, s->dilation, s->left, s->right);
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &op, attr, engine, NULL) : status;
#endif
}

static inline dnnl_status_t conv_backward_data_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                                    const layout *src, const layout *weight, const layout *dst,
                                                    const sliding *s, const_dnnl_primitive_desc_t forward,
                                                    const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_backward_data_primitive_desc_create(pd, engine, dnnl_convolution_direct, DESC(src),
                                                              DESC(weight), DESC(dst), s->stride, s->dilation,
                                                              s->left, s->right, forward, attr);
#else
  dnnl_convolution_desc_t op;
  dnnl_status_t status =
      dnnl_dilated_convolution_backward_data_desc_init(&op, dnnl_convolution_direct, DESC(src), DESC(weight),
                                                       DESC(dst), s->stride, s->dilation, s->left, s->right);
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &op, attr, engine, forward) : status;
#endif
}

static inline dnnl_status_t conv_backward_weights_desc(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                                       const layout *src, const layout *weight, const layout *bias,
                                                       const layout *dst, const sliding *s,
                                                       const_dnnl_primitive_desc_t forward,
                                                       const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_backward_weights_primitive_desc_create(
      pd, engine, dnnl_convolution_direct, DESC(src), DESC(weight), DESC_OR_NULL(bias), DESC(dst), s->stride,
      s->dilation, s->left, s->right, forward, attr);
#else
  dnnl_convolution_desc_t op;
  dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
      &op, dnnl_convolution_direct, DESC(src), DESC(weight), DESC_OR_NULL(bias), DESC(dst), s->stride, s->dilation,
      s->left, s->right);
  return status == dnnl_success ? dnnl_primitive_desc_create(pd, &op, attr, engine, forward) : status;
#endif
}
