// Dot products on tensor cores, for half-precision types: of rows of a token with each other, and with the columns of
// the projection. A weight of the projection is a float; it is represented as the sum of two half-precision values.
// Products of half-precision values are exact, and their sums are floats.
//
// A warp multiplies rows with up to eight rows at a time. The order of the values does not matter if it is the same for
// all rows. So a lane reads them in the order in which threads own them, eight values (four registers) of a row. Lane p
// of a group of four reads those of threads 2 p, 2 p + 1, 2 p + 8, ... Rows of an even group of lanes and of the next
// odd group are then in different banks. Registers are multiplied in the order in which they are loaded, because moving
// them would cost more than the products.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

template <typename S>
__device__ __forceinline__ bool on_tensor_cores(const Plan& plan) {
  return S::kProducts && has_tensor_cores(plan.tensor_cores);
}

// The layout of the projection for tensor cores. A tile has eight columns (the last tile may have fewer) and sixteen
// rows: the large and the small part of each column, two values at a time: [2][columns][2][large, small][2 values]. A
// column that would be alone in a tile is stored as two rows instead.
struct ColumnTiles {
  int columns, alone;
  constexpr ColumnTiles(int n, int m) : columns(n + m + 1), alone((n + m + 1) % 8 == 1 ? 1 : 0) {}
  constexpr int tiles() const { return (columns - alone + 7) / 8; }
  constexpr int width(int tile) const { return columns - alone - 8 * tile < 8 ? columns - alone - 8 * tile : 8; }
  constexpr int rows() const { return 2 * alone; }
};

// The slots of products in a team's sums: of a column with the i-th of the first rows, and of another row with it.
struct ProductSlots {
  int n, columns;
  constexpr ProductSlots(int n, const ColumnTiles& c) : n(n), columns(8 * c.tiles() + c.alone) {}
  constexpr int of_column(int column, int i) const { return column * n + i; }
  constexpr int of_row(int row, int i) const { return (columns + row) * n + i; }
  constexpr int count(int rows) const { return of_row(rows, 0); }
};

// d += A B for four registers of eight rows of A and of B. The first two values of d[0] come from registers x and z,
// the last two of d[1] from y and w. The other values are products of unrelated values and are not used.
template <typename T>
__device__ __forceinline__ void multiply_eight(float (&d)[2][4], const uint4& a, const uint4& b) {
  multiply_half_tiles<T>(d[0], {a.x, a.y}, b.x);
  multiply_half_tiles<T>(d[1], {a.x, a.y}, b.y);
  multiply_half_tiles<T>(d[0], {a.z, a.w}, b.z);
  multiply_half_tiles<T>(d[1], {a.z, a.w}, b.w);
}

// A warp's part of the products with the first N of kRows rows: those of the projection's columns (if kColumns), and
// those of all rows from row 8 kFrom on.
template <typename S, bool kColumns, int kRows, int kFrom>
class Products {
  using T = typename S::T;
  static_assert(S::E == 8, "four registers");
  static constexpr ColumnTiles tiling() { return {S::N, S::M}; }
  static constexpr int kTiles = kColumns ? tiling().tiles() : 0, kAlone = kColumns ? tiling().rows() : 0;
  static constexpr int kAll = kRows + kAlone, kEights = (kAll + 7) / 8;
  static_assert(kAlone == 0 || kRows % 2 == 0, "a column's two rows are in the same eight");

 public:
  // row_of(r) is the address of this thread's part of row r
  template <typename RowOf>
  __device__ __forceinline__ Products(const Plan& plan, const Team& team, RowOf row_of)
      : columns_step_(plan.weights_step), lane_(threadIdx.x % kWarp), group_(lane_ / 4) {
    const int first = team.warp() * kWarp + lane_ % 4 * 2;  // rank of the first thread whose columns this lane reads
    const unsigned char* columns = shared_memory() + plan.weights + plan.halves + first * plan.weights_step;
    each<kTiles>([&](int i) { tiles_[i] = columns + (16 * i + min(group_, tiling().width(i) - 1)) * kAccess; });
    each<kEights>([&](int i) {
      const int row = min(8 * i + group_, kAll - 1);
      rows_[i] = reinterpret_cast<const unsigned char*>(row_of(min(row, kRows - 1))) + (first - team.rank) * plan.thread_step;
      steps_[i] = plan.thread_step;
      if (kAlone > 0 && row >= kRows)
        rows_[i] = columns + (2 * (tiling().columns - 1) + row - kRows) * kAccess, steps_[i] = plan.weights_step;
    });
  }

  __device__ __forceinline__ void add_up() {
#pragma unroll 1
    for (int pair = 0; pair < kWarp / 8; ++pair) {
      each<2>([&](int odd) { add(odd); });
      each<kTiles>([&](int i) { tiles_[i] += 8 * columns_step_; });
      each<kEights>([&](int i) { rows_[i] += 8 * steps_[i]; });
    }
  }

  // Writes to this warp's sums, in the slots of ProductSlots.
  __device__ __forceinline__ void put(float* to) const {
    constexpr ProductSlots kSlots(S::N, tiling());
    each<2>([&](int v) {
      const int i = lane_ % 4 * 2 + v;
      const bool wanted = i < S::N;
      each<kTiles>([&](int tile) {
        const float sum = fmaf(kSmallPart<T>, of_tiles_[tile][v + 2], of_tiles_[tile][v]);
        if (wanted) to[kSlots.of_column(8 * tile + group_, i)] = sum;
      });
      each<kEights>([&](int eight) {
        if (eight < kFrom) return;
        const float sum = of_rows_[eight][0][v] + of_rows_[eight][1][v + 2];
        const int row = 8 * eight + group_;
        if (wanted && row < kRows) to[kSlots.of_row(row, i)] = sum;
        if (kAlone > 0 && eight == kRows / 8) {
          const float whole = fmaf(kSmallPart<T>, __shfl_xor_sync(0xffffffffu, sum, 4), sum);
          if (wanted && row == kRows) to[kSlots.of_column(tiling().columns - 1, i)] = whole;
        }
      });
    });
  }

 private:
  // Adds the products of the columns of one thread.
  __device__ __forceinline__ void add(int odd) {
    const auto read = [&](const unsigned char* from, int step) { return *reinterpret_cast<const uint4*>(from + odd * step); };
    uint4 rows[kEights];
    each<kEights>([&](int i) { rows[i] = read(rows_[i], steps_[i]); });
    each<kTiles>([&](int i) {
      const uint4 first = read(tiles_[i], columns_step_);
      const uint4 second = read(tiles_[i] + tiling().width(i) * kAccess, columns_step_);
      multiply_tiles<T>(of_tiles_[i], {first.x, first.y, first.z, first.w}, {rows[0].x, rows[0].y});
      multiply_tiles<T>(of_tiles_[i], {second.x, second.y, second.z, second.w}, {rows[0].z, rows[0].w});
    });
    each<kEights>([&](int i) {
      if (i >= kFrom) multiply_eight<T>(of_rows_[i], rows[i], rows[0]);
    });
  }

  const int columns_step_, lane_, group_;  // group_: this lane's row of the eight
  const unsigned char *tiles_[kTiles + 1], *rows_[kEights];
  int steps_[kEights];
  float of_tiles_[kTiles + 1][4] = {}, of_rows_[kEights][2][4] = {};
};

// Writes a warp's products to its sums. The rows of its threads must be complete, and must not change before the next
// barrier.
template <typename S, bool kColumns, int kRows, int kFrom, typename RowOf>
__device__ __forceinline__ void multiply_rows(const Sums& sums, const Team& team, const Plan& plan, RowOf row_of) {
  Products<S, kColumns, kRows, kFrom> products(plan, team, row_of);
  products.add_up();
  products.put(sums.rows + team.warp() * sums.stride);
}

}  // namespace frac::cuda
