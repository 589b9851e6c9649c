// CUDA, or its emulator for tests that run the kernels on the host (native/test/cuda_emulator).
#pragma once

#if defined(FRAC_CUDA_EMULATED)
#include "test/cuda_emulator/runtime.h"
//
#include "test/cuda_emulator/kernel.h"
#else
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#endif

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace frac::cuda {

#if !defined(FRAC_CUDA_EMULATED)

using bfloat16 = __nv_bfloat16;
using float16 = __half;

// The dynamic shared memory of the block.
__device__ inline unsigned char* shared_memory() {
  extern __shared__ uint4 frac_shared[];
  return reinterpret_cast<unsigned char*>(frac_shared);
}

// A barrier of `threads` threads of the block; 1 <= id <= 15, because barrier 0 belongs to __syncthreads.
__device__ inline void named_barrier(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// Whether tensor cores multiply 16 values of both half-precision types. CUDA code knows it at compile time; the
// emulator returns the argument, which comes from the host.
__device__ constexpr bool has_tensor_cores(bool) {
#if __CUDA_ARCH__ >= 800
  return true;
#else
  return false;
#endif
}

#define FRAC_MMA(SHAPE, TYPE, A, B, ...)                                                                        \
  asm volatile("mma.sync.aligned." SHAPE ".row.col.f32." TYPE "." TYPE ".f32 {%0, %1, %2, %3}, " A ", " B ", "   \
               "{%0, %1, %2, %3};"                                                                              \
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                                 \
               : __VA_ARGS__)
#if __CUDA_ARCH__ >= 800
#define FRAC_MULTIPLY(T, SHAPE, A, B, ...)           \
  if constexpr (std::is_same_v<T, bfloat16>)         \
    FRAC_MMA(SHAPE, "bf16", A, B, __VA_ARGS__);      \
  else                                               \
    FRAC_MMA(SHAPE, "f16", A, B, __VA_ARGS__)
#else
#define FRAC_MULTIPLY(T, SHAPE, A, B, ...)
#endif

// d += A B by a warp. A is [16, 16], B is [16, 8], both in half precision with two values per register. Lane g * 4 + p
// holds: of rows g and g + 8 of A the values 2 p and 2 p + 1 (a[0], a[1]) and the values 8 further (a[2], a[3]); of
// column g of B the same values (b[0], b[1]); of rows g and g + 8 of d the columns 2 p and 2 p + 1.
template <typename T>
__device__ inline void multiply_tiles(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  FRAC_MULTIPLY(T, "m16n8k16", "{%4, %5, %6, %7}", "{%8, %9}", "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Like multiply_tiles with half as many columns of A and rows of B: a lane has only a[0], a[1] and b.
template <typename T>
__device__ inline void multiply_half_tiles(float (&d)[4], const unsigned (&a)[2], unsigned b) {
  FRAC_MULTIPLY(T, "m16n8k8", "{%4, %5}", "{%6}", "r"(a[0]), "r"(a[1]), "r"(b));
}

#undef FRAC_MULTIPLY
#undef FRAC_MMA

// Prevents the compiler from moving later loads before this point. In an unrolled loop they would fill all registers.
__device__ inline void keep_order() { asm volatile("" ::: "memory"); }

// Returns x, and makes the compiler recompute all values derived from it. If it kept them during the loop over tokens,
// they would fill the registers.
__device__ inline int recompute(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

// Returns x, and makes the compiler keep it in a register, because recomputing it at each use would cost more.
__device__ inline int64_t keep_in_register(int64_t x) {
  asm volatile("" : "+l"(x));
  return x;
}

// 1 / sqrt(x) in one instruction. Host compilers, which compile this file too, do not have rsqrtf.
__device__ inline float inverse_root(float x) {
#if defined(__CUDACC__)
  return rsqrtf(x);
#else
  return 1.0f / std::sqrt(x);
#endif
}

// Copies 16 or 4 bytes to shared memory, asynchronously if the device supports it.
template <int bytes>
__device__ inline void copy_async(void* to, const void* from) {
  static_assert(bytes == 4 || bytes == 16, "the sizes that the hardware supports");
#if __CUDA_ARCH__ >= 800
  const unsigned target = static_cast<unsigned>(__cvta_generic_to_shared(to));
  if constexpr (bytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target), "l"(from) : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(target), "l"(from) : "memory");
#else
  if constexpr (bytes == 16)
    *static_cast<uint4*>(to) = *static_cast<const uint4*>(from);
  else
    *static_cast<float*>(to) = *static_cast<const float*>(from);
#endif
}

// Ends a group of this thread's copies.
__device__ inline void commit_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until all but the newest `pending` groups of this thread's copies are done.
template <int pending>
__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

#endif

}  // namespace frac::cuda
