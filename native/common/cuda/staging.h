// Rows of a token between global and shared memory: the only accesses that have to know how global memory is aligned.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

// Values that one 16-byte access moves.
template <typename T>
constexpr int kVector = kAccess / int(sizeof(T));

// Lets rows move 16 bytes at a time where they can: all of these arrays, or none.
template <typename T, typename... Arrays>
void choose_access(Plan& plan, const Config& f, const Arrays*... arrays) {
  const bool aligned = (... && (reinterpret_cast<uintptr_t>(arrays) % kAccess == 0));
  plan.vectors = aligned && f.c % kVector<T> == 0 && plan.pitch == f.c;
}

// A value at a time, whatever its type: what lies beyond c becomes zero.
template <typename Bits>
__device__ __noinline__ void copy_values(Bits* to, int to_pitch, const Bits* from, int from_pitch, int c, int rows,
                                         const Team team) {
#pragma unroll 1
  for (int row = 0; row < rows; ++row)
#pragma unroll 1
    for (int l = team.rank; l < to_pitch; l += team.size)
      to[row * to_pitch + l] = l < c ? from[row * from_pitch + l] : Bits(0);
}
template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>;

// A token's rows of an array [T, rows, C].
template <typename S, typename T>
__device__ __forceinline__ T* rows_of(T* tokens, int64_t t, int rows, const Config& f) {
  if constexpr (S::kCommon)
    return tokens + t * (int(f.c) * rows);
  else
    return tokens + t * rows * f.c;
}

// Starts the copy of a token's rows to shared memory.
template <typename S>
__device__ __forceinline__ void stage(const Rows<S>& to, const typename S::T* tokens, int64_t t, int rows, const Setting& a,
                                      const Team& team) {
  using T = typename S::T;
  using Bits = BitsOf<T>;
  const T* from = rows_of<S>(tokens, t, rows, a.f);
  const int c = int(a.f.c);
  if (!a.plan.vectors)
    return copy_values(reinterpret_cast<Bits*>(to.data), to.pitch, reinterpret_cast<const Bits*>(from), c, c, rows, team);
#pragma unroll 1
  for (int i = team.rank * kVector<T>; i < rows * c; i += team.size * kVector<T>) copy_async<kAccess>(to.data + i, from + i);
}

// The same for a few floats, such as a token's coefficients.
__device__ __forceinline__ void stage(float* to, const float* from, int count, const Team& team) {
#pragma unroll 1
  for (int i = team.rank; i < count; i += team.size) copy_async<4>(to + i, from + i);
}

// Writes rows from shared memory.
template <typename S>
__device__ __forceinline__ void write_out(typename S::T* tokens, int64_t t, const Rows<S>& from, int rows, const Setting& a,
                                          const Team& team) {
  using T = typename S::T;
  using Bits = BitsOf<T>;
  T* to = rows_of<S>(tokens, t, rows, a.f);
  const int c = int(a.f.c), count = rows * c, step = team.size * kVector<T>;
  if (!a.plan.vectors)
    return copy_values(reinterpret_cast<Bits*>(to), c, reinterpret_cast<const Bits*>(from.data), from.pitch, c, rows, team);
  // Two at a time: one would wait for shared memory each time.
#pragma unroll 1
  for (int i = team.rank * kVector<T>; i < count; i += 2 * step) {
    const bool two = i + step < count;
    const uint4 first = *reinterpret_cast<const uint4*>(from.data + i);
    uint4 second = first;
    if (two) second = *reinterpret_cast<const uint4*>(from.data + i + step);
    *reinterpret_cast<uint4*>(to + i) = first;
    if (two) *reinterpret_cast<uint4*>(to + i + step) = second;
  }
}

}  // namespace frac::cuda
