// What a kernel knows when it is compiled.
//
// Common sizes have N and M as numbers, a thread owns E values of every segment ("a column group"), and a token's rows wait in
// shared memory. Everything else is the general kind: N and M are read at run time, a thread takes one value at a time and as
// many columns as it takes, and rows stay in global memory.
#pragma once

#include <type_traits>

#include "common/config.h"
#include "common/cuda/team.h"
#include "common/cuda/values.h"

namespace frac::cuda {

template <typename T_, int N_, int M_, int E_, int kThreads_, int kTile_>
struct Kind {
  using T = T_;
  using Index = std::conditional_t<(N_ > 0), int, int64_t>;  // inside a token; shared memory needs no more
  static constexpr bool kCommon = N_ > 0;
  static constexpr int N = kCommon ? N_ : kMaxSegments;  // the numbers themselves, or the most there can be
  static constexpr int M = kCommon ? M_ : kMaxBlocks;
  static constexpr int K = M + N;
  static constexpr int kColumns = K + 1;
  static constexpr int E = E_;
  static constexpr int kThreads = kThreads_;  // of a block, at most
  static constexpr int kTile = kTile_;        // of the projection's columns at a time, at most

  __device__ static __forceinline__ int n(const Config& f) { return kCommon ? N : f.n; }
  __device__ static __forceinline__ int m(const Config& f) { return kCommon ? M : f.m; }
  __device__ static __forceinline__ int k(const Config& f) { return n(f) + m(f); }
  __device__ static __forceinline__ Index c(const Config& f) { return Index(f.c); }
};

template <typename T>
using General = Kind<T, 0, 0, 1, 256, 4>;
using AnyKind = General<float>;  // for code that all kinds share

// f(0) ... f(count - 1), unrolled, so that f may index registers; `exact` says that count is `most`.
template <int most, bool exact, typename F>
__device__ __forceinline__ void each(int count, F f) {
#pragma unroll
  for (int i = 0; i < most; ++i)
    if (exact || i < count) f(i);
}

// The same in a loop, where f indexes no registers.
template <typename F>
__device__ __forceinline__ void each_in_turn(int count, F f) {
#pragma unroll 1
  for (int i = 0; i < count; ++i) f(i);
}
template <typename S, typename F>
__device__ __forceinline__ void columns_in_turn(int columns, F body) {
  if constexpr (S::kCommon)
    each<S::kColumns, false>(columns, body);
  else
    each_in_turn(columns, body);
}

// body(q) for a thread's column groups. A common kind has one at most, since its team spans a segment: there is no loop then, of
// which the compiler would make several copies.
template <typename S, typename F>
__device__ __forceinline__ void each_group(const Team& team, const Config& f, F body) {
  if constexpr (S::kCommon) {
    if (team.rank * S::E < S::c(f)) body(team.rank);
  } else {
#pragma unroll 1
    for (typename S::Index q = team.rank; q * S::E < S::c(f); q += team.size) body(q);
  }
}

// A token's rows, in shared memory (padded with zeros to the pitch) or in global memory (the pitch is C).
template <typename S>
struct Rows {
  typename S::T* data;
  typename S::Index pitch;

  __device__ __forceinline__ void get(float (&to)[S::E], int row, typename S::Index q) const {
    load<S::E>(to, data + row * pitch + q * S::E);
  }
  __device__ __forceinline__ void put(const float (&from)[S::E], int row, typename S::Index q) const {
    store<S::E>(data + row * pitch + q * S::E, from);
  }
};

// All segments of a column group. Common kinds hold them in registers; the general kind reads them again each time, in a loop.
template <typename S>
struct Segments {
  float held[S::kCommon ? S::N : 1][S::E];
  const Rows<S>& rows;
  const typename S::Index q;

  __device__ __forceinline__ Segments(const Rows<S>& rows, typename S::Index q) : rows(rows), q(q) {
    if constexpr (S::kCommon) each<S::N, true>(S::N, [&](int i) { rows.get(held[i], i, q); });
  }
  // body(i, segment)
  template <typename F>
  __device__ __forceinline__ void each_one(const Config& f, F body) const {
    if constexpr (S::kCommon)
      each<S::N, true>(S::N, [&](int i) { body(i, held[i]); });
    else
      each_in_turn(f.n, [&](int i) {
        float row[S::E];
        rows.get(row, i, q);
        body(i, row);
      });
  }
};

template <int E>
__device__ __forceinline__ float dot(const float (&a)[E], const float (&b)[E], float sum = 0) {
#pragma unroll
  for (int e = 0; e < E; ++e) sum = fmaf(a[e], b[e], sum);
  return sum;
}

// to += a * w
template <int E>
__device__ __forceinline__ void add_scaled(float (&to)[E], const float (&a)[E], float w) {
#pragma unroll
  for (int e = 0; e < E; ++e) to[e] = fmaf(a[e], w, to[e]);
}

}  // namespace frac::cuda
