// CUDA, or what stands in for it where tests run the kernels on the host (native/test/cuda_emulator).
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

// The block's dynamic shared memory.
__device__ inline unsigned char* shared_memory() {
  extern __shared__ uint4 frac_shared[];
  return reinterpret_cast<unsigned char*>(frac_shared);
}

// A barrier of `threads` threads of the block; 1 <= id <= 15, since 0 is __syncthreads.
__device__ inline void named_barrier(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// Whether tensor cores take 16 values at a time of both half types: what the host found the device to have, and what is known when
// code is compiled for it.
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

// d += A B, by a warp, A of [16, 16] and B of [16, 8] halves, two to a register. A lane g * 4 + p has of A's rows g and g + 8 the
// values 2 p and 2 p + 1 (a[0], a[1]) and those 8 further (a[2], a[3]), of B's column g the same (b[0], b[1]), and of d in rows g and
// g + 8 the columns 2 p and 2 p + 1.
template <typename T>
__device__ inline void multiply_tiles(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  FRAC_MULTIPLY(T, "m16n8k16", "{%4, %5, %6, %7}", "{%8, %9}", "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// The same with half as many columns of A and rows of B: a lane has a[0], a[1] and b alone.
template <typename T>
__device__ inline void multiply_half_tiles(float (&d)[4], const unsigned (&a)[2], unsigned b) {
  FRAC_MULTIPLY(T, "m16n8k8", "{%4, %5}", "{%6}", "r"(a[0]), "r"(a[1]), "r"(b));
}

#undef FRAC_MULTIPLY
#undef FRAC_MMA

// Keeps the compiler from loading what is needed later before this: with a loop unrolled it would fill all registers so.
__device__ inline void keep_order() { asm volatile("" ::: "memory"); }

// x, in a way that makes the compiler work it out again where it is used: kept over the loop over tokens, addresses that all follow
// from x would fill the registers.
__device__ inline int again(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

// x, in a way that makes the compiler keep it: worked out anew at each use it would cost more than what is done with it.
__device__ inline int64_t kept(int64_t x) {
  asm volatile("" : "+l"(x));
  return x;
}

// One instruction; host compilers, which see this file too, have no such function.
__device__ inline float inverse_root(float x) {
#if defined(__CUDACC__)
  return rsqrtf(x);
#else
  return 1.0f / std::sqrt(x);
#endif
}

// Copies 16, or 4, bytes to shared memory in the background where the device can.
template <int bytes>
__device__ inline void copy_async(void* to, const void* from) {
  static_assert(bytes == 4 || bytes == 16, "what the hardware takes");
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
