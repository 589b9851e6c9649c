// What all kernels have in common: a block's parts in shared memory, and the walk over the tokens.
#pragma once

#include "common/cuda/plan.h"
#include "common/cuda/staging.h"

namespace frac::cuda {

// A team's rows in shared memory.
template <typename S>
struct Parts {
  using T = typename S::T;
  const Plan& plan;
  const Team& team;

  __device__ unsigned char* own() const { return team_memory(plan, team); }
  __device__ Rows<S> own_rows() const { return {reinterpret_cast<T*>(own() + plan.own), plan.pitch}; }
  // Rows from the first-th on, of those that a stage loads, and its floats.
  __device__ Rows<S> rows(int stage, int first) const {
    unsigned char* start = own() + plan.stage + stage * plan.stage_bytes;
    return {reinterpret_cast<T*>(start) + first * plan.pitch, plan.pitch};
  }
  __device__ float* floats(int stage) const {
    return reinterpret_cast<float*>(own() + plan.stage + stage * plan.stage_bytes + plan.floats);
  }
};

// Rows of a token in global memory, which the general kind works on. What is read is never written.
template <typename S>
__device__ inline Rows<S> rows_in(const typename S::T* tokens, int64_t t, int rows, const Config& f) {
  if (!tokens) return {nullptr, S::c(f)};
  return {const_cast<typename S::T*>(tokens) + t * rows * f.c, S::c(f)};
}

// A token's alpha and beta for its depth connection, [N, K] and [N], to shared memory.
template <typename S>
__device__ inline void stage_coefficients(float* to, const Coefficients& given, int64_t t, const Config& f,
                                          const Team& team) {
  const int n = S::n(f), k = S::k(f);
  stage(to, given.alpha_of(t, f), n * k, team);
  stage(to + n * k, given.beta_of(t, f), n, team);
}

// A team's tokens, one after the other; while one is worked on the next is on its way. The op has
//   load(t, stage)      starts the copy of a token into a stage
//   compute(t, stage)   leaves the results there
//   write(t, stage)     copies them out
// and for the general kind compute(t, stage) alone, from and to global memory.
template <typename S, typename Op>
__device__ __forceinline__ void for_tokens(Op& op, const Setting& a, const Team& team) {
  using Index = typename S::Index;
  const Plan& plan = a.plan;
  const Config& f = a.f;
  const Index tokens = Index(f.tokens), step = Index(gridDim.x) * plan.teams;
  const Index first = Index(blockIdx.x) * plan.teams + team.id;
  if constexpr (!S::kCommon) {
#pragma unroll 1
    for (Index t = first; t < tokens; t += step) {
      op.compute(t, 0);
      team.sync();
    }
  } else {
    // With two stages a token's copy starts while the one before it is worked on: the first is loaded in a round of its own.
    const bool ahead = plan.stages == 2;
    int stage = 0;
#pragma unroll 1
    for (Index t = ahead ? first - step : first; t < tokens; t += step) {
      const Index next = ahead ? t + step : t;
      if (next < tokens) op.load(next, ahead ? stage ^ 1 : 0);
      commit_copies();
      if (t >= first) {
        if (ahead)
          wait_for_copies<1>();
        else
          wait_for_copies<0>();
        team.sync();
        op.compute(t, stage);
        team.sync();
        op.write(t, stage);
        team.sync();
      }
      if (ahead) stage ^= 1;
    }
    wait_for_copies<0>();
  }
}

}  // namespace frac::cuda
