// The compile-time parameters of a kernel variant ("kind").
//
// A common variant has N and M as constants. A thread owns E values of every segment (a "column group"), and its part
// of a token's rows is in shared memory, row after row. A column group consists of pieces of V values, which one access
// to global memory moves; neighbouring threads have neighbouring pieces. The general variant serves all other sizes: it
// reads N and M at run time, a thread takes one value at a time and loops over its columns, and rows stay in global
// memory.
#pragma once

#include <type_traits>

#include "common/config.h"
#include "common/cuda/team.h"
#include "common/cuda/values.h"

namespace frac::cuda {

template <typename T_, int N_, int M_, int E_, int kThreads_, int kTile_>
struct Kind {
  using T = T_;
  using Index = std::conditional_t<(N_ > 0), int, int64_t>;  // an index within a token; an int is enough for shared memory
  static constexpr bool kCommon = N_ > 0;
  static constexpr int N = kCommon ? N_ : kMaxSegments;  // the size itself, or the largest one allowed
  static constexpr int M = kCommon ? M_ : kMaxBlocks;
  static constexpr int K = M + N;
  static constexpr int kColumns = K + 1;
  static constexpr int E = E_;
  static constexpr int V = E < kVector<T> ? E : kVector<T>;
  static constexpr int kThreads = kThreads_;  // largest number of threads per block
  static constexpr int kTile = kTile_;        // largest number of the projection's columns at a time
  static constexpr bool kSmall = kCommon && N <= 4;  // loops over segments and blocks are unrolled
  static constexpr bool kProducts = kCommon && sizeof(T) == 2 && N > 1;  // tensor cores; one segment has too few products
  static constexpr bool kHolds = kSmall && kThreads <= 384;  // a token's state fits in registers

  __device__ static __forceinline__ int n(const Config& f) { return kCommon ? N : f.n; }
  __device__ static __forceinline__ int m(const Config& f) { return kCommon ? M : f.m; }
  __device__ static __forceinline__ int k(const Config& f) { return n(f) + m(f); }
  __device__ static __forceinline__ Index c(const Config& f) { return Index(f.c); }
};

template <typename T>
using General = Kind<T, 0, 0, 1, 256, 4>;

// Calls f(0) ... f(count - 1), unrolled, so that f can index arrays in registers.
template <int count, typename F>
__device__ __forceinline__ void each(F f) {
#pragma unroll
  for (int i = 0; i < count; ++i) f(i);
}

// Calls f(0) ... f(count - 1) in a loop. in_turn unrolls it for small sizes, where `small` is the count.
template <typename F>
__device__ __forceinline__ void each_in_turn(int count, F f) {
#pragma unroll 1
  for (int i = 0; i < count; ++i) f(i);
}
template <typename S, int small, typename F>
__device__ __forceinline__ void in_turn(int count, F f) {
  if constexpr (S::kSmall)
    each<small>(f);
  else
    each_in_turn(count, f);
}

// Calls body(q) for each column group of a thread. In a common variant a team spans a segment (values beyond C are
// zeros), so a thread has one group. There is no loop then, which the compiler would copy several times.
template <typename S, typename F>
__device__ __forceinline__ void each_group(const Team& team, const Config& f, F body) {
  if constexpr (S::kCommon) {
    body(team.rank);
  } else {
#pragma unroll 1
    for (typename S::Index q = team.rank; q < S::c(f); q += team.size) body(q);
  }
}

// The columns of group q in a team of team_size threads.
template <typename S>
struct Columns {
  typename S::Index q;
  int team_size;

  __device__ __forceinline__ typename S::Index of_piece(int piece) const { return q * S::V + piece * (team_size * S::V); }
  __device__ __forceinline__ typename S::Index of_value(int e) const { return of_piece(e / S::V) + e % S::V; }
};

// The rows of a token. Common variant: a thread's part of them, in shared memory. General variant: the whole rows in
// global memory.
template <typename S, bool kCommon = S::kCommon>
struct Rows {
  typename S::T* data;
  Columns<S> columns;
  int c;

  __device__ __forceinline__ void get(float (&to)[S::E], int row, int) const { load<S::V>(to, data + row * S::E); }
  // Writes nothing beyond C, where the values must stay zero for the next token.
  __device__ __forceinline__ void put(const float (&from)[S::E], int row, int) const {
    store<S::V>(data + row * S::E, from, [&](int piece) { return columns.of_piece(piece) < c; });
  }
};

template <typename S>
struct Rows<S, false> {
  typename S::T* data;
  int64_t c;

  __device__ __forceinline__ void get(float (&to)[1], int row, int64_t q) const { to[0] = to_float(data[row * c + q]); }
  __device__ __forceinline__ void put(const float (&from)[1], int row, int64_t q) const {
    data[row * c + q] = from_float<typename S::T>(from[0]);
  }
};

// The rows of a result. In a common variant with 16-byte accesses, a thread writes its part directly to global memory.
// Otherwise it writes to rows in shared memory, and the team copies these to global memory.
template <typename S, bool kCommon = S::kCommon>
struct Results {
  Rows<S> rows;
  typename S::T* token;  // this thread's first value of row 0 in global memory
  bool at_once;

  // Writes to `other` instead; in a common variant that is shared memory.
  __device__ void keep_in(const Rows<S>& other) { rows = other, at_once = false; }
  __device__ __forceinline__ void put(const float (&from)[S::E], int row, int q) const {
    if (at_once)
      store<S::V>(token + row * rows.c, from, [&](int piece) { return rows.columns.of_piece(piece) < rows.c; },
                  rows.columns.of_piece(1) - rows.columns.of_piece(0));
    else
      rows.put(from, row, q);
  }
};

template <typename S>
struct Results<S, false> : Rows<S> {
  static constexpr bool at_once = false;
  __device__ void keep_in(const Rows<S>& other) { static_cast<Rows<S>&>(*this) = other; }
};

// A thread's part of a row of floats: E values.
template <typename S>
__device__ __forceinline__ void get_floats(float (&to)[S::E], const float* row) {
  load<(S::E < 4 ? S::E : 4)>(to, row);
}
template <typename S>
__device__ __forceinline__ void put_floats(float* row, const float (&from)[S::E]) {
  store<(S::E < 4 ? S::E : 4)>(row, from, [](int) { return true; });
}

// The thread that owns column l of a segment, and the position in its part of a row.
struct Place {
  int thread, e;
};
template <typename S>
__device__ __forceinline__ Place place_of(int l, int team_size) {
  const int width = team_size * S::V, piece = S::E > S::V && l >= width ? 1 : 0, within = l - piece * width;
  static_assert(!S::kCommon || S::E <= 2 * S::V, "two pieces at most");
  return {within / S::V, piece * S::V + within % S::V};
}

// The segments of a token's state: in registers if they fit, otherwise loaded at each use.
template <typename S>
struct State {
  Rows<S> rows;
  float held[S::kHolds ? S::N : 1][S::E];

  __device__ __forceinline__ void read(const Rows<S>& from, int q) {
    rows = from;
    if constexpr (S::kHolds) each<S::N>([&](int i) { rows.get(held[i], i, q); });
  }
  __device__ __forceinline__ void get(float (&to)[S::E], int row, typename S::Index q) const {
    if constexpr (S::kHolds) {
#pragma unroll
      for (int e = 0; e < S::E; ++e) to[e] = held[row][e];
    } else {
      rows.get(to, row, q);
    }
  }
  // Rounds the values to the storage type, as a store and a load would.
  __device__ __forceinline__ void put(const float (&from)[S::E], int row, typename S::Index q) {
    if constexpr (S::kHolds) {
#pragma unroll
      for (int e = 0; e < S::E; ++e) held[row][e] = to_float(from_float<typename S::T>(from[e]));
    } else {
      rows.put(from, row, q);
    }
  }
};

// All segments of a column group. A common variant has them in registers; the general variant loads them at each use,
// in a loop.
template <typename S, typename Source = State<S>>
struct Segments {
  float held[S::kCommon ? S::N : 1][S::E];
  const Source& from;
  const typename S::Index q;

  __device__ __forceinline__ Segments(const Source& from, typename S::Index q) : from(from), q(q) {
    if constexpr (S::kCommon) each<S::N>([&](int i) { from.get(held[i], i, q); });
  }
  // body(i, segment)
  template <typename F>
  __device__ __forceinline__ void each_one(const Config& f, F body) const {
    if constexpr (S::kCommon)
      each<S::N>([&](int i) { body(i, held[i]); });
    else
      each_in_turn(f.n, [&](int i) {
        float row[S::E];
        from.get(row, i, q);
        body(i, row);
      });
  }
};

// Loads N floats of shared memory, aligned to N floats.
template <int N>
__device__ __forceinline__ void load_floats(float (&to)[N], const float* from) {
  load<(N < 4 ? N : 4)>(to, from);
}

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
