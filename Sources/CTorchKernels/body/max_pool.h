// The maximum of each window, where it is, and the way back. The including file has set POOL_NAME, POOL_ITEM as it is stored,
// POOL_REAL as it is compared, POOL_PLACE an integer of the latter's width, POOL_WIDE and POOL_NARROW between the two, and
// POOL_ROUND, which brings a sum to a number that can be stored; these three with _ALL for vectors, whose types are then Items,
// Reals and Bits.
//
// Windows side by side are walked together, tap by tap: a single one is a chain of comparisons that wait for each other. Side by
// side are the windows of a row, or the channels of one window where channels come last.

/// `count` windows, whose elements lie `apart` and whose places differ by `along`; `unit` is how far neighbours of a plane lie
/// from each other. There is a tap. So many of them, and their places too where they are wanted, as the compiler is told.
/// A NaN is taken, and kept but for a later one.
TK_INLINE void POOL_NAME(together)(
  const POOL_ITEM *in, const tk_max_pool *o, taps z, taps y, taps x, ptrdiff_t unit, ptrdiff_t apart, ptrdiff_t along,
  int count, bool wanted, POOL_ITEM *values, int32_t *places) {
  POOL_REAL best[pool_many], next[pool_many];
  POOL_PLACE place[pool_many];  // of the first window's tap
  bool begun = false;
  for (ptrdiff_t kz = z.first; kz < z.end; kz++)
    for (ptrdiff_t ky = y.first; ky < y.end; ky++) {
      ptrdiff_t row = place_of(o, tap_at(o, 0, z, kz), tap_at(o, 1, y, ky), x.start);
      for (ptrdiff_t kx = x.first; kx < x.end; kx++) {
        ptrdiff_t at = row + kx * o->step[2];
        const POOL_ITEM *p = in + at * unit;
        POOL_PLACE here = (POOL_PLACE)at;
        if (!begun) {
          for (int j = 0; j < count; j++) {
            best[j] = POOL_WIDE(p[j * apart]);
            if (wanted) place[j] = here;
          }
          begun = true;
          continue;
        }
        for (int j = 0; j < count; j++) next[j] = POOL_WIDE(p[j * apart]);
        for (int j = 0; j < count; j++) {
          int better = (next[j] > best[j]) | (next[j] != next[j]);
          best[j] = better ? next[j] : best[j];
          if (wanted) place[j] = better ? here : place[j];
        }
      }
    }
  for (int j = 0; j < count; j++) values[j] = POOL_NARROW(best[j]);
  if (wanted)
    for (int j = 0; j < count; j++) places[j] = (int32_t)place[j] + j * (int32_t)along;
}

/// A window without a tap in the input: PyTorch gives its first tap's place, which may lie outside of the plane.
static void POOL_NAME(nothing)(
  const tk_max_pool *o, taps z, taps y, taps x, ptrdiff_t count, POOL_ITEM *values, int32_t *places) {
  ptrdiff_t place =
    place_of(o, tap_at(o, 0, z, z.first), tap_at(o, 1, y, y.first), tap_at(o, 2, x, x.first));
  for (ptrdiff_t j = 0; j < count; j++) {
    values[j] = POOL_NARROW((POOL_REAL)-INFINITY);
    if (places) places[j] = (int32_t)place;
  }
}

// MARK: planes

TK_INLINE void POOL_NAME(strides)(
  const POOL_ITEM *in, const tk_max_pool *o, taps z, taps y, taps x, int count, bool wanted, POOL_ITEM *values,
  int32_t *places) {
  switch (o->stride[2]) {
  case 1: POOL_NAME(together)(in, o, z, y, x, 1, 1, 1, count, wanted, values, places); break;
  case 2: POOL_NAME(together)(in, o, z, y, x, 1, 2, 2, count, wanted, values, places); break;
  default:
    POOL_NAME(together)(in, o, z, y, x, 1, o->stride[2], o->stride[2], count, wanted, values, places);
  }
}

TK_INLINE void POOL_NAME(rows)(
  ptrdiff_t begin, ptrdiff_t end, POOL_ITEM *out, int32_t *places, const POOL_ITEM *in, const tk_max_pool *o,
  int count, bool wanted) {
  ptrdiff_t plane = pool_in(o), width = o->out[2];
  in += begin * plane;
  out += begin * pool_out(o);
  if (wanted) places += begin * pool_out(o);
  // The windows of a row that have all their taps.
  ptrdiff_t whole = 0, past = 0;
  while (whole < width && taps_of(o, 2, whole).first > 0) whole++;
  for (past = whole; past < width && taps_of(o, 2, past).end == o->kernel[2];) past++;
  for (ptrdiff_t p = begin; p < end; p++, in += plane)
    for (ptrdiff_t oz = 0; oz < o->out[0]; oz++) {
      taps z = taps_of(o, 0, oz);
      for (ptrdiff_t oy = 0; oy < o->out[1]; oy++, out += width) {
        taps y = taps_of(o, 1, oy);
        for (ptrdiff_t ox = 0; ox < width;) {
          // The last block goes back over windows that are done already.
          ptrdiff_t at = ox + count > past ? past - count : ox;
          bool one = !meets(z) || !meets(y) || ox < whole || ox >= past || at < whole;
          if (one) at = ox;
          taps x = taps_of(o, 2, at);
          POOL_ITEM *values = out + at;
          int32_t *found = wanted ? places + at : NULL;
          if (!one) POOL_NAME(strides)(in, o, z, y, x, count, wanted, values, found);
          else if (meets(z) && meets(y) && meets(x)) POOL_NAME(together)(in, o, z, y, x, 1, 1, 1, 1, wanted, values, found);
          else POOL_NAME(nothing)(o, z, y, x, 1, values, found);
          ox = one ? ox + 1 : at + count;
        }
        if (wanted) places += width;
      }
    }
}

static void POOL_NAME(planes)(
  ptrdiff_t begin, ptrdiff_t end, POOL_ITEM *out, int32_t *places, const POOL_ITEM *in, const tk_max_pool *o) {
  bool wide = o->out[2] >= pool_many + 2;
  if (wide && places) POOL_NAME(rows)(begin, end, out, places, in, o, pool_many, true);
  else if (wide) POOL_NAME(rows)(begin, end, out, NULL, in, o, pool_many, false);
  else if (places) POOL_NAME(rows)(begin, end, out, places, in, o, pool_few, true);
  else POOL_NAME(rows)(begin, end, out, NULL, in, o, pool_few, false);
}

static void POOL_NAME(planes_slope)(
  ptrdiff_t begin, ptrdiff_t end, POOL_ITEM *for_in, const POOL_ITEM *gradient, const int32_t *places,
  const tk_max_pool *o) {
  ptrdiff_t in_plane = pool_in(o), out_plane = pool_out(o);
  for (ptrdiff_t p = begin; p < end; p++) {
    POOL_ITEM *to = for_in + p * in_plane;
    memset(to, 0, (size_t)in_plane * sizeof *to);
    for (ptrdiff_t i = p * out_plane; i < (p + 1) * out_plane; i++) {
      // A window that met no input has its place outside of the plane.
      if (places[i] < 0 || places[i] >= in_plane) continue;
      POOL_ITEM *sum = to + places[i];
      *sum = POOL_NARROW(POOL_ROUND(POOL_WIDE(*sum) + POOL_WIDE(gradient[i])));
    }
  }
}

// MARK: channels that come last

TK_INLINE void POOL_NAME(window)(
  const POOL_ITEM *in, const tk_max_pool *o, taps z, taps y, taps x, bool wanted, POOL_ITEM *values,
  int32_t *places) {
  ptrdiff_t n = o->channels;
  for (ptrdiff_t c = 0; c < n;) {
    // The last block of many goes back over channels that are done already.
    if (n >= pool_many) {
      ptrdiff_t at = c + pool_many > n ? n - pool_many : c;
      POOL_NAME(together)(in + at, o, z, y, x, n, 1, 0, pool_many, wanted, values + at, wanted ? places + at : NULL);
      c = at + pool_many;
    } else if (n >= pool_few) {
      ptrdiff_t at = c + pool_few > n ? n - pool_few : c;
      POOL_NAME(together)(in + at, o, z, y, x, n, 1, 0, pool_few, wanted, values + at, wanted ? places + at : NULL);
      c = at + pool_few;
    } else {
      POOL_NAME(together)(in + c, o, z, y, x, n, 1, 0, 1, wanted, values + c, wanted ? places + c : NULL);
      c++;
    }
  }
}

static void POOL_NAME(pixels)(
  ptrdiff_t begin, ptrdiff_t end, POOL_ITEM *out, int32_t *places, const POOL_ITEM *in, const tk_max_pool *o) {
  ptrdiff_t n = o->channels, plane = pool_in(o);
  for (ptrdiff_t row = begin; row < end; row++) {
    ptrdiff_t oy = row % o->out[1], oz = row / o->out[1] % o->out[0], image = row / o->out[1] / o->out[0];
    const POOL_ITEM *from = in + image * plane * n;
    taps z = taps_of(o, 0, oz), y = taps_of(o, 1, oy);
    for (ptrdiff_t ox = 0; ox < o->out[2]; ox++) {
      taps x = taps_of(o, 2, ox);
      ptrdiff_t at = (row * o->out[2] + ox) * n;
      if (!meets(z) || !meets(y) || !meets(x)) POOL_NAME(nothing)(o, z, y, x, n, out + at, places ? places + at : NULL);
      else if (places) POOL_NAME(window)(from, o, z, y, x, true, out + at, places + at);
      else POOL_NAME(window)(from, o, z, y, x, false, out + at, NULL);
    }
  }
}

/// `count` channels of one element: adds up the gradients of windows whose maximum it is, those that `gradient` and `places`
/// have for the first channel. Vectors are written out, since compilers hesitate between them and branches.
#define POOL_ELEMENT(name, count) \
  TK_INLINE void POOL_NAME(name)( \
    POOL_ITEM *for_in, const POOL_ITEM *gradient, const int32_t *places, int32_t place, const tk_max_pool *o, span z, \
    span y, span x) { \
    typedef TK_VECTOR(POOL_ITEM, count) Items; \
    typedef TK_VECTOR(POOL_REAL, count) Reals; \
    typedef TK_VECTOR(uint32_t, count) Bits __attribute__((unused)); \
    typedef TK_VECTOR(int32_t, count) Places; \
    typedef __typeof__((Reals)0 == (Reals)0) Mask; \
    Reals sum = (Reals)0; \
    for (ptrdiff_t oz = z.begin; oz < z.end; oz++) \
      for (ptrdiff_t oy = y.begin; oy < y.end; oy++) \
        for (ptrdiff_t ox = x.begin; ox < x.end; ox++) { \
          ptrdiff_t at = ((oz * o->out[1] + oy) * o->out[2] + ox) * o->channels; \
          Mask here = __builtin_convertvector(TK_LOAD(Places, places + at) == place, Mask); \
          sum = SEL(here, POOL_ROUND_ALL(sum + POOL_WIDE_ALL(TK_LOAD(Items, gradient + at))), sum); \
        } \
    TK_STORE(Items, for_in, POOL_NARROW_ALL(sum)); \
  }
POOL_ELEMENT(elements, pool_many)
POOL_ELEMENT(few_elements, pool_few)
POOL_ELEMENT(element, 1)
#undef POOL_ELEMENT

static void POOL_NAME(pixels_slope)(
  ptrdiff_t begin, ptrdiff_t end, POOL_ITEM *for_in, const POOL_ITEM *gradient, const int32_t *places,
  const tk_max_pool *o) {
  ptrdiff_t n = o->channels, plane = pool_out(o);
  for (ptrdiff_t row = begin; row < end; row++) {
    ptrdiff_t iy = row % o->in[1], iz = row / o->in[1] % o->in[0], image = row / o->in[1] / o->in[0];
    const POOL_ITEM *g = gradient + image * plane * n;
    const int32_t *p = places + image * plane * n;
    span z = windows_over(o, 0, iz), y = windows_over(o, 1, iy);
    for (ptrdiff_t ix = 0; ix < o->in[2]; ix++) {
      span x = windows_over(o, 2, ix);
      POOL_ITEM *to = for_in + (row * o->in[2] + ix) * n;
      int32_t place = (int32_t)place_of(o, iz, iy, ix);
      for (ptrdiff_t c = 0; c < n;) {
        // The last block of many goes back over channels that are done already.
        if (n >= pool_many) {
          ptrdiff_t at = c + pool_many > n ? n - pool_many : c;
          POOL_NAME(elements)(to + at, g + at, p + at, place, o, z, y, x);
          c = at + pool_many;
        } else if (n >= pool_few) {
          ptrdiff_t at = c + pool_few > n ? n - pool_few : c;
          POOL_NAME(few_elements)(to + at, g + at, p + at, place, o, z, y, x);
          c = at + pool_few;
        } else {
          POOL_NAME(element)(to + c, g + c, p + c, place, o, z, y, x);
          c++;
        }
      }
    }
  }
}
