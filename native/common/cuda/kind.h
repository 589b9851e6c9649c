// What a kernel knows when it is compiled.
//
// Common sizes have N and M as numbers, a thread owns E values of every segment ("a column group"), and what it has of a token's rows
// waits in shared memory, a row after the other. A column group is pieces of V values, which move in one access of global memory;
// neighbouring threads have neighbouring pieces. Everything else is the general kind: N and M are read at run time, a thread takes
// one value at a time and as many columns as it takes, and rows stay in global memory.
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
  static constexpr int V = E < kVector<T> ? E : kVector<T>;
  static constexpr int kThreads = kThreads_;  // of a block, at most
  static constexpr int kTile = kTile_;        // of the projection's columns at a time, at most
  static constexpr bool kSmall = kCommon && N <= 4;  // loops over segments and blocks are unrolled
  static constexpr bool kProducts = kCommon && sizeof(T) == 2 && N > 1;  // for tensor cores; one segment has too few
  static constexpr bool kHolds = kSmall && kThreads <= 384;  // there are registers for a token's state

  __device__ static __forceinline__ int n(const Config& f) { return kCommon ? N : f.n; }
  __device__ static __forceinline__ int m(const Config& f) { return kCommon ? M : f.m; }
  __device__ static __forceinline__ int k(const Config& f) { return n(f) + m(f); }
  __device__ static __forceinline__ Index c(const Config& f) { return Index(f.c); }
};

template <typename T>
using General = Kind<T, 0, 0, 1, 256, 4>;

// f(0) ... f(count - 1), unrolled, so that f may index registers.
template <int count, typename F>
__device__ __forceinline__ void each(F f) {
#pragma unroll
  for (int i = 0; i < count; ++i) f(i);
}

// The same in a loop, where f indexes no registers; and unrolled for small sizes, which have `small` of them.
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

// body(q) for a thread's column groups. A common kind has one, since its team spans a segment (what lies beyond C is zeros): there is no
// loop then, of which the compiler would make several copies.
template <typename S, typename F>
__device__ __forceinline__ void each_group(const Team& team, const Config& f, F body) {
  if constexpr (S::kCommon) {
    body(team.rank);
  } else {
#pragma unroll 1
    for (typename S::Index q = team.rank; q < S::c(f); q += team.size) body(q);
  }
}

// The columns of a thread's group q in a team of so many threads.
template <typename S>
struct Columns {
  typename S::Index q;
  int team_size;

  __device__ __forceinline__ typename S::Index of_piece(int piece) const { return q * S::V + piece * (team_size * S::V); }
  __device__ __forceinline__ typename S::Index of_value(int e) const { return of_piece(e / S::V) + e % S::V; }
};

// A token's rows: of common kinds what a thread has of them in shared memory, else all in global memory.
template <typename S, bool kCommon = S::kCommon>
struct Rows {
  typename S::T* data;
  Columns<S> columns;
  int c;

  __device__ __forceinline__ void get(float (&to)[S::E], int row, int) const { load<S::V>(to, data + row * S::E); }
  // Not beyond C: there it must be zero for the next token too, whatever this one has.
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

// Rows that are a result. Where they move 16 bytes at a time a thread of a common kind writes its part itself, to global memory;
// else it goes to rows in shared memory, for the team to write.
template <typename S, bool kCommon = S::kCommon>
struct Results {
  Rows<S> rows;
  typename S::T* token;  // this thread's first value of row 0 in global memory
  bool at_once;

  // Keeps them there, of common kinds.
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

// What a thread has of rows of floats: E a row, a row after the other.
template <typename S>
__device__ __forceinline__ void get_floats(float (&to)[S::E], const float* row) {
  load<(S::E < 4 ? S::E : 4)>(to, row);
}
template <typename S>
__device__ __forceinline__ void put_floats(float* row, const float (&from)[S::E]) {
  store<(S::E < 4 ? S::E : 4)>(row, from, [](int) { return true; });
}

// The thread that has a segment's column l, and where in its rows.
struct Place {
  int thread, e;
};
template <typename S>
__device__ __forceinline__ Place place_of(int l, int team_size) {
  const int width = team_size * S::V, piece = S::E > S::V && l >= width ? 1 : 0, within = l - piece * width;
  static_assert(!S::kCommon || S::E <= 2 * S::V, "two pieces at most");
  return {within / S::V, piece * S::V + within % S::V};
}

// The segments of a token's state, held in registers, or read again each time.
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
  // As it would be read if it had been stored.
  __device__ __forceinline__ void put(const float (&from)[S::E], int row, typename S::Index q) {
    if constexpr (S::kHolds) {
#pragma unroll
      for (int e = 0; e < S::E; ++e) held[row][e] = to_float(from_float<typename S::T>(from[e]));
    } else {
      rows.put(from, row, q);
    }
  }
};

// All segments of a column group. Common kinds have them in registers; the general kind reads them again each time, in a loop.
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

// N floats of shared memory that begin at a multiple of N.
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
