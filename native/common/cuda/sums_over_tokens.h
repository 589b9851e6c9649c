// Gradients of weights, which cross tokens: a thread adds up what it owns over its tokens, a block its teams, and two small
// kernels the blocks; all in a fixed order, without atomics.
#pragma once

#include "common/cuda/coefficients.h"

namespace frac::cuda {

// What a team has added up so far, each slot by the thread that owns it; in shared memory.
template <typename S>
struct alignas(kAccess) TeamTotals {
  float alpha[S::N * S::K], beta[S::N];              // of the weights' static parts
  float logits[S::N * S::kColumns];                  // du: [N, columns]
  float scales[S::N * S::kColumns];                  // gradient of alpha or beta, times tanh(u): [N, columns]
  float depth_alpha[S::N * S::K], depth_beta[S::N];  // of a depth connection's coefficients, where they are static
};

// Where the sums of one block are, in floats from the start of its row.
struct PartialLayout {
  int64_t outer;    // [columns, C]  sum of du / deviation times the segment
  int64_t prenorm;  // [D]
  int64_t alpha, beta, logits, scales, depth_alpha, depth_beta, size;

  __host__ __device__ PartialLayout(const Config& f, bool width, bool prenorm_, bool alpha_sum, bool beta_sum) {
    const int64_t columns = width ? columns_of(f) : 0, coefficients = f.n * f.k();
    outer = 0;
    prenorm = outer + columns * f.c;
    alpha = prenorm + (prenorm_ ? f.dim() : 0);
    beta = alpha + (width ? coefficients : 0);
    logits = beta + (width ? f.n : 0);
    scales = logits + columns;
    depth_alpha = scales + (width ? 2 : 0);
    depth_beta = depth_alpha + (alpha_sum ? coefficients : 0);
    size = depth_beta + (beta_sum ? f.n : 0);
  }
};

// The sums that are as long as a segment. Common kinds keep those of the projection in the registers of the thread that owns a
// column group, and those of the pre-norm, for which there are none left, in the team's shared memory: [M, pitch].
// The general kind has them in the block's row in global memory.
template <typename S, bool kCommon = S::kCommon>
struct ColumnSums {
  float outer_[S::kColumns][S::E] = {};
  const Plan& plan;
  const Team& team;

  __device__ ColumnSums(float*, bool prenorm, const PartialLayout&, const Plan& plan, const Config&, const Team& team)
      : plan(plan), team(team) {
    const float zeros[S::E] = {};
#pragma unroll 1
    for (int q = team.rank; prenorm && q * S::E < int(plan.pitch); q += team.size)
#pragma unroll 1
      for (int j = 0; j < S::M; ++j) store(prenorm_at(j, q), zeros);
  }
  __device__ __forceinline__ float* prenorm_at(int block, int q) const {
    float* start = reinterpret_cast<float*>(team_memory(plan, team) + int(plan.prenorm));
    return start + block * int(plan.pitch) + q * S::E;
  }
  __device__ __forceinline__ void add_outer(int column, int, const float (&value)[S::E]) {
#pragma unroll
    for (int e = 0; e < S::E; ++e) outer_[column][e] += value[e];
  }
  __device__ __forceinline__ void add_prenorm(int block, int q, const float (&value)[S::E]) {
    float *to = prenorm_at(block, q), sum[S::E];
    load(sum, to);
#pragma unroll
    for (int e = 0; e < S::E; ++e) sum[e] += value[e];
    store(to, sum);
  }
};

template <typename S>
struct ColumnSums<S, false> {
  float *outer_, *prenorm_;
  int64_t c;

  __device__ ColumnSums(float* row, bool, const PartialLayout& at, const Plan&, const Config& f, const Team&)
      : outer_(row + at.outer), prenorm_(row + at.prenorm), c(f.c) {
#pragma unroll 1
    for (int64_t i = threadIdx.x; i < at.alpha; i += blockDim.x) row[i] = 0;
  }
  __device__ void add_outer(int column, int64_t q, const float (&value)[1]) { outer_[column * c + q] += value[0]; }
  __device__ void add_prenorm(int block, int64_t q, const float (&value)[1]) { prenorm_[block * c + q] += value[0]; }
};

// Writes the block's row of the pre-norm's sums: the teams' shared memory, one after the other. Run by the whole block.
template <typename S>
__device__ inline void write_prenorm(float* row, const float* first_team, const PartialLayout& at, const Plan& plan,
                                     const Config& f) {
  const int c = int(f.c), teams = plan.teams, pitch = int(plan.pitch), team_floats = int(plan.team_bytes / 4);
#pragma unroll 1
  for (int i = threadIdx.x; i < S::M * c; i += blockDim.x) {
    float sum = 0;
#pragma unroll 1
    for (int t = 0; t < teams; ++t) sum += first_team[t * team_floats + i / c * pitch + i % c];
    row[at.prenorm + i] = sum;
  }
}

// Adds the teams' registers one team after the other in `shared` (at least columns * pitch floats; whatever was there is over by
// now) and writes the block's row. Run by the whole block.
template <typename S>
__device__ inline void write_outer(float* row, const ColumnSums<S>& sums, float* shared, const PartialLayout& at,
                                   const Plan& plan, const Config& f, const Team& team) {
  const int columns = plan.columns, pitch = int(plan.pitch), l = team.rank * S::E;
#pragma unroll 1
  for (int id = 0; id < plan.teams; ++id) {
    __syncthreads();
    if (team.id != id || l >= pitch) continue;
    each<S::kColumns, false>(columns, [&](int k) {
      float sum[S::E] = {};
      if (id > 0) load(sum, shared + k * pitch + l);
#pragma unroll
      for (int e = 0; e < S::E; ++e) sum[e] += sums.outer_[k][e];
      store(shared + k * pitch + l, sum);
    });
  }
  __syncthreads();
  const int c = int(f.c);
#pragma unroll 1
  for (int i = threadIdx.x; i < columns * c; i += blockDim.x) row[at.outer + i] = shared[i / c * pitch + i % c];
}

// to[i] = sum of from(team)[i] over the block's teams
template <typename S, typename From>
__device__ inline void write_slots(float* to, int count, const TeamTotals<S>* totals, int teams, From from) {
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    float sum = 0;
#pragma unroll 1
    for (int t = 0; t < teams; ++t) sum += from(totals[t])[i];
    to[i] = sum;
  }
}

// The sums of a width connection that are not as long as a segment. Run by the whole block, after it has met.
template <typename S>
__device__ inline void write_width_slots(float* row, const TeamTotals<S>* totals, int teams, int columns,
                                         const PartialLayout& at, const Config& f) {
  using Totals = TeamTotals<S>;
  const int n = S::n(f), k = S::k(f);
  write_slots<S>(row + at.alpha, n * k, totals, teams, [](const Totals& t) { return t.alpha; });
  write_slots<S>(row + at.beta, n, totals, teams, [](const Totals& t) { return t.beta; });
#pragma unroll 1
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    float sum = 0;
#pragma unroll 1
    for (int t = 0; t < teams; ++t)
#pragma unroll 1
      for (int i = 0; i < n; ++i) sum += totals[t].logits[i * columns + column];
    row[at.logits + column] = sum;
  }
  if (threadIdx.x < 2) {  // alpha's scale and beta's
    float sum = 0;
#pragma unroll 1
    for (int t = 0; t < teams; ++t)
#pragma unroll 1
      for (int i = 0; i < n; ++i)
#pragma unroll 1
        for (int column = 0; column < columns; ++column) {
          const bool is_alpha = f.dynamic_alpha && column < k;
          if (is_alpha == (threadIdx.x == 0)) sum += totals[t].scales[i * columns + column];
        }
    row[at.scales + threadIdx.x] = sum;
  }
}

// The same for a depth connection's static coefficients.
template <typename S>
__device__ inline void write_depth_slots(float* row, const TeamTotals<S>* totals, int teams, const Coefficients& given,
                                         const PartialLayout& at, const Config& f) {
  using Totals = TeamTotals<S>;
  const int n = S::n(f), k = S::k(f);
  if (!given.alpha_per_token)
    write_slots<S>(row + at.depth_alpha, n * k, totals, teams, [](const Totals& t) { return t.depth_alpha; });
  if (!given.beta_per_token)
    write_slots<S>(row + at.depth_beta, n, totals, teams, [](const Totals& t) { return t.depth_beta; });
}

}  // namespace frac::cuda
