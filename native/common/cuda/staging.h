// Rows of a token between global and shared memory: the only accesses that have to know how global memory is aligned.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

// Values that one 16-byte access moves.
template <typename T>
constexpr int kVector = kAccess / int(sizeof(T));

// Whether rows can move 16 bytes at a time: they have no gap in shared memory either, then.
template <typename T>
__host__ __device__ inline bool aligned(const void* data, int64_t c) {
  return reinterpret_cast<uintptr_t>(data) % kAccess == 0 && c % kVector<T> == 0;
}

// Starts the copy of a token's rows, from: [rows, C], to shared memory.
template <typename S>
__device__ inline void stage(const Rows<S>& to, const typename S::T* from, int rows, int64_t c, const Team& team) {
  using T = typename S::T;
  if (aligned<T>(from, c) && to.pitch == c) {
    const int64_t count = rows * c;
    for (int64_t i = int64_t{team.rank} * kVector<T>; i < count; i += int64_t{team.size} * kVector<T>)
      copy_async<kAccess>(to.data + i, from + i);
    return;
  }
#pragma unroll 1
  for (int row = 0; row < rows; ++row)
#pragma unroll 1
    for (int64_t l = team.rank; l < to.pitch; l += team.size)
      to.data[row * to.pitch + l] = l < c ? from[row * c + l] : from_float<T>(0.0f);
}

// The same for a few floats, such as a token's coefficients.
__device__ inline void stage(float* to, const float* from, int count, const Team& team) {
#pragma unroll 1
  for (int i = team.rank; i < count; i += team.size) copy_async<4>(to + i, from + i);
}

// Writes rows from shared memory, to: [rows, C].
template <typename S>
__device__ inline void write_out(typename S::T* to, const Rows<S>& from, int rows, int64_t c, const Team& team) {
  using T = typename S::T;
  if (aligned<T>(to, c) && from.pitch == c) {
    const int64_t count = rows * c;
    for (int64_t i = int64_t{team.rank} * kVector<T>; i < count; i += int64_t{team.size} * kVector<T>)
      *reinterpret_cast<uint4*>(to + i) = *reinterpret_cast<const uint4*>(from.data + i);
    return;
  }
#pragma unroll 1
  for (int row = 0; row < rows; ++row)
#pragma unroll 1
    for (int64_t l = team.rank; l < c; l += team.size) to[row * c + l] = from.data[row * from.pitch + l];
}

}  // namespace frac::cuda
