// The three basic operations on a token's rows: dot products, weighted sums, and weighted sums added to rows. They work
// on blocks of rows, so that each loaded value is used in several products. The rows of a token are in the L1 cache.
#pragma once

#include "common/simd.h"

namespace frac::FRAC_TARGET {

// Adds the products of a vector of A rows of `a` and B rows of `b` to their sums.
template <int A, int B, typename Lane>
[[gnu::always_inline]] inline void add_products(Vec (&sums)[A][B], const Lane& lane, const float* a, const float* b, int64_t c) {
  // Every loop over the block is unrolled. Otherwise the compiler would keep the sums in memory.
  Vec va[A];
#pragma GCC unroll 4
  for (int i = 0; i < A; ++i) keep(va[i] = lane.load(a + i * c));
#pragma GCC unroll 4
  for (int j = 0; j < B; ++j) {
    const Vec vb = lane.load(b + j * c);
#pragma GCC unroll 4
    for (int i = 0; i < A; ++i) sums[i][j] += va[i] * vb;
  }
}

// out[i * out_stride + j] = sum_l a[i][l] * b[j][l] for the first `count` of C columns. Not inlined: one copy is enough.
template <int A, int B, typename Next>
[[gnu::noinline]] void dot_run(float* out, int out_stride, const float* a, const float* b, int64_t c, int64_t count, Next& ahead) {
  Vec sums[A][B];
#pragma GCC unroll 4
  for (int i = 0; i < A; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < B; ++j) sums[i][j] = Vec{};
  Next next = ahead;  // in registers
  int64_t l = 0;
  for (; l + kLanes <= count; l += kLanes) {
    next.turn();
    add_products(sums, Whole{}, a + l, b + l, c);
  }
  if (l < count) add_products(sums, Part(int(count - l)), a + l, b + l, c);
  ahead = next;
#pragma GCC unroll 4
  for (int i = 0; i < A; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < B; ++j) out[i * out_stride + j] = total(sums[i][j]);
}

// out[i * out_stride + j] = sum_l a[i][l] * b[j][l]      a: [A, C], b: [B, C]
template <int A, int B>
inline void dot_block(float* out, int out_stride, const float* a, const float* b, int64_t c, Ahead& ahead) {
  auto next = ahead.take<A * B>(c);
  if (c <= kRun) return dot_run<A, B>(out, out_stride, a, b, c, c, next);
  double sums[A * B] = {};
  for (int64_t l = 0; l < c; l += kRun) {
    float run[A * B];
    dot_run<A, B>(run, B, a + l, b + l, c, std::min(kRun, c - l), next);
    for (int i = 0; i < A * B; ++i) sums[i] += run[i];
  }
  for (int i = 0; i < A * B; ++i) out[i / B * out_stride + i % B] = float(sums[i]);
}

template <int A>
inline void dot_rows(float* out, int out_stride, const float* a, const float* b, int rows_b, int64_t c, Ahead& ahead) {
  int j = 0;
  for (; j + 3 <= rows_b; j += 3) dot_block<A, 3>(out + j, out_stride, a, b + j * c, c, ahead);
  if (rows_b - j == 2) dot_block<A, 2>(out + j, out_stride, a, b + j * c, c, ahead);
  if (rows_b - j == 1) dot_block<A, 1>(out + j, out_stride, a, b + j * c, c, ahead);
}

// out[i * out_stride + j] = sum_l a[i][l] * b[j][l]      a: [rows_a, C], b: [rows_b, C]
inline void dots(float* out, int out_stride, const float* a, int rows_a, const float* b, int rows_b, int64_t c,
                 Ahead& ahead) {
  int i = 0;
  for (; i + 4 <= rows_a; i += 4) dot_rows<4>(out + i * out_stride, out_stride, a + i * c, b, rows_b, c, ahead);
  for (; i + 2 <= rows_a; i += 2) dot_rows<2>(out + i * out_stride, out_stride, a + i * c, b, rows_b, c, ahead);
  if (i < rows_a) dot_rows<1>(out + i * out_stride, out_stride, a + i * c, b, rows_b, c, ahead);
}

// out[i] = sum_l a[i][l]^2
inline void squares(float* out, const float* a, int rows, int64_t c) {
  for (int i = 0; i < rows; ++i)
    out[i] = sum_over(c, [row = a + i * c](const auto& lane, int64_t l) {
      const Vec v = lane.load(row + l);
      return v * v;
    });
}

// The terms of a weighted sum of rows. For common sizes the number of rows is a compile-time constant; Count 0 means
// any other number.

// sum_i w[i * row_step + j * column_step] * rows[i]
template <int Count>
struct Term {
  const float* rows;  // [count, C]
  const float* w;
  int row_step, column_step;
  int count;
};

// w[j] * rows[j mod modulo]
struct Diagonal {
  const float* rows;  // [modulo, C]
  const float* w;
  int modulo;
};

// sum_s w[s * m + j] * rows[s * m + j], s < streams
struct Streams {
  const float* rows;  // [streams * m, C]
  const float* w;
  int streams, m;
};

// w[j]
struct Constant {
  const float* w;
};

// A term for the B columns from j on. It copies the coefficients to local variables: no store can alias them, so they
// stay in registers during the loop.
template <int B, int Count>
struct ColumnsOf {
  ColumnsOf(const Term<Count>& term, int j, int64_t c) : rows(term.rows), c(c) {
#pragma GCC unroll 16
    for (int i = 0; i < Count; ++i)
#pragma GCC unroll 4
      for (int b = 0; b < B; ++b) w[i][b] = term.w[i * term.row_step + (j + b) * term.column_step];
  }

  template <typename Lane>
  void add(const Lane& lane, Vec (&sums)[B], int64_t l) const {
#pragma GCC unroll 16
    for (int i = 0; i < Count; ++i) {
      const Vec row = lane.load(rows + i * c + l);
#pragma GCC unroll 4
      for (int b = 0; b < B; ++b) sums[b] += row * w[i][b];
    }
  }

  static constexpr int kRows = Count;
  const float* rows;
  int64_t c;
  float w[Count][B];
};

template <int B>
struct ColumnsOf<B, 0> {
  ColumnsOf(const Term<0>& term, int j, int64_t c) : term(term), c(c), w(term.w + j * term.column_step) {}

  template <typename Lane>
  void add(const Lane& lane, Vec (&sums)[B], int64_t l) const {
    for (int i = 0; i < term.count; ++i) {
      const Vec row = lane.load(term.rows + i * c + l);
#pragma GCC unroll 4
      for (int b = 0; b < B; ++b) sums[b] += row * w[i * term.row_step + b * term.column_step];
    }
  }

  static constexpr int kRows = 4;  // an estimate; the number is not known at compile time
  const Term<0> term;
  int64_t c;
  const float* w;
};

template <int B>
struct DiagonalColumns {
  DiagonalColumns(const Diagonal& term, int j, int64_t c) {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
      w[b] = term.w[j + b];
      rows[b] = term.rows + (j + b) % term.modulo * c;
    }
  }

  template <typename Lane>
  void add(const Lane& lane, Vec (&sums)[B], int64_t l) const {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) sums[b] += lane.load(rows[b] + l) * w[b];
  }

  static constexpr int kRows = 1;
  float w[B];
  const float* rows[B];
};

template <int B>
struct StreamColumns {
  StreamColumns(const Streams& term, int j, int64_t c) : term(term), j(j), c(c) {}

  template <typename Lane>
  void add(const Lane& lane, Vec (&sums)[B], int64_t l) const {
    for (int s = 0; s < term.streams; ++s)
#pragma GCC unroll 4
      for (int b = 0; b < B; ++b) {
        const int row = s * term.m + j + b;
        sums[b] += lane.load(term.rows + row * c + l) * term.w[row];
      }
  }

  static constexpr int kRows = 1;
  const Streams term;
  int j;
  int64_t c;
};

template <int B>
struct ConstantColumns {
  ConstantColumns(const Constant& term, int j, int64_t) {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) w[b] = term.w[j + b];
  }

  template <typename Lane>
  void add(const Lane&, Vec (&sums)[B], int64_t) const {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) sums[b] += w[b];
  }

  static constexpr int kRows = 0;
  float w[B];
};

template <int B, int Count>
ColumnsOf<B, Count> columns_of(const Term<Count>& term, int j, int64_t c) { return {term, j, c}; }
template <int B>
DiagonalColumns<B> columns_of(const Diagonal& term, int j, int64_t c) { return {term, j, c}; }
template <int B>
StreamColumns<B> columns_of(const Streams& term, int j, int64_t c) { return {term, j, c}; }
template <int B>
ConstantColumns<B> columns_of(const Constant& term, int j, int64_t c) { return {term, j, c}; }

// Runs the loop over C. If kFrom, the sums start from the rows of `from`, otherwise from 0.
template <int B, bool kFrom, typename... Columns>
inline void run_columns(Row out, [[maybe_unused]] const float* from, int64_t c, Ahead& ahead,
                        const Columns&... columns) {
  auto next = ahead.take<B * (Columns::kRows + ...)>(c);
  for_each_lane(c, [&](const auto& lane, int64_t l) {
    next.turn();
    Vec sums[B];
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) sums[b] = kFrom ? lane.load(from + b * c + l) : Vec{};
    (columns.add(lane, sums, l), ...);
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) out.put(lane, b * c + l, sums[b]);
  });
}

// Computes the B columns from j on.
template <int B, bool kFrom, typename... Terms>
inline void combine_block(Row out, const float* from, int j, int64_t c, Ahead& ahead, const Terms&... terms) {
  run_columns<B, kFrom>({out.to + j * c, out.streamed}, kFrom ? from + j * c : nullptr, c, ahead,
                        columns_of<B>(terms, j, c)...);
}

// out[j] = sum of the terms (+ from[j] if kFrom), j < columns      out, from: [columns, C], may be the same array
template <bool kFrom, typename... Terms>
inline void combine_all(Row out, const float* from, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  int j = 0;
  for (; j + 4 <= columns; j += 4) combine_block<4, kFrom>(out, from, j, c, ahead, terms...);
  for (; j + 2 <= columns; j += 2) combine_block<2, kFrom>(out, from, j, c, ahead, terms...);
  if (j < columns) combine_block<1, kFrom>(out, from, j, c, ahead, terms...);
}

template <typename... Terms>
inline void combine(Row out, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  combine_all<false>(out, nullptr, columns, c, ahead, terms...);
}

// Adds the terms to `out`.
template <typename... Terms>
inline void accumulate(float* out, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  combine_all<true>(out, out, columns, c, ahead, terms...);
}

}  // namespace frac::FRAC_TARGET
