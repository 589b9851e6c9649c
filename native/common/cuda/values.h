// The three storage types, seen by kernels as floats.
#pragma once

#include "common/cuda/platform.h"

namespace frac::cuda {

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(bfloat16 x) { return __bfloat162float(x); }
__device__ __forceinline__ float to_float(float16 x) { return __half2float(x); }

template <typename T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ bfloat16 from_float<bfloat16>(float x) {
  return __float2bfloat16(x);
}
template <>
__device__ __forceinline__ float16 from_float<float16>(float x) {
  return __float2half(x);
}

constexpr int kAccess = 16;  // bytes of the widest access

// E values side by side, aligned so that they move in accesses as wide as there are.
template <typename T, int E>
struct alignas(E * sizeof(T) < kAccess ? E * sizeof(T) : kAccess) Pack {
  T value[E];
};

template <int E, typename T>
__device__ __forceinline__ void load(float (&to)[E], const T* from) {
  const Pack<T, E> pack = *reinterpret_cast<const Pack<T, E>*>(from);
#pragma unroll
  for (int e = 0; e < E; ++e) to[e] = to_float(pack.value[e]);
}

template <int E, typename T>
__device__ __forceinline__ void store(T* to, const float (&from)[E]) {
  Pack<T, E> pack;
#pragma unroll
  for (int e = 0; e < E; ++e) pack.value[e] = from_float<T>(from[e]);
  *reinterpret_cast<Pack<T, E>*>(to) = pack;
}

}  // namespace frac::cuda
