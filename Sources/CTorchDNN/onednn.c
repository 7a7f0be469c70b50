// Every oneDNN call of the project, with shim.h (the two versions) and plan.h (kept primitives).
#include <string.h>

#include "CTorchDNN.h"
#include "keep.h"
#include "plain.h"
#include "plan.h"
#include "team.h"

const char *cd_last_error(void) { return last_error; }

int cd_version(void) {
  const dnnl_version_t *version = dnnl_version();
  return version->major * 10000 + version->minor * 100 + version->patch;
}

const char *cd_name(void) {
  static _Thread_local char name[32];
  const dnnl_version_t *version = dnnl_version();
  snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
  return name;
}

void cd_release_cached_memory(void) {
  keep_clear();
  ct_scratch_clear();
  int capacity = 0;
  pthread_mutex_lock(&making);
  if (dnnl_get_primitive_cache_capacity(&capacity) == dnnl_success) {
    dnnl_set_primitive_cache_capacity(0);
    dnnl_set_primitive_cache_capacity(capacity);
  }
  pthread_mutex_unlock(&making);
}

enum { KEY_MATMUL = 1, KEY_FORWARD, KEY_BACKWARD_DATA, KEY_BACKWARD_WEIGHTS };

/// Closes the making of a plan: takes it in, or makes it remember why not. Consumes `plan`.
static struct plan *plan_keep(struct plan *plan, dnnl_status_t status, const int64_t *key, int words,
                              const char *action, int *result) {
  if (status != dnnl_success && status != dnnl_unimplemented) {
    *result = report_dnnl(status, action);
    plan_destroy(&plan->head);
    return NULL;
  }
  if (status == dnnl_unimplemented && plan->status == CD_OK) {
    plan->status = CD_UNSUPPORTED;
    plan->reason = "not implemented by this oneDNN";
  }
  return (struct plan *)keep_insert(&plan->head, key, words, plan_destroy);
}

// MARK: matrix products

/// Up to this many multiplications one thread is done before a second has woken up.
enum { ALONE_PRODUCT = 160000 };

static void drop_batch(cd_matmul_desc *d, int at) {
  cd_strides *all[] = {&d->a, &d->b, &d->c, &d->bias};
  for (int i = at; i + 1 < d->batch_rank; i++) {
    d->batch[i] = d->batch[i + 1];
    for (int s = 0; s < 4; s++) all[s]->batch[i] = all[s]->batch[i + 1];
  }
  d->batch_rank -= 1;
}

/// Joins batch dimensions that follow each other in memory for every operand.
static void join_batches(cd_matmul_desc *d) {
  for (int i = d->batch_rank - 1; i >= 0; i--)
    if (d->batch[i] == 1) drop_batch(d, i);
  cd_strides *all[] = {&d->a, &d->b, &d->c, &d->bias};
  for (int i = d->batch_rank - 1; i > 0; i--) {
    bool joins = true;
    for (int s = 0; s < 4; s++) joins = joins && all[s]->batch[i - 1] == all[s]->batch[i] * d->batch[i];
    if (!joins) continue;
    d->batch[i] *= d->batch[i - 1];
    drop_batch(d, i - 1);
  }
}

/// Takes the innermost batch into the rows of one taller product where B is the same for all.
static bool fold_rows(cd_matmul_desc *d) {
  int last = d->batch_rank - 1;
  if (last < 0 || d->b.batch[last] != 0) return false;
  cd_strides *tall[] = {&d->a, &d->c, &d->bias};
  if (d->m > 1) {
    for (int s = 0; s < 3; s++)
      if (tall[s]->batch[last] != tall[s]->row * d->m) return false;
  } else {
    if ((d->a.column != 1 && d->k > 1) || d->a.batch[last] < d->k || d->c.batch[last] < d->n) return false;
    for (int s = 0; s < 3; s++) tall[s]->row = tall[s]->batch[last];
  }
  d->m *= d->batch[last];
  d->batch_rank -= 1;
  return true;
}

static void swap_strides(cd_strides *s) {
  int64_t row = s->row;
  s->row = s->column;
  s->column = row;
}

/// Replaces the product by its transpose: C' = B' x A'.
static void transpose(cd_matmul_desc *d, const void **a, const void **b) {
  cd_strides left = d->a;
  d->a = d->b;
  d->b = left;
  swap_strides(&d->a);
  swap_strides(&d->b);
  swap_strides(&d->c);
  swap_strides(&d->bias);
  int64_t m = d->m;
  d->m = d->n;
  d->n = m;
  const void *first = *a;
  *a = *b;
  *b = first;
}

/// Gives a matrix definite strides where a size of 1 leaves them open; false when its elements overlap or when
/// neither rows nor columns are contiguous.
static bool settle(cd_strides *s, int64_t rows, int64_t columns) {
  if (rows == 1 && columns == 1) s->row = s->column = 1;
  else if (columns == 1) s->column = 1;
  else if (rows == 1 && s->column == 1) s->row = columns;
  else if (rows == 1) s->row = 1;
  return (s->column == 1 && s->row >= columns) || (s->row == 1 && s->column >= rows);
}

static bool bias_is_row(const cd_matmul_desc *d) {
  for (int i = 0; i < d->batch_rank; i++)
    if (d->bias.batch[i] != 0) return false;
  return (d->m == 1 || d->bias.row == 0) && (d->n == 1 || d->bias.column == 1);
}

static dnnl_status_t matrix_layout(layout *l, const cd_matmul_desc *d, const cd_strides *s, int64_t rows,
                                   int64_t columns, dnnl_data_type_t type) {
  dnnl_dims_t sizes, strides;
  int rank = d->batch_rank;
  for (int i = 0; i < rank; i++) {
    sizes[i] = s->batch[i] == 0 ? 1 : d->batch[i];
    strides[i] = s->batch[i] == 0 ? rows * columns : s->batch[i];
  }
  sizes[rank] = rows, sizes[rank + 1] = columns;
  strides[rank] = s->row, strides[rank + 1] = s->column;
  return layout_strided(l, rank + 2, sizes, type, strides);
}

static dnnl_status_t matmul_plan_fill(struct plan *plan, const cd_matmul_desc *d, bool has_bias,
                                      dnnl_data_type_t input, dnnl_data_type_t output, dnnl_data_type_t bias) {
  for (int i = 0; i < d->batch_rank; i++) {
    if (d->a.batch[i] != 0 || d->b.batch[i] != 0) continue;
    plan->status = CD_UNSUPPORTED;
    plan->reason = "A and B both repeat along a batch dimension";
    return dnnl_success;
  }
  layout layouts[4];
  memset(layouts, 0, sizeof layouts);
  cd_strides bias_strides = {.row = d->n, .column = 1};
  dnnl_status_t status = matrix_layout(&layouts[0], d, &d->a, d->m, d->k, input);
  if (status == dnnl_success) status = matrix_layout(&layouts[1], d, &d->b, d->k, d->n, input);
  if (status == dnnl_success) status = matrix_layout(&layouts[2], d, &d->c, d->m, d->n, output);
  if (status == dnnl_success && has_bias) status = matrix_layout(&layouts[3], d, &bias_strides, 1, d->n, bias);
  dnnl_primitive_desc_t pd = NULL;
  if (status == dnnl_success) {
    status = matmul_desc(&pd, the_engine, &layouts[0], &layouts[1], has_bias ? &layouts[3] : NULL, &layouts[2],
                         d->accumulate ? sum_attr : plain_attr);
  }
  if (status == dnnl_success && is_reference(pd)) {
    plan->status = CD_UNSUPPORTED;
    plan->reason = "oneDNN has only slow loops for these strides";
    dnnl_primitive_desc_destroy(pd);
  } else if (status == dnnl_success) {
    struct operand operands[] = {{DNNL_ARG_SRC, &layouts[0], false},
                                 {DNNL_ARG_WEIGHTS, &layouts[1], false},
                                 {DNNL_ARG_DST, &layouts[2], true},
                                 {DNNL_ARG_BIAS, &layouts[3], false}};
    status = plan_fill(plan, pd, has_bias ? 4 : 3, operands);
  }
  for (int i = 0; i < 4; i++) layout_free(&layouts[i]);
  return status;
}

static int add_strides(int64_t *key, int at, const cd_strides *s, int rank) {
  key[at++] = s->row;
  key[at++] = s->column;
  for (int i = 0; i < rank; i++) key[at++] = s->batch[i];
  return at;
}

/// Finds or makes the plan of a settled product.
static struct plan *matmul_plan(const cd_matmul_desc *d, bool has_bias, int threads, int *result) {
  int64_t key[16 + 4 * CD_MAX_BATCH_RANK];
  int words = 0, rank = d->batch_rank;
  key[words++] = KEY_MATMUL | (int64_t)threads << 8 | (int64_t)rank << 40;
  key[words++] = d->input_type | (int64_t)d->output_type << 8 | (int64_t)(has_bias ? d->bias_type : 0) << 16 |
                 (int64_t)(d->accumulate != 0) << 24;
  key[words++] = d->m;
  key[words++] = d->n;
  key[words++] = d->k;
  for (int i = 0; i < rank; i++) key[words++] = d->batch[i];
  words = add_strides(key, words, &d->a, rank);
  words = add_strides(key, words, &d->b, rank);
  words = add_strides(key, words, &d->c, rank);
  struct plan *plan = (struct plan *)keep_find(key, words);
  if (plan) return plan;

  dnnl_data_type_t input, output, bias = dnnl_data_type_undef;
  *result = ready();
  if (*result == CD_OK) *result = type_of(d->input_type, &input);
  if (*result == CD_OK) *result = type_of(d->output_type, &output);
  if (*result == CD_OK && has_bias) *result = type_of(d->bias_type, &bias);
  if (*result != CD_OK) return NULL;
  plan = calloc(1, sizeof *plan);
  if (!plan) {
    *result = report(CD_NO_MEMORY, "matmul: out of memory");
    return NULL;
  }
  pthread_mutex_lock(&making);
  dnnl_status_t status = matmul_plan_fill(plan, d, has_bias, input, output, bias);
  pthread_mutex_unlock(&making);
  return plan_keep(plan, status, key, words, "matmul", result);
}

/// Runs a settled product; where oneDNN takes the strides of single matrices only, one after the other.
static int matmul_run(const cd_matmul_desc *d, const char *a, const char *b, const char *bias, char *c, int threads) {
  int result = CD_OK;
  struct plan *plan = matmul_plan(d, bias != NULL, threads, &result);
  if (!plan) return result;
  if (plan->status == CD_UNSUPPORTED && d->batch_rank > 0) {
    keep_leave(&plan->head);
    cd_matmul_desc inner = *d;
    drop_batch(&inner, 0);
    int64_t input = (int64_t)size_of_type(d->input_type), output = (int64_t)size_of_type(d->output_type);
    for (int64_t i = 0; i < d->batch[0] && result == CD_OK; i++) {
      result = matmul_run(&inner, a + i * d->a.batch[0] * input, b + i * d->b.batch[0] * input, bias,
                          c + i * d->c.batch[0] * output, threads);
    }
    return result;
  }
  void *operands[] = {(void *)a, (void *)b, c, (void *)bias};
  result = plan_run(plan, operands, "matmul");
  keep_leave(&plan->head);
  return result;
}

int cd_matmul(const cd_matmul_desc *desc, const void *a, const void *b, const void *bias, void *c) {
  if (desc->batch_rank < 0 || desc->batch_rank > CD_MAX_BATCH_RANK || desc->m < 0 || desc->n < 0 || desc->k < 0)
    return report(CD_INVALID, "matmul: negative size or batch rank beyond %d", CD_MAX_BATCH_RANK);
  if (!size_of_type(desc->input_type) || !size_of_type(desc->output_type) ||
      (bias && !size_of_type(desc->bias_type)))
    return report(CD_UNSUPPORTED, "matmul: element types are float32, bfloat16 and float16");
  int64_t work = desc->m * desc->n;
  for (int i = 0; i < desc->batch_rank; i++) {
    if (desc->batch[i] < 0) return report(CD_INVALID, "matmul: negative size");
    work *= desc->batch[i];
  }
  if (work == 0) return CD_OK;
  for (int i = 0; i < desc->batch_rank; i++)
    if (desc->batch[i] > 1 && desc->c.batch[i] == 0)
      return report(CD_INVALID, "matmul: the matrices of C share memory");
  if (desc->k == 0) {
    plain_spread(desc, bias, c);
    return CD_OK;
  }
  cd_matmul_desc d = *desc;
  if (!bias) memset(&d.bias, 0, sizeof d.bias);
  join_batches(&d);
  if (d.n > 1 && d.c.column != 1) transpose(&d, &a, &b);
  while (fold_rows(&d)) {}
  if (!settle(&d.a, d.m, d.k) || !settle(&d.b, d.k, d.n))
    return report(CD_UNSUPPORTED, "matmul: A and B want contiguous rows or columns");
  if (!settle(&d.c, d.m, d.n) || d.c.column != 1)
    return report(CD_UNSUPPORTED, "matmul: C wants contiguous rows or columns");
  // oneDNN takes a bias that is one row. Any other is laid down first for the product to add to, or, where C counts
  // already, added when the product has gone well.
  const void *row_bias = bias && bias_is_row(&d) ? bias : NULL;
  bool adds_after = bias && !row_bias && d.accumulate;
  if (bias && !row_bias && !adds_after) {
    plain_spread(&d, bias, c);
    d.accumulate = 1;
  }
  bool alone = work <= ALONE_PRODUCT && work * d.k <= ALONE_PRODUCT;
  int threads = alone ? alone_enter() : ct_team_enter();
  int result = matmul_run(&d, a, b, row_bias, c, alone ? 1 : threads);
  if (alone) alone_leave(threads);
  else ct_team_leave(threads);
  if (adds_after && result == CD_OK) plain_spread(&d, bias, c);
  return result;
}

// MARK: convolutions

enum direction { FORWARD = KEY_FORWARD, BACKWARD_DATA = KEY_BACKWARD_DATA, BACKWARD_WEIGHTS = KEY_BACKWARD_WEIGHTS };

static const char *conv_name(enum direction direction) {
  return direction == FORWARD         ? "conv forward"
         : direction == BACKWARD_DATA ? "conv backward data"
                                      : "conv backward weights";
}

static int conv_check(const cd_conv_desc *d, const char *name) {
  if (d->spatial_rank < 1 || d->spatial_rank > CD_MAX_SPATIAL)
    return report(CD_INVALID, "%s: spatial rank %d is not 1, 2 or 3", name, (int)d->spatial_rank);
  if (d->batch < 0 || d->groups < 1 || d->in_channels < 1 || d->out_channels < 1)
    return report(CD_INVALID, "%s: channels and groups must be positive", name);
  if (d->in_channels % d->groups != 0 || d->out_channels % d->groups != 0)
    return report(CD_INVALID, "%s: channels are not divisible by the %lld groups", name, (long long)d->groups);
  for (int i = 0; i < d->spatial_rank; i++) {
    if (d->input[i] < 1 || d->kernel[i] < 1 || d->output[i] < 1 || d->stride[i] < 1 || d->dilation[i] < 1)
      return report(CD_INVALID, "%s: sizes, stride and dilation must be positive", name);
    if (d->padding_left[i] < 0 || d->padding_right[i] < 0)
      return report(CD_UNSUPPORTED, "%s: negative padding", name);
    int64_t reach = (d->kernel[i] - 1) * d->dilation[i] + 1;
    int64_t room = d->input[i] + d->padding_left[i] + d->padding_right[i] - reach;
    if (room < 0 || room / d->stride[i] + 1 != d->output[i])
      return report(CD_INVALID, "%s: output size %lld contradicts input, kernel, stride and padding of dimension %d",
                    name, (long long)d->output[i], i);
  }
  return CD_OK;
}

/// The layout of an image tensor; `form` is one of CD_CONTIGUOUS, CD_CHANNELS_LAST or ANY_FORM.
enum { ANY_FORM = -1 };

static dnnl_status_t image_layout(layout *l, const cd_conv_desc *d, int64_t channels, const int64_t *spatial, int form,
                                  dnnl_data_type_t type) {
  int rank = d->spatial_rank + 2;
  dnnl_dims_t sizes, strides;
  sizes[0] = d->batch;
  sizes[1] = channels;
  for (int i = 0; i < d->spatial_rank; i++) sizes[2 + i] = spatial[i];
  if (form == ANY_FORM) return layout_any(l, rank, sizes, type);
  int64_t step = form == CD_CHANNELS_LAST ? channels : 1;
  for (int i = rank - 1; i >= 2; i--) {
    strides[i] = step;
    step *= sizes[i];
  }
  strides[1] = form == CD_CHANNELS_LAST ? 1 : step;
  strides[0] = form == CD_CHANNELS_LAST ? step : step * channels;
  return layout_strided(l, rank, sizes, type, strides);
}

static dnnl_status_t weight_layout(layout *l, const cd_conv_desc *d, bool any, dnnl_data_type_t type) {
  dnnl_dims_t sizes, strides;
  int rank = 0;
  if (d->groups > 1) sizes[rank++] = d->groups;
  sizes[rank++] = d->out_channels / d->groups;
  sizes[rank++] = d->in_channels / d->groups;
  for (int i = 0; i < d->spatial_rank; i++) sizes[rank++] = d->kernel[i];
  if (any) return layout_any(l, rank, sizes, type);
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; i--) {
    strides[i] = step;
    step *= sizes[i];
  }
  return layout_strided(l, rank, sizes, type, strides);
}

/// Makes the primitive descriptor with the images in these forms.
static dnnl_status_t conv_desc(dnnl_primitive_desc_t *pd, const cd_conv_desc *d, enum direction direction,
                               bool has_bias, int src_form, int dst_form, dnnl_data_type_t type) {
  sliding s;
  for (int i = 0; i < d->spatial_rank; i++) {
    s.stride[i] = d->stride[i];
    s.dilation[i] = d->dilation[i] - 1;
    s.left[i] = d->padding_left[i];
    s.right[i] = d->padding_right[i];
  }
  layout l[4];
  memset(l, 0, sizeof l);
  layout *bias = has_bias ? &l[3] : NULL;
  dnnl_status_t status = image_layout(&l[0], d, d->in_channels, d->input, src_form, type);
  if (status == dnnl_success) status = weight_layout(&l[1], d, true, type);
  if (status == dnnl_success) status = image_layout(&l[2], d, d->out_channels, d->output, dst_form, type);
  if (status == dnnl_success && bias)
    status = layout_strided(bias, 1, (const dnnl_dims_t){d->out_channels}, type, (const dnnl_dims_t){1});
  if (status == dnnl_success && direction == FORWARD) {
    status = conv_forward_desc(pd, the_engine, &l[0], &l[1], bias, &l[2], &s, plain_attr);
  } else if (status == dnnl_success) {
    dnnl_primitive_desc_t hint = NULL;
    status = conv_forward_desc(&hint, the_engine, &l[0], &l[1], bias, &l[2], &s, plain_attr);
    if (status == dnnl_success) {
      status = direction == BACKWARD_DATA
                   ? conv_backward_data_desc(pd, the_engine, &l[0], &l[1], &l[2], &s, hint, plain_attr)
                   : conv_backward_weights_desc(pd, the_engine, &l[0], &l[1], bias, &l[2], &s, hint, plain_attr);
      dnnl_primitive_desc_destroy(hint);
    }
  }
  for (int i = 0; i < 4; i++) layout_free(&l[i]);
  return status;
}

static int64_t product(const int64_t *sizes, int count) {
  int64_t result = 1;
  for (int i = 0; i < count; i++) result *= sizes[i];
  return result;
}

static int64_t weight_count(const cd_conv_desc *d) {
  return d->out_channels * (d->in_channels / d->groups) * product(d->kernel, d->spatial_rank);
}

/// Whether the window hardly fits into the bare input along some dimension. There the blocked bfloat16 weight gradients
/// of oneDNN 2.6 are wrong: rows outside of the input are counted, or scratch that nobody wrote is summed.
static bool is_cramped(const cd_conv_desc *d) {
  for (int i = 0; i < d->spatial_rank; i++) {
    int64_t reach = (d->kernel[i] - 1) * d->dilation[i] + 1;
    if (d->input[i] + 1 < reach || (d->stride[i] > 1 && d->input[i] < reach + d->stride[i])) return true;
  }
  return false;
}

/// Which layout to compute in, by what was measured (2 threads, AVX-512, float32): channels-last images are best left
/// as they are; contiguous ones gain 1.5 to 9 times from oneDNN's blocks, reorders included. The exceptions are narrow
/// inputs, which blocks pad to 16 channels, and weight gradients that outweigh the images, where the reorder of the
/// weights costs more than it brings.
static int conv_choose(const cd_conv_desc *d, enum direction direction) {
  if (direction == BACKWARD_WEIGHTS && d->type != CD_FLOAT32 && is_cramped(d)) return CD_PLAN_CONTIGUOUS;
  if (d->plan != CD_PLAN_AUTO) return d->plan;
  int64_t depth = d->in_channels / d->groups;
  bool narrow = d->groups == 1 && depth <= 3;
  bool last = d->src_layout == CD_CHANNELS_LAST && d->dst_layout == CD_CHANNELS_LAST;
  if (direction == BACKWARD_DATA && narrow) return CD_PLAN_CONTIGUOUS;
  if (direction == BACKWARD_WEIGHTS && last && narrow && d->out_channels % 16 == 0) return CD_PLAN_BLOCKED;
  if (last) return CD_PLAN_AS_GIVEN;
  if (direction == BACKWARD_WEIGHTS && d->groups == 1) {
    int64_t images = d->batch * (d->in_channels * product(d->input, d->spatial_rank) +
                                 d->out_channels * product(d->output, d->spatial_rank));
    if (weight_count(d) > 8 * images) return CD_PLAN_CONTIGUOUS;
    if (!narrow && depth % 16 != 0) return CD_PLAN_CHANNELS_LAST;
  }
  return CD_PLAN_BLOCKED;
}

static dnnl_status_t conv_plan_fill(struct plan *plan, const cd_conv_desc *d, enum direction direction, bool has_bias,
                                    dnnl_data_type_t type) {
  int way = conv_choose(d, direction);
  if (way == CD_PLAN_AS_GIVEN && d->src_layout != d->dst_layout) way = CD_PLAN_BLOCKED;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_status_t status = dnnl_unimplemented;
  if (way != CD_PLAN_BLOCKED) {
    int form = way == CD_PLAN_CHANNELS_LAST ? CD_CHANNELS_LAST
               : way == CD_PLAN_CONTIGUOUS  ? CD_CONTIGUOUS
                                            : d->src_layout;
    status = conv_desc(&pd, d, direction, has_bias, form, form, type);
    if (status == dnnl_success && is_reference(pd)) {
      dnnl_primitive_desc_destroy(pd);
      status = dnnl_unimplemented;
    }
  }
  if (status != dnnl_success) status = conv_desc(&pd, d, direction, has_bias, ANY_FORM, ANY_FORM, type);
  if (status != dnnl_success) return status;

  layout given[4];
  memset(given, 0, sizeof given);
  status = image_layout(&given[0], d, d->in_channels, d->input, d->src_layout, type);
  if (status == dnnl_success) status = weight_layout(&given[1], d, false, type);
  if (status == dnnl_success) status = image_layout(&given[2], d, d->out_channels, d->output, d->dst_layout, type);
  if (status == dnnl_success && has_bias)
    status = layout_strided(&given[3], 1, (const dnnl_dims_t){d->out_channels}, type, (const dnnl_dims_t){1});
  if (status != dnnl_success) {
    dnnl_primitive_desc_destroy(pd);
  } else if (direction == FORWARD) {
    struct operand operands[] = {{DNNL_ARG_SRC, &given[0], false},
                                 {DNNL_ARG_WEIGHTS, &given[1], false},
                                 {DNNL_ARG_DST, &given[2], true},
                                 {DNNL_ARG_BIAS, &given[3], false}};
    status = plan_fill(plan, pd, has_bias ? 4 : 3, operands);
  } else if (direction == BACKWARD_DATA) {
    struct operand operands[] = {{DNNL_ARG_DIFF_SRC, &given[0], true},
                                 {DNNL_ARG_WEIGHTS, &given[1], false},
                                 {DNNL_ARG_DIFF_DST, &given[2], false}};
    status = plan_fill(plan, pd, 3, operands);
  } else {
    struct operand operands[] = {{DNNL_ARG_SRC, &given[0], false},
                                 {DNNL_ARG_DIFF_WEIGHTS, &given[1], true},
                                 {DNNL_ARG_DIFF_DST, &given[2], false},
                                 {DNNL_ARG_DIFF_BIAS, &given[3], true}};
    status = plan_fill(plan, pd, has_bias ? 4 : 3, operands);
  }
  for (int i = 0; i < 4; i++) layout_free(&given[i]);
  return status;
}

static struct plan *conv_plan(const cd_conv_desc *d, enum direction direction, bool has_bias, int threads,
                              int *result) {
  int64_t key[8 + 7 * CD_MAX_SPATIAL];
  int words = 0;
  key[words++] = (int64_t)direction | (int64_t)threads << 8 | (int64_t)d->spatial_rank << 40;
  key[words++] = d->type | (int64_t)has_bias << 8 | (int64_t)d->src_layout << 16 | (int64_t)d->dst_layout << 24 |
                 (int64_t)d->plan << 32;
  key[words++] = d->batch;
  key[words++] = d->in_channels;
  key[words++] = d->out_channels;
  key[words++] = d->groups;
  for (int i = 0; i < d->spatial_rank; i++) {
    key[words++] = d->input[i];
    key[words++] = d->kernel[i];
    key[words++] = d->output[i];
    key[words++] = d->stride[i];
    key[words++] = d->dilation[i];
    key[words++] = d->padding_left[i];
    key[words++] = d->padding_right[i];
  }
  struct plan *plan = (struct plan *)keep_find(key, words);
  if (plan) return plan;

  dnnl_data_type_t type;
  *result = ready();
  if (*result == CD_OK) *result = type_of(d->type, &type);
  if (*result != CD_OK) return NULL;
  plan = calloc(1, sizeof *plan);
  if (!plan) {
    *result = report(CD_NO_MEMORY, "%s: out of memory", conv_name(direction));
    return NULL;
  }
  pthread_mutex_lock(&making);
  dnnl_status_t status = conv_plan_fill(plan, d, direction, has_bias, type);
  pthread_mutex_unlock(&making);
  return plan_keep(plan, status, key, words, conv_name(direction), result);
}

static int conv_run(const cd_conv_desc *d, enum direction direction, void *const operands[], bool has_bias) {
  bool alone = d->batch * product(d->output, d->spatial_rank) * weight_count(d) <= ALONE_PRODUCT;
  int threads = alone ? alone_enter() : ct_team_enter(), result = CD_OK;
  struct plan *plan = conv_plan(d, direction, has_bias, alone ? 1 : threads, &result);
  if (plan) {
    result = plan_run(plan, operands, conv_name(direction));
    keep_leave(&plan->head);
  }
  if (alone) alone_leave(threads);
  else ct_team_leave(threads);
  return result;
}

int cd_conv_forward(const cd_conv_desc *desc, const void *src, const void *weight, const void *bias, void *dst) {
  int result = conv_check(desc, conv_name(FORWARD));
  if (result != CD_OK || desc->batch == 0) return result;
  void *operands[] = {(void *)src, (void *)weight, dst, (void *)bias};
  return conv_run(desc, FORWARD, operands, bias != NULL);
}

int cd_conv_backward_data(const cd_conv_desc *desc, const void *grad_dst, const void *weight, void *grad_src) {
  int result = conv_check(desc, conv_name(BACKWARD_DATA));
  if (result != CD_OK || desc->batch == 0) return result;
  void *operands[] = {grad_src, (void *)weight, (void *)grad_dst};
  return conv_run(desc, BACKWARD_DATA, operands, false);
}

int cd_conv_backward_weights(const cd_conv_desc *desc, const void *src, const void *grad_dst, void *grad_weight,
                             void *grad_bias) {
  int result = conv_check(desc, conv_name(BACKWARD_WEIGHTS));
  if (result != CD_OK) return result;
  if (desc->batch == 0) {
    size_t size = size_of_type(desc->type);
    memset(grad_weight, 0, (size_t)weight_count(desc) * size);
    if (grad_bias) memset(grad_bias, 0, (size_t)desc->out_channels * size);
    return CD_OK;
  }
  void *operands[] = {(void *)src, grad_weight, (void *)grad_dst, grad_bias};
  return conv_run(desc, BACKWARD_WEIGHTS, operands, grad_bias != NULL);
}
