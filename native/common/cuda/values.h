// The three storage types, which kernels convert from and to float.
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

// Splits a float into two half-precision values: x = large + kSmallPart * small. The factor keeps `small` in the
// exponent range of float16. A value beyond the largest one of the type is replaced by that.
template <typename T>
constexpr float kSmallPart = std::is_same_v<T, float16> ? 1.0f / 2048 : 1.0f;
template <typename T>
__device__ __forceinline__ void split(T& large, T& small, float x) {
  constexpr float most = std::is_same_v<T, float16> ? 65504.0f : 3.38953139e38f;
  x = x > most ? most : x < -most ? -most : x;  // NaN stays
  large = from_float<T>(x);
  small = from_float<T>((x - to_float(large)) * (1 / kSmallPart<T>));
}

constexpr int kAccess = 16;  // bytes of the widest access

// The number of values in such an access.
template <typename T>
constexpr int kVector = kAccess / int(sizeof(T));

// V neighbouring values, which one access moves.
template <typename T, int V>
struct alignas(V * sizeof(T)) Pack {
  T value[V];
};

// Loads E values, V at a time.
template <int V, int E, typename T>
__device__ __forceinline__ void load(float (&to)[E], const T* from) {
#pragma unroll
  for (int piece = 0; piece < E / V; ++piece) {
    const Pack<T, V> pack = reinterpret_cast<const Pack<T, V>*>(from)[piece];
#pragma unroll
    for (int v = 0; v < V; ++v) to[piece * V + v] = to_float(pack.value[v]);
  }
}

// Stores E values in pieces of V, those for which wanted(piece) is true. Pieces begin `step` values apart.
template <int V, int E, typename T, typename F>
__device__ __forceinline__ void store(T* to, const float (&from)[E], F wanted, int step = V) {
#pragma unroll
  for (int piece = 0; piece < E / V; ++piece) {
    Pack<T, V> pack;
#pragma unroll
    for (int v = 0; v < V; ++v) pack.value[v] = from_float<T>(from[piece * V + v]);
    if (!wanted(piece)) continue;
    if constexpr (sizeof pack == kAccess)  // as one access; nvcc would split it
      *reinterpret_cast<uint4*>(to + piece * step) = *reinterpret_cast<const uint4*>(&pack);
    else
      *reinterpret_cast<Pack<T, V>*>(to + piece * step) = pack;
  }
}

}  // namespace frac::cuda
