// Copies the rows of a token between global and shared memory. Only these functions and Results (kind.h) depend on the
// alignment of global memory.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

// Chooses 16-byte accesses if all of these arrays allow them.
template <typename T, typename... Arrays>
void choose_access(Plan& plan, const Config& f, const Arrays*... arrays) {
  const bool aligned = (... && (reinterpret_cast<uintptr_t>(arrays) % kAccess == 0));
  plan.vectors = aligned && f.c % kVector<T> == 0;
}

// A token's rows of an array [T, rows, C].
template <typename S, typename T>
__device__ __forceinline__ T* rows_of(T* tokens, typename S::Index t, int rows, const Config& f) {
  return tokens + int64_t{t} * (S::c(f) * rows);
}

// The address of a column's value in row 0 of a team's rows; the next row is E values further. The column may belong to
// any thread, so that neighbouring threads can copy neighbouring columns.
template <typename S>
__device__ __forceinline__ typename S::T* value_of(const Rows<S>& rows, const Place& place, const Setting& a, const Team& team) {
  unsigned char* own = reinterpret_cast<unsigned char*>(rows.data);
  return reinterpret_cast<typename S::T*>(own + (place.thread - team.rank) * a.plan.thread_step) + place.e;
}

// Starts the copy of a thread's part of a token's rows, 16 bytes at a time.
template <typename S>
__device__ __forceinline__ void stage_vectors(const Rows<S>& to, const typename S::T* tokens, int t, int rows,
                                              const Setting& a) {
  const int c = int(a.f.c);
  const auto* from = rows_of<S>(tokens, t, rows, a.f) + to.columns.of_piece(0);
#pragma unroll
  for (int row = 0; row < rows; ++row)
#pragma unroll
    for (int piece = 0; piece < S::E / S::V; ++piece)
      if (to.columns.of_piece(piece) < c)
        copy_async<kAccess>(to.data + row * S::E + piece * S::V,
                            from + row * c + (to.columns.of_piece(piece) - to.columns.of_piece(0)));
}

// The rows of a token in an array of results; `rows` are their place in shared memory.
template <typename S>
__device__ __forceinline__ Results<S> results_of(const Rows<S>& rows, typename S::T* tokens, int64_t t, int count, const Setting& a) {
  if constexpr (S::kCommon) {
    const int64_t first = t * (S::c(a.f) * count) + rows.columns.of_piece(0);
    return {rows, tokens + keep_in_register(first), a.plan.vectors};
  } else {
    return {{tokens ? tokens + t * count * a.f.c : nullptr, a.f.c}};
  }
}

// Starts the copy of a few floats, such as a token's coefficients.
__device__ __forceinline__ void stage(float* to, const float* from, int count, const Team& team) {
#pragma unroll 1
  for (int i = team.rank; i < count; i += team.size) copy_async<4>(to + i, from + i);
}

// Sets the threads' sums over tokens and their rows to zero. Copies of 16 bytes do not write the values of rows beyond
// C. The whole block runs this, and needs a barrier afterwards.
template <typename S>
__device__ __forceinline__ void clear_threads(const Setting& a) {
  if constexpr (S::kCommon) {
    const Plan& plan = a.plan;
    if (plan.own == 0 && plan.team_size * S::E == a.f.c) return;
#pragma unroll 1
    for (int team = 0; team < plan.teams; ++team) {
      uint4* start = reinterpret_cast<uint4*>(shared_memory() + plan.team + team * plan.team_bytes + plan.threads);
#pragma unroll 1
      for (int i = threadIdx.x; i < plan.team_size * plan.thread_step / kAccess; i += blockDim.x) start[i] = uint4{0, 0, 0, 0};
    }
  }
}

}  // namespace frac::cuda
