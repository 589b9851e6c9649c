// The three basic operations on a token's rows: dot products, weighted sums, and weighted sums added to rows. They work
// on blocks of rows, so that each loaded value is used in several products. The rows of a token are in the L1 cache.
#pragma once

#include "common/simd.h"

namespace frac::FRAC_TARGET {

// Adds the products of a vector of A rows of `a` and B rows of `b` to their sums. The vectors of `b` stay in registers, those of `a`
// pass through one.
template <int A, int B, typename Lane>
[[gnu::always_inline]] inline void add_products(Vec (&sums)[A][B], const Lane& lane, const float* a, const float* b, int64_t c) {
  static_assert(A * B + B + 1 <= kRegisters);
  // Every loop over the block is unrolled. Otherwise the compiler would keep the sums in memory.
  Vec vb[B];
#pragma GCC unroll 4
  for (int j = 0; j < B; ++j) keep(vb[j] = lane.load(b + j * c));
#pragma GCC unroll 4
  for (int i = 0; i < A; ++i) {
    Vec va = lane.load(a + i * c);
    if (B > 1) keep(va);
#pragma GCC unroll 4
    for (int j = 0; j < B; ++j) sums[i][j] += va * vb[j];
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

template <int R, typename Next>
inline void pair_rows(float* out, const float* a, const float* b, int modulo, int i, int64_t c, Next next) {
  const float *row_a[R], *row_b[R];
  for (int r = 0; r < R; ++r) row_a[r] = a + (i + r) * c, row_b[r] = b + (i + r) % modulo * c;
  const auto product = [&](const auto& lane, int r, int64_t l) { return lane.load(row_a[r] + l) * lane.load(row_b[r] + l); };
  sums_over<R>(out + i, c, product, next);
}

// out[i] = sum_l a[i][l] * b[i mod modulo][l], i < rows      a: [rows, C], b: [modulo, C]
inline void pair_dots(float* out, const float* a, int rows, const float* b, int modulo, int64_t c, Ahead& ahead) {
  // With more registers memory is the limit: row by row, prefetches come evenly.
  if constexpr (kVectors == 1) {
    for (int i = 0; i < rows; ++i) dot_block<1, 1>(out + i, 1, a + i * c, b + i % modulo * c, c, ahead);
    return;
  }
  int i = 0;
  // Two rows of the next token for each row.
  for (; i + 4 <= rows; i += 4) pair_rows<4>(out, a, b, modulo, i, c, ahead.rows<8>(c));
  for (; i < rows; ++i) pair_rows<1>(out, a, b, modulo, i, c, ahead.rows<2>(c));
}

// out[i] = sum_l a[i][l]^2
inline void squares(float* out, const float* a, int rows, int64_t c) {
  int i = 0;
  for (; i + 4 <= rows; i += 4) pair_rows<4>(out, a, a, rows, i, c, NoPrefetch{});
  for (; i < rows; ++i) pair_rows<1>(out, a, a, rows, i, c, NoPrefetch{});
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

// sum_s w[s * m + j] * rows[s * m + j], for all rows s * m + j < count
struct Streams {
  const float* rows;  // [count, C]
  const float* w;
  int count, m;
};

// w[j]
struct Constant {
  const float* w;
};

// The same coefficients, but for all the compiler knows the stores of the loop may change them. So it loads each where it is used.
// Otherwise it would keep some of them in registers that the sums need.
inline const float* in_memory(const float* w) {
  asm("" : "+r"(w));
  return w;
}

// Adds V vectors of a row, times a coefficient each, to the sums of B columns.
template <int V, int B, typename Lane>
[[gnu::always_inline]] inline void add_row(const Lane& lane, Vec (&sums)[V][B], const float* from, const float* w, int step) {
  Vec row = lane.load(from);
  if constexpr (V == 1) {
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b) sums[0][b] += row * w[b * step];
  } else {
    Vec second = lane.load(from + kLanes);
    keep(row), keep(second);
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b) {
      const Vec factor = splat(w[b * step]);
      sums[0][b] += row * factor, sums[1][b] += second * factor;
    }
  }
}

// A term for the B columns from j on. It copies the coefficients to local variables: no store can alias them, so they
// stay in registers during the loop.
template <int B, int Count>
struct ColumnsOf {
  ColumnsOf(const Term<Count>& term, int j, int64_t c) : rows(term.rows), c(c) {
#pragma GCC unroll 16
    for (int i = 0; i < Count; ++i)
#pragma GCC unroll 5
      for (int b = 0; b < B; ++b) w[i][b] = term.w[i * term.row_step + (j + b) * term.column_step];
  }

  template <int V, typename Lane>
  FRAC_INLINE void add(const Lane& lane, Vec (&sums)[V][B], int64_t l) const {
#pragma GCC unroll 16
    for (int i = 0; i < Count; ++i) {
      if constexpr (kVectors == 1)
        add_row(lane, sums, rows + i * c + l, w[i], 1);
      else
        add_row(lane, sums, rows + i * c + l, in_memory(&w[0][0]) + i * B, 1);
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

  template <int V, typename Lane>
  FRAC_INLINE void add(const Lane& lane, Vec (&sums)[V][B], int64_t l) const {
    for (int i = 0; i < term.count; ++i)
      add_row(lane, sums, term.rows + i * c + l, w + i * term.row_step, term.column_step);
  }

  static constexpr int kRows = 4;  // an estimate; the number is not known at compile time
  const Term<0> term;
  int64_t c;
  const float* w;
};

template <int B>
struct DiagonalColumns {
  DiagonalColumns(const Diagonal& term, int j, int64_t c) {
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b) {
      w[b] = term.w[j + b];
      rows[b] = term.rows + (j + b) % term.modulo * c;
    }
  }

  template <int V, typename Lane>
  FRAC_INLINE void add(const Lane& lane, Vec (&sums)[V][B], int64_t l) const {
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[v][b] += lane.load(rows[b] + l + v * kLanes) * w[b];
  }

  static constexpr int kRows = 1;
  float w[B];
  const float* rows[B];
};

template <int B>
struct StreamColumns {
  StreamColumns(const Streams& term, int j, int64_t c) : term(term), j(j), c(c) {}

  template <int V, typename Lane>
  FRAC_INLINE void add(const Lane& lane, Vec (&sums)[V][B], int64_t l) const {
    int row = j;
    for (; row + B <= term.count; row += term.m)
#pragma GCC unroll 5
      for (int b = 0; b < B; ++b) add_one(lane, sums, b, row + b, l);
    // A last stream with fewer than m rows.
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b)
      if (row + b < term.count) add_one(lane, sums, b, row + b, l);
  }

  static constexpr int kRows = 1;
  const Streams term;
  int j;
  int64_t c;

 private:
  template <int V, typename Lane>
  FRAC_INLINE void add_one(const Lane& lane, Vec (&sums)[V][B], int b, int row, int64_t l) const {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sums[v][b] += lane.load(term.rows + row * c + l + v * kLanes) * term.w[row];
  }
};

template <int B>
struct ConstantColumns {
  ConstantColumns(const Constant& term, int j, int64_t) {
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b) w[b] = term.w[j + b];
  }

  template <int V, typename Lane>
  FRAC_INLINE void add(const Lane&, Vec (&sums)[V][B], int64_t) const {
#pragma GCC unroll 5
    for (int b = 0; b < B; ++b)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[v][b] += w[b];
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

// Adds all terms for V vectors of the B columns, from l on.
template <int B, bool kFrom, int V, typename Lane, typename... Columns>
[[gnu::always_inline]] inline void put_columns(const Lane& lane, const Row& out, [[maybe_unused]] const float* from, int64_t c,
                                               int64_t l, const Columns&... columns) {
  Vec sums[V][B];
#pragma GCC unroll 5
  for (int b = 0; b < B; ++b)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sums[v][b] = kFrom ? lane.load(from + b * c + l + v * kLanes) : Vec{};
  (columns.add(lane, sums, l), ...);
#pragma GCC unroll 5
  for (int b = 0; b < B; ++b)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) out.put(lane, b * c + l + v * kLanes, sums[v][b]);
}

// Runs the loop over C. If kFrom, the sums start from the rows of `from`, otherwise from 0.
template <int B, bool kFrom, typename... Columns>
[[gnu::always_inline]] inline void run_columns(Row out, const float* from, int64_t c, Ahead& ahead, const Columns&... columns) {
  auto next = ahead.take<B * (Columns::kRows + ...)>(c);
  int64_t l = 0;
  for (; l + kVectors * kLanes <= c; l += kVectors * kLanes) {
    next.template turn<kVectors>();
    put_columns<B, kFrom, kVectors>(Whole{}, out, from, c, l, columns...);
  }
  // What is left, less than kVectors vectors. A whole one is a part, too: another copy of the loop would cost more.
  for (; l < c; l += kLanes) put_columns<B, kFrom, 1>(Part(int(std::min<int64_t>(kLanes, c - l))), out, from, c, l, columns...);
}

// Computes the B columns from j on. Not inlined: in a large function the compiler would keep fewer coefficients in registers.
template <int B, bool kFrom, typename... Terms>
[[gnu::noinline]] void combine_block(Row out, const float* from, int j, int64_t c, Ahead& ahead, const Terms&... terms) {
  run_columns<B, kFrom>({out.to + j * c, out.streamed}, kFrom ? from + j * c : nullptr, c, ahead,
                        columns_of<B>(terms, j, c)...);
}

// out[j] = sum of the terms (+ from[j] if kFrom), j < columns      out, from: [columns, C], may be the same array
// Columns is `columns` if that is known at compile time, else 0. Only blocks that can occur are compiled: each is a loop of its own.
template <bool kFrom, int Columns, typename... Terms>
inline void combine_all(Row out, const float* from, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  // With few registers the last 5 columns at once: a loop over a single one would load each row for one product.
  constexpr bool kFive = kVectors > 1 && (Columns == 0 || (Columns > 4 && Columns % 4 == 1));
  constexpr bool kFour = Columns == 0 || Columns >= (kFive ? 8 : 4);
  int j = 0;
  if constexpr (kFour)
    for (; j + 4 <= columns && !(kFive && j + 5 == columns); j += 4) combine_block<4, kFrom>(out, from, j, c, ahead, terms...);
  if constexpr (kFive)
    if (j + 5 == columns) return combine_block<5, kFrom>(out, from, j, c, ahead, terms...);
  if constexpr (Columns % 4 >= 2 || Columns == 0)
    for (; j + 2 <= columns; j += 2) combine_block<2, kFrom>(out, from, j, c, ahead, terms...);
  if constexpr ((Columns % 2 == 1 && !kFive) || Columns == 0)
    if (j < columns) combine_block<1, kFrom>(out, from, j, c, ahead, terms...);
}

template <int Columns, typename... Terms>
inline void combine(Row out, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  combine_all<false, Columns>(out, nullptr, columns, c, ahead, terms...);
}

// Adds the terms to `out`.
template <typename... Terms>
inline void accumulate(float* out, int columns, int64_t c, Ahead& ahead, const Terms&... terms) {
  combine_all<true, 0>(out, out, columns, c, ahead, terms...);
}

}  // namespace frac::FRAC_TARGET
