// Casts between every two types, on TK_VB / 4 lanes.

enum { cast_lanes = TK_VB / 4 };
typedef TK_VECTOR(uint8_t, TK_VB / 4) cast_u8;
typedef TK_VECTOR(int8_t, TK_VB / 4) cast_i8;
typedef TK_VECTOR(int16_t, TK_VB / 4) cast_i16;
typedef TK_VECTOR(uint16_t, TK_VB / 4) cast_f16, cast_bf16;
typedef VI cast_i32;
typedef TK_VECTOR(long, TK_VB / 4) cast_i64;
typedef VF cast_f32;
typedef TK_VECTOR(double, TK_VB / 4) cast_f64;
typedef cast_u8 cast_bool;

TK_INLINE VF cast_widen_bf16(cast_bf16 x) { return (VF)(__builtin_convertvector(x, VUI) << 16); }

TK_INLINE cast_bf16 cast_round_bf16(VF x) {
  VUI bits = (VUI)x;
  VUI rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  rounded = SEL(x != x, (VUI)0x7FC0, rounded);
  return __builtin_convertvector(rounded, cast_bf16);
}

#if TK_LEVEL > 0 || defined(__aarch64__)
#if defined(__aarch64__)
typedef __fp16 cast_half;
#else
typedef _Float16 cast_half;
#endif
typedef TK_VECTOR(cast_half, TK_VB / 4) cast_halves;
TK_INLINE VF cast_widen_f16(cast_f16 x) { return __builtin_convertvector((cast_halves)x, VF); }
TK_INLINE cast_f16 cast_round_f16(VF x) { return (cast_f16)__builtin_convertvector(x, cast_halves); }
#else
// Shifts the fields into place and lets a multiplication put the exponent right, denormals too.
TK_INLINE VF cast_widen_f16(cast_f16 x) {
  VUI bits = __builtin_convertvector(x, VUI);
  VUI magnitude = (bits & 0x7FFF) << 13;
  VUI scaled = (VUI)((VF)magnitude * 0x1p112f);
  VUI special = magnitude | 0x7F800000;
  return (VF)(SEL(magnitude >= 0x0F800000, special, scaled) | ((bits & 0x8000) << 16));
}

TK_INLINE cast_f16 cast_round_f16(VF x) {
  VUI bits = (VUI)x;
  VUI magnitude = bits & 0x7FFFFFFF;
  // Half's normal range: rebias, round to nearest even at bit 13. Its denormals: let an addition do the rounding.
  VUI normal = (magnitude - 0x38000000 + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
  VUI tiny = (VUI)((VF)magnitude + 0.5f) - 0x3F000000;
  VUI r = SEL(magnitude < 0x38800000, tiny, normal);
  r = SEL(magnitude >= 0x477FF000, (VUI)0x7C00, r);
  r = SEL(magnitude > 0x7F800000, (VUI)0x7E00, r);
  return __builtin_convertvector(r | ((bits >> 16) & 0x8000), cast_f16);
}
#endif

// Each source type opens into what conversions start from; integers and floats need nothing.
#define CAST_OPEN_u8(x) (x)
#define CAST_OPEN_i8(x) (x)
#define CAST_OPEN_i16(x) (x)
#define CAST_OPEN_i32(x) (x)
#define CAST_OPEN_i64(x) (x)
#define CAST_OPEN_bool(x) (x)
#define CAST_OPEN_f32(x) (x)
#define CAST_OPEN_f64(x) (x)
#define CAST_OPEN_f16(x) cast_widen_f16(x)
#define CAST_OPEN_bf16(x) cast_widen_bf16(x)

// Integers to anything; floats to floats.
#define CAST_VALUE_u8(v) __builtin_convertvector(v, cast_u8)
#define CAST_VALUE_i8(v) __builtin_convertvector(v, cast_i8)
#define CAST_VALUE_i16(v) __builtin_convertvector(v, cast_i16)
#define CAST_VALUE_i32(v) __builtin_convertvector(v, cast_i32)
#define CAST_VALUE_i64(v) __builtin_convertvector(v, cast_i64)
#define CAST_VALUE_f32(v) __builtin_convertvector(v, cast_f32)
#define CAST_VALUE_f64(v) __builtin_convertvector(v, cast_f64)
#define CAST_VALUE_f16(v) cast_round_f16(__builtin_convertvector(v, cast_f32))
#define CAST_VALUE_bf16(v) cast_round_bf16(__builtin_convertvector(v, cast_f32))
#define CAST_VALUE_bool(v) (__builtin_convertvector((v) != 0, cast_bool) & 1)
// Floats to narrow integers go by int32, so that what is out of range wraps as in a scalar conversion.
#define CAST_REAL_u8(v) __builtin_convertvector(__builtin_convertvector(v, cast_i32), cast_u8)
#define CAST_REAL_i8(v) __builtin_convertvector(__builtin_convertvector(v, cast_i32), cast_i8)
#define CAST_REAL_i16(v) __builtin_convertvector(__builtin_convertvector(v, cast_i32), cast_i16)
#define CAST_REAL_i32(v) CAST_VALUE_i32(v)
#define CAST_REAL_i64(v) CAST_VALUE_i64(v)
#define CAST_REAL_f32(v) CAST_VALUE_f32(v)
#define CAST_REAL_f64(v) CAST_VALUE_f64(v)
#define CAST_REAL_f16(v) CAST_VALUE_f16(v)
#define CAST_REAL_bf16(v) CAST_VALUE_bf16(v)
#define CAST_REAL_bool(v) (__builtin_convertvector((v) != 0.0f, cast_bool) & 1)

#define CAST_ROW(from, TF, kind, to, TT) \
  TK_UNARY_ROW(cast_##from##_##to, TF, cast_##from, TT, cast_##to, (void)0, CAST_##kind##_##to(CAST_OPEN_##from(x)))
#define CAST_ROWS(from, TF, kind) \
  CAST_ROW(from, TF, kind, u8, uint8_t) \
  CAST_ROW(from, TF, kind, i8, int8_t) \
  CAST_ROW(from, TF, kind, i16, int16_t) \
  CAST_ROW(from, TF, kind, i32, int32_t) \
  CAST_ROW(from, TF, kind, i64, int64_t) \
  CAST_ROW(from, TF, kind, f16, uint16_t) \
  CAST_ROW(from, TF, kind, f32, float) \
  CAST_ROW(from, TF, kind, f64, double) \
  CAST_ROW(from, TF, kind, bool, uint8_t) \
  CAST_ROW(from, TF, kind, bf16, uint16_t)
CAST_ROWS(u8, uint8_t, VALUE)
CAST_ROWS(i8, int8_t, VALUE)
CAST_ROWS(i16, int16_t, VALUE)
CAST_ROWS(i32, int32_t, VALUE)
CAST_ROWS(i64, int64_t, VALUE)
CAST_ROWS(bool, uint8_t, VALUE)
CAST_ROWS(f32, float, REAL)
CAST_ROWS(f64, double, REAL)
CAST_ROWS(f16, uint16_t, REAL)
CAST_ROWS(bf16, uint16_t, REAL)

// A type with itself: a copy by item size.
TK_UNARY_ROW(cast_copy_1, uint8_t, VUB, uint8_t, VUB, (void)0, x)
TK_UNARY_ROW(cast_copy_2, uint16_t, VUS, uint16_t, VUS, (void)0, x)
TK_UNARY_ROW(cast_copy_4, uint32_t, VUI, uint32_t, VUI, (void)0, x)
TK_UNARY_ROW(cast_copy_8, uint64_t, VUL, uint64_t, VUL, (void)0, x)

tk_unary_fn TK_ISA(tk_cast)(tk_dtype from, tk_dtype to) {
#define CAST_TABLE(from) \
  { \
    [TK_UINT8] = cast_##from##_u8, [TK_INT8] = cast_##from##_i8, [TK_INT16] = cast_##from##_i16, \
    [TK_INT32] = cast_##from##_i32, [TK_INT64] = cast_##from##_i64, [TK_FLOAT16] = cast_##from##_f16, \
    [TK_FLOAT32] = cast_##from##_f32, [TK_FLOAT64] = cast_##from##_f64, [TK_BOOL] = cast_##from##_bool, \
    [TK_BFLOAT16] = cast_##from##_bf16 \
  }
  static const tk_unary_fn table[TK_DTYPE_LIMIT][TK_DTYPE_LIMIT] = {
    [TK_UINT8] = CAST_TABLE(u8),    [TK_INT8] = CAST_TABLE(i8),       [TK_INT16] = CAST_TABLE(i16),
    [TK_INT32] = CAST_TABLE(i32),   [TK_INT64] = CAST_TABLE(i64),     [TK_FLOAT16] = CAST_TABLE(f16),
    [TK_FLOAT32] = CAST_TABLE(f32), [TK_FLOAT64] = CAST_TABLE(f64),   [TK_BOOL] = CAST_TABLE(bool),
    [TK_BFLOAT16] = CAST_TABLE(bf16),
  };
  if (from != to) return table[from][to];
  switch (from) {
    case TK_UINT8:
    case TK_INT8:
    case TK_BOOL: return cast_copy_1;
    case TK_INT16:
    case TK_FLOAT16:
    case TK_BFLOAT16: return cast_copy_2;
    case TK_INT32:
    case TK_FLOAT32: return cast_copy_4;
    case TK_INT64:
    case TK_FLOAT64: return cast_copy_8;
    default: return NULL;
  }
}
