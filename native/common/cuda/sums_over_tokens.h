// Gradients of weights, which are sums over tokens. A thread sums its values over its tokens, a block sums its teams,
// and a small kernel sums the blocks (finish.h). The order is fixed, and there are no atomics.
#pragma once

#include "common/cuda/coefficients.h"

namespace frac::cuda {

// A team's sums so far, in shared memory: arrays of [N, K + 1]. The thread that owns a slot adds to it.
constexpr int kTotals = 4;
struct Totals {
  float* start;
  int slots;

  __device__ Totals(const Setting& a, const Team& team) : slots(slots_of(a.f.n, a.f.k())) {
    start = shared_floats(a.plan.totals) + team.id * kTotals * slots;
  }
  __device__ float* depth() const { return start; }                  // of the depth connection's coefficients
  __device__ float* coefficients() const { return start + slots; }   // of the static parts of the weights
  __device__ float* logits() const { return start + 2 * slots; }     // du
  __device__ float* scales() const { return start + 3 * slots; }     // gradient of the coefficient, times tanh(u)
};

constexpr int totals_floats(const Config& f) { return kTotals * slots_of(f.n, f.k()); }

// The positions of a block's sums, in floats from the start of its row.
struct PartialLayout {
  int64_t outer;    // [columns, C]  sum of du / deviation times the segment
  int64_t prenorm;  // [D]
  int64_t depth, coefficients, logits, scales, size;  // as in Totals

  PartialLayout(const Config& f, bool prenorm_) {
    const int64_t slots = slots_of(f.n, f.k());
    outer = 0;
    prenorm = outer + columns_of(f) * f.c;
    depth = prenorm + (prenorm_ ? f.dim() : 0);
    coefficients = depth + slots;
    logits = coefficients + slots;
    scales = logits + slots;
    size = depth + totals_floats(f);
  }
};

// The sums that are as long as a segment. Small variants keep those of the projection in registers of the thread that
// owns a column group, and those of the pre-norm in shared memory, because no registers are left. The other common
// variants keep all of them in shared memory. The general variant keeps them in the block's row in global memory.
//
// kSharedColumns is the number of the projection's columns in shared memory, before the blocks of the pre-norm.
template <typename S>
constexpr int kSharedColumns = !S::kCommon || S::kSmall ? 0 : S::kColumns;

template <typename S, bool kCommon = S::kCommon>
struct ColumnSums {
  static constexpr int kOwn = S::kColumns - kSharedColumns<S>;  // in registers
  float outer_[kOwn > 0 ? kOwn : 1][S::E];
  const Plan& plan;
  const Team& team;

  __device__ ColumnSums(float*, const PartialLayout&, const Setting& a, const Team& team) : plan(a.plan), team(team) {
    // A loop instead of an initializer, for which nvcc would copy a constant from memory.
#pragma unroll
    for (int column = 0; column < kOwn; ++column)
#pragma unroll
      for (int e = 0; e < S::E; ++e) outer_[column][e] = 0;
  }
  __device__ __forceinline__ float* shared_row(int row) const {
    return reinterpret_cast<float*>(thread_memory(plan, team)) + row * S::E;
  }
  // add(sum) adds to the sum of a row, or to that of a column of the projection.
  template <typename F>
  __device__ __forceinline__ void to_shared(int row, F add) {
    float *to = shared_row(row), sum[S::E];
    get_floats<S>(sum, to);
    add(sum);
    put_floats<S>(to, sum);
  }
  template <typename F>
  __device__ __forceinline__ void to_outer(int column, int, F add) {
    if (column < kOwn)
      add(outer_[column < kOwn ? column : 0]);
    else
      to_shared(column - kOwn, add);
  }
  template <typename F>
  __device__ __forceinline__ void to_prenorm(int block, int, F add) {
    to_shared(kSharedColumns<S> + block, add);
  }
  __device__ __forceinline__ void get_outer(float (&to)[S::E], int column) const {
    if (column >= kOwn) return get_floats<S>(to, shared_row(column - kOwn));
#pragma unroll
    for (int e = 0; e < S::E; ++e) to[e] = outer_[column < kOwn ? column : 0][e];
  }
};

// Calls body(column) for the columns of the projection. The loop is unrolled if their sums are in registers.
template <typename S, typename F>
__device__ __forceinline__ void each_column(const Config& f, F body) {
  if constexpr (S::kCommon && kSharedColumns<S> < S::kColumns)
    each<S::kColumns>(body);
  else
    each_in_turn(S::k(f) + 1, body);
}

template <typename S>
struct ColumnSums<S, false> {
  float *outer_, *prenorm_;
  int64_t c;

  __device__ ColumnSums(float* row, const PartialLayout& at, const Setting& a, const Team&)
      : outer_(row + at.outer), prenorm_(row + at.prenorm), c(a.f.c) {}
  template <typename F>
  __device__ __forceinline__ void to_outer(int column, int64_t q, F add) {
    to_global(outer_ + column * c + q, add);
  }
  template <typename F>
  __device__ __forceinline__ void to_prenorm(int block, int64_t q, F add) {
    to_global(prenorm_ + block * c + q, add);
  }

 private:
  template <typename F>
  __device__ __forceinline__ void to_global(float* at, F add) {
    float sum[1] = {*at};
    add(sum);
    *at = sum[0];
  }
};

// Sets the teams' totals to zero, and in the general variant also the block's row. The whole block runs this, and needs
// a barrier afterwards.
__device__ __forceinline__ void clear_sums(const Setting& a, float* row, int64_t row_size) {
  const Plan& plan = a.plan;
  const int totals = plan.teams * totals_floats(a.f);
  float* to = shared_floats(plan.totals);
#pragma unroll 1
  for (int i = threadIdx.x; i < totals; i += blockDim.x) to[i] = 0;
#pragma unroll 1
  for (int64_t i = threadIdx.x; i < row_size; i += blockDim.x) row[i] = 0;
}

__device__ __forceinline__ float sum_of_teams(const float* from, int stride, int teams) {
  float sum = 0;
#pragma unroll 1
  for (int t = 0; t < teams; ++t) sum += from[t * stride];
  return sum;
}

// Writes the sums of the teams' totals.
__device__ __forceinline__ void write_totals(float* row, const Setting& a) {
  const int count = totals_floats(a.f);
  const float* totals = shared_floats(a.plan.totals);
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += blockDim.x) row[i] = sum_of_teams(totals + i, count, a.plan.teams);
}

// Writes the sums of a block that are as long as a segment. `outer` is in the former place of the projection.
template <typename S>
__device__ __forceinline__ void write_columns(float* row, const Connection& a, const PartialLayout& at) {
  const Plan& plan = a.plan;
  const int c = int(a.f.c);
#pragma unroll 1
  for (int l = threadIdx.x; l < c; l += blockDim.x) {
    const Place place = place_of<S>(l, plan.team_size);
    const float* outer = shared_floats(plan.weights + place.thread * plan.weights_step) + place.e;
#pragma unroll 1
    for (int k = 0; k < plan.columns; ++k) row[at.outer + k * c + l] = outer[k * S::E];
    const int shared = plan.team + plan.threads + place.thread * plan.thread_step;
#pragma unroll 1
    for (int j = 0; a.w.prenorm_gamma && j < a.f.m; ++j)
      row[at.prenorm + j * c + l] =
          sum_of_teams(shared_floats(shared) + (kSharedColumns<S> + j) * S::E + place.e, plan.team_bytes / 4, plan.teams);
  }
}

// The end of a backward kernel: writes the sums of the width connection to the block's row. The registers of the teams
// are added one team after the other, in the place of the projection, which is no longer needed. The whole block runs
// this.
template <typename S>
__device__ __forceinline__ void write_width_sums(float* row, const ColumnSums<S>& sums, const Connection& a,
                                                 const PartialLayout& at, const Team& team) {
  __syncthreads();
  write_totals(row + at.depth, a);
  if constexpr (S::kCommon) {
    if (!a.width()) return;
    const Plan& plan = a.plan;
    float* own = shared_floats(plan.weights + team.rank * plan.weights_step);
#pragma unroll 1
    for (int i = threadIdx.x; i < plan.team_size * plan.weights_step / 4; i += blockDim.x) shared_floats(plan.weights)[i] = 0;
    __syncthreads();
#pragma unroll 1
    for (int id = 0; id < plan.teams; ++id) {
      if (team.id == id && a.f.dynamic())
        each_column<S>(a.f, [&](int k) {
          float sum[S::E], more[S::E];
          get_floats<S>(sum, own + k * S::E);
          sums.get_outer(more, k);
#pragma unroll
          for (int e = 0; e < S::E; ++e) sum[e] += more[e];
          put_floats<S>(own + k * S::E, sum);
        });
      __syncthreads();
    }
    write_columns<S>(row, a, at);
  }
}

}  // namespace frac::cuda
