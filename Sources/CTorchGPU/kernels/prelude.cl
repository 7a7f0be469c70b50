// One language for both compilers: OpenCL C 1.2, and CUDA C++ as NVRTC takes it.

#if defined(__CUDACC_RTC__) || defined(__CUDACC__)

#define KERNEL extern "C" __global__ void
#define GLOBAL
#define LOCAL __shared__
#define DEVICE static __device__ __forceinline__
#define CONSTANT static __device__ const
#define BARRIER __syncthreads()
#define MEMORY_BARRIER __syncthreads()
#define GROUP(d) (CUDA_PART(blockIdx, d))
#define LANE(d) (CUDA_PART(threadIdx, d))
#define GROUP_SIZE(d) (CUDA_PART(blockDim, d))
#define GROUPS(d) (CUDA_PART(gridDim, d))
#define CUDA_PART(of, d) ((d) == 0 ? of.x : (d) == 1 ? of.y : of.z)
typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
#define AS_FLOAT(x) __uint_as_float(x)
#define AS_UINT(x) __float_as_uint(x)
#define AS_DOUBLE(x) __longlong_as_double(x)
#define AS_LONG(x) __double_as_longlong(x)
#define HAS_DOUBLE 1
#define CAS_U32(p, old, new) atomicCAS((u32 *)(p), (u32)(old), (u32)(new))

#else

#define KERNEL __kernel void
#define GLOBAL __global
#define LOCAL __local
#define DEVICE static inline
#define CONSTANT __constant const
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define MEMORY_BARRIER barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define GROUP(d) get_group_id(d)
#define LANE(d) get_local_id(d)
#define GROUP_SIZE(d) get_local_size(d)
#define GROUPS(d) get_num_groups(d)
typedef char i8;
typedef uchar u8;
typedef short i16;
typedef ushort u16;
typedef int i32;
typedef uint u32;
typedef long i64;
typedef ulong u64;
#define AS_FLOAT(x) as_float((u32)(x))
#define AS_UINT(x) as_uint((float)(x))
#define AS_DOUBLE(x) as_double((i64)(x))
#define AS_LONG(x) as_long((double)(x))
#define CAS_U32(p, old, new) atomic_cmpxchg((volatile GLOBAL u32 *)(p), (u32)(old), (u32)(new))
// The host defines WITHOUT_DOUBLE for a device that has no float64.
#if !defined(WITHOUT_DOUBLE) && (defined(cl_khr_fp64) || defined(__opencl_c_fp64))
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define HAS_DOUBLE 1
#endif

#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/// This thread among all of a launch of one dimension, and how many there are: each takes every so many-th element.
#define FIRST ((i64)GROUP(0) * (i64)GROUP_SIZE(0) + (i64)LANE(0))
#define STRIDE ((i64)GROUPS(0) * (i64)GROUP_SIZE(0))
#define EACH(i, count) for (i64 i = FIRST; i < (count); i += STRIDE)

// What only the numbers can tell is reported here, and looked at when the host waits for the device. The first report stays: its
// kind, then three numbers of 64 bits.
#define DIVISION_BY_ZERO 1
#define INDEX_OUT_OF_RANGE 2
DEVICE void report(GLOBAL i32 *trouble, i32 kind, i64 first, i64 second, i64 third) {
  if (CAS_U32(trouble, 0, kind) != 0) return;
  GLOBAL i64 *numbers = (GLOBAL i64 *)trouble + 1;
  numbers[0] = first;
  numbers[1] = second;
  numbers[2] = third;
}
