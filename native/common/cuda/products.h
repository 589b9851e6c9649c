// Dot products by tensor cores, for half types: of rows of a token with each other, and with the projection's columns, which are floats, in
// two halves each. Products of halves are exact, and their sums are floats.
//
// A warp multiplies rows with up to 8 rows at a time. Columns may come in any order if all rows have the same, so a lane reads them as
// threads own them, 8 values (four registers) of a row: for its place p among four lanes those of threads 2 p, 2 p + 1, 2 p + 8, ...;
// an even thread's rows and an odd one's then lie in different banks. Registers are multiplied as they come, since to move them
// would cost more than the products.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

template <typename S>
__device__ __forceinline__ bool on_tensor_cores(const Plan& plan) {
  return S::kHalf && has_tensor_cores(plan.tensor_cores);
}

// And whether they add up the projection's gradient too. Not in float16, which has no exponents for the factors of a gradient.
template <typename S>
__device__ __forceinline__ bool is_tiled(const Plan& plan) {
  return S::kTiled && has_tensor_cores(plan.tensor_cores);
}

// The projection as tensor cores have it. Eight columns (the last tile may have fewer) are a tile of sixteen rows, each column's
// large and small halves, two values at a time: [8 values / 4][columns][2][large, small][2 values]. A column that would be alone in a
// tile is two rows instead.
struct ColumnTiles {
  int columns, alone;
  constexpr ColumnTiles(int n, int m) : columns(n + m + 1), alone((n + m + 1) % 8 == 1 ? 1 : 0) {}
  constexpr int tiles() const { return (columns - alone + 7) / 8; }
  constexpr int width(int tile) const { return columns - alone - 8 * tile < 8 ? columns - alone - 8 * tile : 8; }
  constexpr int rows() const { return 2 * alone; }
};

// Where in a team's sums products are: of a column with the i-th of the first rows, and of another row with it.
struct ProductSlots {
  int n, columns;
  constexpr ProductSlots(int n, const ColumnTiles& c) : n(n), columns(8 * c.tiles() + c.alone) {}
  constexpr int of_column(int column, int i) const { return column * n + i; }
  constexpr int of_row(int row, int i) const { return (columns + row) * n + i; }
  constexpr int count(int rows) const { return of_row((rows + 7) / 8 * 8, 0); }
};

// d += A B for the four registers that lanes have of A's rows and those of B's: eight of A's rows, whose products are d[0][0], d[0][1],
// d[1][2] and d[1][3]; the others are of values that do not belong together. The first two are summed apart from the last.
template <typename T>
__device__ __forceinline__ void multiply_eight(float (&d)[2][4], const uint4& a, const uint4& b) {
  multiply_half_tiles<T>(d[0], {a.x, a.y}, b.x);
  multiply_half_tiles<T>(d[1], {a.x, a.y}, b.y);
  multiply_half_tiles<T>(d[0], {a.z, a.w}, b.z);
  multiply_half_tiles<T>(d[1], {a.z, a.w}, b.w);
}

// Puts into the sums of this warp its share of the products with the first N of kRows rows: of the projection's columns, from `columns`
// on in a thread's part of the weights (not if kColumns is false), and of all the rows from the kFrom-th eight on. row_of(r) is where this thread has its
// part of a row. What the warp's threads have must be there, and be left alone until the team has met.
template <typename S, bool kColumns, int kRows, int kFrom, typename RowOf>
__device__ __forceinline__ void multiply_rows(const Sums& sums, const Team& team, const Plan& plan, RowOf row_of) {
  using T = typename S::T;
  constexpr ColumnTiles kTiling(S::N, S::M);
  constexpr int kTiles = kColumns ? kTiling.tiles() : 0, kAlone = kColumns ? kTiling.rows() : 0;
  constexpr int kAll = kRows + kAlone, kEights = (kAll + 7) / 8;
  static_assert(kAlone == 0 || kRows % 2 == 0, "a column's two rows are in the same eight");
  // This lane's row of eight, and the rank of the first thread whose columns it reads.
  const unsigned lane = threadIdx.x % kWarp;
  const int group = lane / 4, place = team.warp() * kWarp + lane % 4 * 2;
  const unsigned char* columns = shared_memory() + plan.weights + plan.halves + place * plan.weights_step;
  const unsigned char* tiles[kTiles + 1];
  const unsigned char* eights[kEights];
  int steps[kEights];
  each<kTiles>([&](int i) {
    tiles[i] = columns + (16 * i + min(group, kTiling.width(i) - 1)) * kAccess;
  });
  each<kEights>([&](int i) {
    const int row = min(8 * i + group, kAll - 1);
    eights[i] = reinterpret_cast<const unsigned char*>(row_of(min(row, kRows - 1))) + (place - team.rank) * plan.thread_step;
    steps[i] = plan.thread_step;
    if (kAlone > 0 && row >= kRows)
      eights[i] = columns + (2 * (kTiling.columns - 1) + row - kRows) * kAccess, steps[i] = plan.weights_step;
  });
  float of_tiles[kTiles + 1][4] = {}, of_eights[kEights][2][4] = {};
#pragma unroll 1
  for (int pair = 0; pair < kWarp / 8; ++pair) {
#pragma unroll
    for (int odd = 0; odd < 2; ++odd) {
      const auto read = [&](const unsigned char* from, int step) { return *reinterpret_cast<const uint4*>(from + odd * step); };
      uint4 rows[kEights];
      each<kEights>([&](int i) { rows[i] = read(eights[i], steps[i]); });
      each<kTiles>([&](int i) {
        const uint4 first = read(tiles[i], plan.weights_step);
        const uint4 second = read(tiles[i] + kTiling.width(i) * kAccess, plan.weights_step);
        multiply_tiles<T>(of_tiles[i], {first.x, first.y, first.z, first.w}, {rows[0].x, rows[0].y});
        multiply_tiles<T>(of_tiles[i], {second.x, second.y, second.z, second.w}, {rows[0].z, rows[0].w});
      });
      each<kEights>([&](int i) {
        if (i >= kFrom) multiply_eight<T>(of_eights[i], rows[i], rows[0]);
      });
    }
    each<kTiles>([&](int i) { tiles[i] += 8 * plan.weights_step; });
    each<kEights>([&](int i) { eights[i] += 8 * steps[i]; });
  }
  float* to = sums.rows + team.warp() * sums.stride;
  constexpr ProductSlots kSlots(S::N, kTiling);
  each<2>([&](int v) {
    const int i = lane % 4 * 2 + v;
    const bool wanted = i < S::N;
    each<kTiles>([&](int tile) {
      const float sum = fmaf(kSmallPart, of_tiles[tile][v + 2], of_tiles[tile][v]);
      if (wanted) to[kSlots.of_column(8 * tile + group, i)] = sum;
    });
    each<kEights>([&](int eight) {
      if (eight < kFrom) return;
      float sum = of_eights[eight][0][v] + of_eights[eight][1][v + 2];
      int row = kSlots.of_row(8 * eight + group, i);
      if (kAlone > 0 && eight == kRows / 8) {
        const float small = __shfl_xor_sync(0xffffffffu, sum, 4);
        if (group == kRows % 8) sum = fmaf(kSmallPart, small, sum), row = kSlots.of_column(kTiling.columns - 1, i);
      }
      if (wanted) to[row] = sum;
    });
  });
}

}  // namespace frac::cuda
