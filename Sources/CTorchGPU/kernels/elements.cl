// Dtypes: S_ is how a number lies in memory, A_ what is computed with: whole numbers compute as 64 bits and are cut off when they
// are stored, half types as float.
//
// A program names the dtypes of its operands by macros (X, Y, Z, O): LOAD(X, p, i) and STORE(O, p, i, value).

#define S_u8 u8
#define S_i8 i8
#define S_i16 i16
#define S_i32 i32
#define S_i64 i64
#define S_f16 u16
#define S_bf16 u16
#define S_f32 float
#define S_f64 double
#define S_b8 u8

#define A_u8 i64
#define A_i8 i64
#define A_i16 i64
#define A_i32 i64
#define A_i64 i64
#define A_f16 float
#define A_bf16 float
#define A_f32 float
#define A_f64 double
#define A_b8 i64

#define CODE(t) JOIN(CODE_, t)
#define CODE_b8 0
#define CODE_u8 1
#define CODE_i8 2
#define CODE_i16 3
#define CODE_i32 4
#define CODE_i64 5
#define CODE_f16 6
#define CODE_bf16 7
#define CODE_f32 8
#define CODE_f64 9
#define IS_BOOL(t) (CODE(t) == 0)
#define IS_I32(t) (CODE(t) == 4)
#define IS_FLOAT(t) (CODE(t) >= 6)
#define IS_F16(t) (CODE(t) == 6)
#define IS_BF16(t) (CODE(t) == 7)
#define IS_DOUBLE(t) (CODE(t) == 9)

DEVICE float from_bf16(u16 x) { return AS_FLOAT((u32)x << 16); }

/// To the nearest, ties to even.
DEVICE u16 to_bf16(float x) {
  u32 bits = AS_UINT(x);
  if (x != x) return (u16)0x7fc0;
  return (u16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

#if defined(__CUDACC_RTC__) || defined(__CUDACC__)
DEVICE float from_f16(u16 x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
  return y;
}
DEVICE u16 to_f16(float x) {
  u16 y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x));
  return y;
}
#define LOAD_f16(p, i) from_f16((p)[i])
#define STORE_f16(p, i, v) ((p)[i] = to_f16(v))
#else
#define LOAD_f16(p, i) vload_half((size_t)(i), (const GLOBAL half *)(p))
#define STORE_f16(p, i, v) vstore_half_rte((float)(v), (size_t)(i), (GLOBAL half *)(p))
#endif

#define LOAD_u8(p, i) ((i64)(p)[i])
#define LOAD_i8(p, i) ((i64)(p)[i])
#define LOAD_i16(p, i) ((i64)(p)[i])
#define LOAD_i32(p, i) ((i64)(p)[i])
#define LOAD_i64(p, i) ((i64)(p)[i])
#define LOAD_bf16(p, i) from_bf16((p)[i])
#define LOAD_f32(p, i) ((p)[i])
#define LOAD_f64(p, i) ((p)[i])
#define LOAD_b8(p, i) ((i64)((p)[i] != 0))

#define STORE_u8(p, i, v) ((p)[i] = (u8)(v))
#define STORE_i8(p, i, v) ((p)[i] = (i8)(v))
#define STORE_i16(p, i, v) ((p)[i] = (i16)(v))
#define STORE_i32(p, i, v) ((p)[i] = (i32)(v))
#define STORE_i64(p, i, v) ((p)[i] = (i64)(v))
#define STORE_bf16(p, i, v) ((p)[i] = to_bf16((float)(v)))
#define STORE_f32(p, i, v) ((p)[i] = (float)(v))
#define STORE_f64(p, i, v) ((p)[i] = (double)(v))
#define STORE_b8(p, i, v) ((p)[i] = (u8)((v) != 0))

#define STORED(t) JOIN(S_, t)
#define NUMBER(t) JOIN(A_, t)
#define LOAD(t, p, i) JOIN(LOAD_, t)(p, i)
#define STORE(t, p, i, v) JOIN(STORE_, t)(p, i, v)

/// What the first operand is computed with.
typedef NUMBER(X) T;

// As wide as the device has it: what is added up, or is not a function of the compiler's.
#if defined(HAS_DOUBLE)
typedef double W;
#define INFINITY_W AS_DOUBLE(0x7ff0000000000000L)
#define NAN_W AS_DOUBLE(0x7ff8000000000000L)
#else
typedef float W;
#define INFINITY_W AS_FLOAT(0x7f800000u)
#define NAN_W AS_FLOAT(0x7fc00000u)
#endif

// Infinity and NaN among these numbers, the least of them and the largest.
#define HIGHEST_BIT 0x8000000000000000UL
#if IS_DOUBLE(X)
#define INFINITY_T AS_DOUBLE(0x7ff0000000000000L)
#define NAN_T AS_DOUBLE(0x7ff8000000000000L)
#else
#define INFINITY_T AS_FLOAT(0x7f800000u)
#define NAN_T AS_FLOAT(0x7fc00000u)
#endif
#if IS_FLOAT(X)
#define LEAST (-INFINITY_T)
#define LARGEST INFINITY_T
#else
#define LEAST ((i64)HIGHEST_BIT)
#define LARGEST (~LEAST)
#endif
/// Whole numbers never are.
#define IS_NAN(x) ((x) != (x))

/// What an op's own numbers come as; beside whole numbers as wide as the device has it.
#define PARAMETER(t) JOIN(P_, t)
#define P_f16 float
#define P_bf16 float
#define P_f32 float
#define P_f64 double
#define P_u8 W
#define P_i8 W
#define P_i16 W
#define P_i32 W
#define P_i64 W
#define P_b8 W

/// An operand in memory, and where it begins, in elements: OpenCL has no arithmetic on blocks of memory.
#define IN(t, name) const GLOBAL STORED(t) *name, i64 name##_from
#define OUT(t, name) GLOBAL STORED(t) *name, i64 name##_from
