// Gradients of weights, which cross tokens: a thread adds up what it owns over its tokens, a block its teams, and two small
// kernels the blocks; all in a fixed order, without atomics.
#pragma once

#include "common/cuda/coefficients.h"

namespace frac::cuda {

// What a team has added up so far, each slot by the thread that owns it; in shared memory. Arrays of [N, K + 1].
struct Totals {
  float* start;
  int slots;

  static constexpr int kDepth = 1, kAll = 4;  // how many of them a depth connection has, and with a width connection
  __device__ Totals(const Setting& a, const Team& team, bool width)
      : slots(slots_of(a.f.n, a.f.k())) {
    start = reinterpret_cast<float*>(shared_memory() + a.plan.totals) + team.id * (width ? kAll : kDepth) * slots;
  }
  __device__ float* depth() const { return start; }                  // of a depth connection's coefficients
  __device__ float* coefficients() const { return start + slots; }   // of the weights' static parts
  __device__ float* logits() const { return start + 2 * slots; }     // du
  __device__ float* scales() const { return start + 3 * slots; }     // gradient of the coefficient, times tanh(u)
};

inline int totals_floats(const Config& f, bool width) {
  return (width ? Totals::kAll : Totals::kDepth) * slots_of(f.n, f.k());
}

// Where the sums of one block are, in floats from the start of its row.
struct PartialLayout {
  int64_t outer;    // [columns, C]  sum of du / deviation times the segment
  int64_t prenorm;  // [D]
  int64_t depth, coefficients, logits, scales, size;  // as in Totals

  PartialLayout(const Config& f, bool width, bool prenorm_) {
    const int64_t slots = slots_of(f.n, f.k());
    outer = 0;
    prenorm = outer + (width ? columns_of(f) * f.c : 0);
    depth = prenorm + (prenorm_ ? f.dim() : 0);
    coefficients = depth + slots;
    logits = coefficients + slots;
    scales = logits + slots;
    size = depth + totals_floats(f, width);
  }
};

// The sums that are as long as a segment. Common kinds keep those of the projection in the registers of the thread that owns a
// column group, and those of the pre-norm, for which there are none left, in the team's shared memory: [M, pitch].
// The general kind has them in the block's row in global memory.
// How many of the projection's columns are in shared memory with the pre-norm's, for want of registers.
template <typename S>
constexpr int kSharedColumns = !S::kCommon ? 0 : S::N == 4 ? (S::M == 4 ? 6 : 3) : S::N == 8 && S::M == 8 ? 3 : 0;

template <typename S, bool kCommon = S::kCommon>
struct ColumnSums {
  static constexpr int kOwn = S::kColumns - kSharedColumns<S>;  // in registers
  float outer_[kOwn][S::E];
  const Plan& plan;
  const Team& team;

  __device__ ColumnSums(float*, const PartialLayout&, const Setting& a, const Team& team) : plan(a.plan), team(team) {
    // Not by an initializer: of that nvcc makes a constant in memory, to be copied.
#pragma unroll
    for (int column = 0; column < kOwn; ++column)
#pragma unroll
      for (int e = 0; e < S::E; ++e) outer_[column][e] = 0;
  }
  __device__ __forceinline__ float* shared_at(int row, int q) const {
    float* start = reinterpret_cast<float*>(team_memory(plan, team) + plan.over_tokens);
    return start + row * plan.pitch + q * S::E;
  }
  __device__ __forceinline__ void add_shared(int row, int q, const float (&value)[S::E]) {
    float *to = shared_at(row, q), sum[S::E];
    load(sum, to);
#pragma unroll
    for (int e = 0; e < S::E; ++e) sum[e] += value[e];
    store(to, sum);
  }
  __device__ __forceinline__ void add_outer(int column, int q, const float (&value)[S::E]) {
    if (column >= kOwn) return add_shared(column - kOwn, q, value);
#pragma unroll
    for (int e = 0; e < S::E; ++e) outer_[column < kOwn ? column : 0][e] += value[e];
  }
  __device__ __forceinline__ void add_prenorm(int block, int q, const float (&value)[S::E]) {
    add_shared(kSharedColumns<S> + block, q, value);
  }
  __device__ __forceinline__ void get_outer(float (&to)[S::E], int column, int q) const {
    if (column >= kOwn) return load(to, shared_at(column - kOwn, q));
#pragma unroll
    for (int e = 0; e < S::E; ++e) to[e] = outer_[column < kOwn ? column : 0][e];
  }
};

template <typename S>
struct ColumnSums<S, false> {
  float *outer_, *prenorm_;
  int64_t c;

  __device__ ColumnSums(float* row, const PartialLayout& at, const Setting& a, const Team&)
      : outer_(row + at.outer), prenorm_(row + at.prenorm), c(a.f.c) {}
  __device__ void add_outer(int column, int64_t q, const float (&value)[1]) { outer_[column * c + q] += value[0]; }
  __device__ void add_prenorm(int block, int64_t q, const float (&value)[1]) { prenorm_[block * c + q] += value[0]; }
};

// Sets to zero what a block adds up in shared memory, and in the general kind's case in its row. Run by the whole block, which
// must meet afterwards.
__device__ __noinline__ inline void clear_sums(const Setting& a, bool width, float* row, int64_t row_size) {
  const Plan& plan = a.plan;
  const int totals = plan.teams * (width ? Totals::kAll : Totals::kDepth) * slots_of(a.f.n, a.f.k());
  const int own = (plan.own - plan.over_tokens) / int(sizeof(float));
  float *to = reinterpret_cast<float*>(shared_memory() + plan.totals), *first = shared_floats(plan.team + plan.over_tokens);
#pragma unroll 1
  for (int i = threadIdx.x; i < totals; i += blockDim.x) to[i] = 0;
#pragma unroll 1
  for (int i = threadIdx.x; i < plan.teams * own; i += blockDim.x)
    first[i / own * (plan.team_bytes / int(sizeof(float))) + i % own] = 0;
#pragma unroll 1
  for (int64_t i = threadIdx.x; i < row_size; i += blockDim.x) row[i] = 0;
}

// to[i] = sum of the teams' from[i]
__device__ inline void add_teams(float* to, const float* from, int stride, int count, int teams) {
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    float sum = 0;
#pragma unroll 1
    for (int t = 0; t < teams; ++t) sum += from[t * stride + i];
    to[i] = sum;
  }
}

// Writes what the teams' totals add up to.
__device__ __noinline__ inline void write_totals(float* row, const Setting& a, bool width) {
  const int count = (width ? Totals::kAll : Totals::kDepth) * slots_of(a.f.n, a.f.k());
  add_teams(row, shared_floats(a.plan.totals), count, count, a.plan.teams);
}

// Writes the sums of a block that are as long as a segment: `outer` was added up where the projection lay.
__device__ __noinline__ inline void write_columns(float* row, const Connection& a, const PartialLayout& at) {
  const Plan& plan = a.plan;
  const int c = int(a.f.c), pitch = plan.pitch;
  const float* outer = shared_floats(plan.weights);
#pragma unroll 1
  for (int i = threadIdx.x; i < plan.columns * c; i += blockDim.x) row[at.outer + i] = outer[i / c * pitch + i % c];
  if (!a.w.prenorm_gamma) return;
#pragma unroll 1
  for (int j = 0; j < a.f.m; ++j)
    add_teams(row + at.prenorm + j * c, shared_floats(plan.team + plan.over_tokens) + (plan.shared_columns + j) * pitch,
              plan.team_bytes / int(sizeof(float)), c, plan.teams);
}

// The end of a gradient's kernel: the sums of a width connection, to the block's row. The teams' registers are added one team
// after the other where the projection was. Run by the whole block.
template <typename S>
__device__ __forceinline__ void write_width_sums(float* row, const ColumnSums<S>& sums, const Connection& a,
                                                 const PartialLayout& at, const Team& team) {
  __syncthreads();
  write_totals(row + at.depth, a, true);
  if constexpr (S::kCommon) {
    const Plan& plan = a.plan;
    const int l = team.rank * S::E;
#pragma unroll 1
    for (int id = 0; id < plan.teams; ++id) {
      if (team.id == id && l < plan.pitch)
        each<S::kColumns, false>(plan.columns, [&](int k) {
          float *to = shared_floats(plan.weights) + k * plan.pitch + l, sum[S::E] = {}, own[S::E];
          if (id > 0) load(sum, to);
          sums.get_outer(own, k, team.rank);
#pragma unroll
          for (int e = 0; e < S::E; ++e) sum[e] += own[e];
          store(to, sum);
        });
      __syncthreads();
    }
    write_columns(row, a, at);
  }
}

}  // namespace frac::cuda
