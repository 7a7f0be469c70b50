// Layers one after another: where each value lies, and which layers run as one.
#include <math.h>
#include <string.h>

#include "CTorchRuntime.h"
#include "layers.h"

ptrdiff_t cl_output(const cl_layer *layer, int i, ptrdiff_t size) {
  ptrdiff_t room = size + 2 * layer->padding[i] - layer->dilation[i] * (layer->kernel[i] - 1) - 1;
  return room < 0 ? 0 : room / layer->stride[i] + 1;
}

/// A value in the work memory: the images and a frame around each.
struct value {
  cl_images images;
  ptrdiff_t frame;                      // pixels at each side
  float around;                         // what stands there
  int last_use;                         // the last layer that reads it
  int uses;
  bool dense;                           // has no frame, whatever reads it
  bool inside;                          // never in memory: what it lies between runs as one
  size_t offset, size;                  // floats in the work memory
};

struct chain {
  const cl_layer *layers;
  int count;
  struct value values[CL_MOST_LAYERS + 1];
  int widen[CL_MOST_LAYERS];            // of a block's last layer: its first one or -1; -2 for layers by themselves
  struct value framed;                  // the input of one layer with a frame, where the value has none
  size_t values_size, framed_size, scratch_size;
};

static bool is_point(const cl_layer *l) {
  return l->kind == CL_CONVOLUTION && !l->way && l->kernel[0] == 1 && l->kernel[1] == 1 && l->stride[0] == 1 &&
         l->stride[1] == 1 && l->padding[0] == 0 && l->padding[1] == 0;
}

/// Finds single pixels - each channel by itself - single pixels, the first of which may be missing.
static void find_blocks(struct chain *chain) {
  for (int i = 0; i < chain->count; i++) chain->widen[i] = -2;
  for (int i = 1; i < chain->count; i++) {
    const cl_layer *l = chain->layers, *narrow = &l[i], *d = &l[i - 1];
    if (!is_point(narrow) || narrow->input != i || d->kind != CL_DEPTHWISE || d->way || d->plus >= 0 ||
        chain->values[i].uses != 1)
      continue;
    bool widens = i >= 2 && is_point(&l[i - 2]) && chain->widen[i - 2] == -2 && d->input == i - 1 &&
                  l[i - 2].plus < 0 && chain->values[i - 1].uses == 1;
    chain->widen[i] = widens ? i - 2 : -1;
    // What the block begins with is read until it ends.
    struct value *from = &chain->values[l[widens ? i - 2 : i - 1].input];
    from->last_use = from->last_use < i ? i : from->last_use;
    chain->values[i].inside = true;
    if (widens) chain->values[i - 1].inside = true;
  }
}

/// Sizes, uses and frames of all values; false where the chain does not fit together.
static bool describe(struct chain *chain, const cl_images *in, const cl_images *out) {
  memset(chain->values, 0, sizeof *chain->values * (size_t)(chain->count + 1));
  chain->values[0].images = *in;
  for (int i = 0; i < chain->count; i++) {
    const cl_layer *l = &chain->layers[i];
    if (l->input < 0 || l->input > i || l->plus > i) return false;
    struct value *from = &chain->values[l->input], *to = &chain->values[i + 1];
    to->images.batch = in->batch;
    to->images.channels = l->outputs;
    to->images.height = cl_output(l, 0, from->images.height);
    to->images.width = cl_output(l, 1, from->images.width);
    if (to->images.height < 1 || to->images.width < 1) return false;
    if (l->way && l->input == 0 && in->plane != 1) return false;
    bool single = l->kind != CL_CONVOLUTION;
    if (single && (l->outputs != from->images.channels || (l->input == 0 && in->plane != 1))) return false;
    from->last_use = i;
    from->uses += 1;
    if (l->plus >= 0) {
      struct value *plus = &chain->values[l->plus];
      if (plus->images.channels != l->outputs || plus->images.height != to->images.height ||
          plus->images.width != to->images.width || (l->plus == 0 && in->plane != 1))
        return false;
      plus->last_use = i;
      plus->uses += 1;
    }
  }
  const cl_images *last = &chain->values[chain->count].images;
  return last->channels == out->channels && last->height == out->height && last->width == out->width;
}

static ptrdiff_t padding_of(const cl_layer *l) { return l->way ? 0 : most(l->padding[0], l->padding[1]); }

static bool find_frames(struct chain *chain) {
  for (int i = 0; i < chain->count; i++) {
    const cl_layer *l = &chain->layers[i];
    if (!l->way) continue;
    chain->values[l->input].dense = chain->values[i + 1].dense = true;
    if (l->plus >= 0) chain->values[l->plus].dense = true;
  }
  for (int i = 0; i < chain->count; i++) {
    const cl_layer *l = &chain->layers[i];
    struct value *from = &chain->values[l->input];
    ptrdiff_t padding = padding_of(l);
    if (padding == 0 || from->dense) continue;
    float around = l->kind == CL_MAX_POOL ? -INFINITY : 0;
    if (from->frame > 0 && from->around != around) return false;
    from->around = around;
    from->frame = most(from->frame, padding);
  }
  return true;
}

/// Where a value lies that channels follow each other in, with its frame; floats to take.
static size_t lay_out(struct value *value) {
  cl_images *m = &value->images;
  ptrdiff_t height = m->height + 2 * value->frame, width = m->width + 2 * value->frame;
  m->plane = 1;
  m->pixel = m->channels;
  m->row = width * m->channels;
  m->image = m->row * height;
  return ((size_t)(m->image * m->batch) + 1023) / 1024 * 1024;
}

/// What a layer reads, where that must get a frame first: the value, laid out with one. Else null.
static struct value *framed_input(struct chain *chain, const cl_layer *l) {
  const struct value *from = &chain->values[l->input];
  if (!from->dense || padding_of(l) == 0) return NULL;
  chain->framed = *from;
  chain->framed.frame = padding_of(l);
  chain->framed.around = l->kind == CL_MAX_POOL ? -INFINITY : 0;
  chain->framed.size = lay_out(&chain->framed);
  return &chain->framed;
}

/// Gives every value a place that is free while it is needed.
static void place_values(struct chain *chain) {
  for (int v = 0; v < chain->count; v++) {
    struct value *value = &chain->values[v];
    cl_images *m = &value->images;
    if (value->inside || (v == 0 && value->frame == 0)) continue;
    bool planes = v == 0 && m->plane != 1;
    value->size = lay_out(value);
    if (planes) {
      m->pixel = 1;
      m->row = m->width + 2 * value->frame;
      m->plane = m->row * (m->height + 2 * value->frame);
    }
    // The lowest place that no value has which is read from now on; values are made in order.
    size_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (int w = 0; w < v; w++) {
        const struct value *other = &chain->values[w];
        if (other->size == 0 || other->last_use < v - 1) continue;
        if (offset < other->offset + other->size && other->offset < offset + value->size) {
          offset = other->offset + other->size;
          moved = true;
        }
      }
    }
    value->offset = offset;
    if (offset + value->size > chain->values_size) chain->values_size = offset + value->size;
  }
}

struct copy {
  const cl_images *from, *to;
  const struct value *value;
};

/// Fills `frame` floats on both sides of a row of `width`.
static void fill_around(float *row, ptrdiff_t frame, ptrdiff_t width, float around) {
  for (ptrdiff_t i = 0; i < frame; i++) row[i - frame] = row[width + i] = around;
}

/// Fills the frame of one image.
static void frame_image(const struct value *value, ptrdiff_t image) {
  const cl_images *m = &value->images;
  ptrdiff_t frame = value->frame, planes = m->plane == 1 ? 1 : m->channels, unit = m->plane == 1 ? m->channels : 1;
  for (ptrdiff_t p = 0; p < planes; p++) {
    float *first = cl_at(m, image, 0, 0) + p * m->plane;
    for (ptrdiff_t y = -frame; y < m->height + frame; y++) {
      float *row = first + y * m->row;
      if (y < 0 || y >= m->height) {
        for (ptrdiff_t i = -frame * unit; i < (m->width + frame) * unit; i++) row[i] = value->around;
      } else {
        fill_around(row, frame * unit, m->width * unit, value->around);
      }
    }
  }
}

static void frame_images(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  (void)thread;
  for (ptrdiff_t image = begin; image < end; image++) frame_image(context, image);
}

/// Copies images into a value, which has a frame.
static void copy_images(void *context, ptrdiff_t begin, ptrdiff_t end, int thread) {
  const struct copy *copy = context;
  const cl_images *from = copy->from, *to = copy->to;
  (void)thread;
  for (ptrdiff_t image = begin; image < end; image++) {
    frame_image(copy->value, image);
    ptrdiff_t planes = from->plane == 1 ? 1 : from->channels, unit = from->plane == 1 ? from->channels : 1;
    for (ptrdiff_t p = 0; p < planes; p++)
      for (ptrdiff_t y = 0; y < from->height; y++) {
        float *target = cl_at(to, image, y, 0) + p * to->plane;
        const float *source = cl_at(from, image, y, 0) + p * from->plane;
        if (from->pixel == unit) memcpy(target, source, (size_t)(from->width * unit) * sizeof(float));
        else
          for (ptrdiff_t x = 0; x < from->width; x++)
            memcpy(target + x * to->pixel, source + x * from->pixel, (size_t)unit * sizeof(float));
      }
  }
}

/// The images that a layer reads, with what it needs around them.
static const cl_images *input_of(struct chain *chain, const cl_layer *l, float *work) {
  struct value *framed = framed_input(chain, l);
  const cl_images *from = &chain->values[l->input].images;
  if (!framed) return from;
  framed->images.data = work + framed->frame * (framed->images.row + framed->images.pixel);
  struct copy copy = {.from = from, .to = &framed->images, .value = framed};
  ct_parallel_for(from->batch, 1, copy_images, &copy);
  return &framed->images;
}

/// `work` has room for an input with a frame, and after it for what the threads need.
static bool run_step(struct chain *chain, int i, float *work) {
  const cl_layer *l = &chain->layers[i];
  struct value *to = &chain->values[i + 1];
  if (to->inside) return true;
  if (to->frame > 0) ct_parallel_for(to->images.batch, 1, frame_images, to);
  const cl_images *plus = l->plus >= 0 ? &chain->values[l->plus].images : NULL;
  if (l->way) {
    const float *in = chain->values[l->input].images.data;
    return l->way(l->context, in, plus ? plus->data : NULL, to->images.data) == 0;
  }
  if (chain->widen[i] == -2) {
    struct taps taps;
    const cl_images *from = input_of(chain, l, work);
    if (!cl_find_taps(&taps, l, from)) return false;
    cl_run_layer(l, &taps, from, plus, &to->images);
    return true;
  }
  const cl_layer *first = &chain->layers[chain->widen[i] >= 0 ? chain->widen[i] : i - 1];
  struct block block = {.widen = chain->widen[i] >= 0 ? first : NULL, .depthwise = &chain->layers[i - 1],
                        .narrow = l};
  cl_run_block(&block, input_of(chain, first, work), plus, &to->images, work + chain->framed_size,
               chain->scratch_size);
  return true;
}

int cl_run(const cl_layer *layers, int count, const cl_images *in, const cl_images *out) {
  if (count < 1 || count > CL_MOST_LAYERS || out->plane != 1) return 1;
  struct chain *chain = ct_scratch_borrow(sizeof *chain);
  if (!chain) return 2;
  chain->layers = layers;
  chain->count = count;
  chain->values_size = chain->framed_size = chain->scratch_size = 0;
  int result = 1;
  float *work = NULL;
  if (!describe(chain, in, out) || !find_frames(chain)) goto done;
  find_blocks(chain);
  place_values(chain);
  chain->values[count].images = *out;
  for (int i = 0; i < count; i++) {
    const struct value *framed = framed_input(chain, &layers[i]);
    if (framed && framed->size > chain->framed_size) chain->framed_size = framed->size;
    if (chain->widen[i] == -2) continue;
    int first = chain->widen[i] >= 0 ? chain->widen[i] : i - 1;
    struct block block = {.widen = chain->widen[i] >= 0 ? &layers[first] : NULL, .depthwise = &layers[i - 1],
                          .narrow = &layers[i]};
    size_t size = cl_block_scratch(&block, &chain->values[layers[first].input].images, &chain->values[i + 1].images);
    chain->scratch_size = size > chain->scratch_size ? size : chain->scratch_size;
  }
  chain->scratch_size = (chain->scratch_size + 1023) / 1024 * 1024 + 1024;
  size_t threads = (size_t)ct_num_threads();
  work = ct_scratch_borrow((chain->values_size + chain->framed_size + threads * chain->scratch_size) * sizeof(float));
  result = 2;
  if (!work) goto done;
  for (int v = 0; v < count; v++) {
    struct value *value = &chain->values[v];
    if (value->size == 0) continue;
    ptrdiff_t first = value->frame * (value->images.row + value->images.pixel);
    value->images.data = work + value->offset + first;
  }
  if (chain->values[0].size > 0) {
    struct copy copy = {.from = in, .to = &chain->values[0].images, .value = &chain->values[0]};
    ct_parallel_for(in->batch, 1, copy_images, &copy);
  }
  result = 0;
  for (int i = 0; i < count && result == 0; i++)
    if (!run_step(chain, i, work + chain->values_size)) result = 1;
done:
  if (work) ct_scratch_return(work);
  ct_scratch_return(chain);
  return result;
}
