// Common code of all kernels: the parts of shared memory, and the loop over the tokens.
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
  const int c;

  __device__ Rows<S> own_rows() const { return rows_at(plan.own, 0); }
  // The rows of a stage from index `first` on, and the floats of a stage.
  __device__ Rows<S> rows(int stage, int first) const {
    return rows_at(plan.stage + stage * plan.stage_bytes, first);
  }
  __device__ float* floats(int stage) const {
    return reinterpret_cast<float*>(team_memory(plan, team) + plan.floats + stage * plan.floats_bytes);
  }

 private:
  __device__ Rows<S> rows_at(int at, int first) const {
    return {reinterpret_cast<T*>(thread_memory(plan, team) + at) + first * S::E, {team.rank, team.size}, c};
  }
};

// The rows of a token in global memory, for the general variant. The kernel does not write to rows of an input.
template <typename S>
__device__ inline Rows<S> rows_in(const typename S::T* tokens, int64_t t, int rows, const Config& f) {
  return {tokens ? const_cast<typename S::T*>(tokens) + t * rows * f.c : nullptr, f.c};
}

// Starts the copy of a token's alpha and beta for the depth connection, [N, K] and [N], to shared memory.
template <typename S>
__device__ inline void stage_coefficients(float* to, const Coefficients& given, int64_t t, const Config& f,
                                          const Team& team) {
  const int n = S::n(f), k = S::k(f);
  stage(to, given.alpha_of(t, f), n * k, team);
  stage(to + n * k, given.beta_of(t, f), n, team);
}

// Loads a token's rows. Without 16-byte accesses the whole team copies one value at a time, and values beyond C become
// zero.
template <typename S, typename Op>
__device__ __forceinline__ void load_token(Op& op, int t, int stage, const Setting& a, const Team& team) {
  using T = typename S::T;
  if (a.plan.vectors) {
    op.load(stage, [&](const Rows<S>& to, const T* from, int rows) { stage_vectors(to, from, t, rows, a); });
  } else {
    const int c = int(a.f.c);
#pragma unroll 1
    for (int l = team.rank; l < team.size * S::E; l += team.size) {
      const Place place = place_of<S>(l, team.size);
      op.load(stage, [&](const Rows<S>& to, const T* tokens, int rows) {
        const T* from = rows_of<S>(tokens, t, rows, a.f) + l;
        T* at = value_of(to, place, a, team);
#pragma unroll 1
        for (int row = 0; row < rows; ++row) at[row * S::E] = l < c ? from[row * c] : from_float<T>(0);
      });
    }
  }
  op.load_floats(t, stage);
}

// Writes the results that threads have not written directly.
template <typename S, typename Op>
__device__ __forceinline__ void write_token(Op& op, int t, int stage, const Setting& a, const Team& team) {
  using T = typename S::T;
  if (a.plan.vectors) return;
  const int c = int(a.f.c);
  team.sync();
#pragma unroll 1
  for (int l = team.rank; l < c; l += team.size) {
    const Place place = place_of<S>(l, team.size);
    op.write(stage, [&](T* tokens, const Rows<S>& from, int rows) {
      T* to = rows_of<S>(tokens, t, rows, a.f) + l;
      const T* at = value_of(from, place, a, team);
#pragma unroll 1
      for (int row = 0; row < rows; ++row) to[row * c] = at[row * S::E];
    });
  }
}

// Runs an op for a team's tokens, one after the other. While the team computes one token, the next one is loaded. The
// op has
//   load(stage, copy)      calls copy(rows in shared memory, array, number of rows) for each input array
//   load_floats(t, stage)  starts the copy of the coefficients
//   compute(t, stage)      writes the results, or leaves them in the stage (Results)
//   write(stage, copy)     calls copy(array, rows in shared memory, number of rows) for each result in the stage
// For the general variant it has only compute(t, stage), which reads and writes global memory.
template <typename S, typename Op>
__device__ __forceinline__ void for_tokens(Op& op, const Setting& a, const Team& team) {
  using Index = typename S::Index;
  const Plan& plan = a.plan;
  const Config& f = a.f;
  // Neighbouring tokens go to different blocks, so that a few tokens, and the last ones of many, use many
  // multiprocessors.
  const Index tokens = Index(f.tokens), step = Index(gridDim.x) * plan.teams;
  const Index first = Index(team.id) * gridDim.x + blockIdx.x;
  if constexpr (!S::kCommon) {
#pragma unroll 1
    for (Index t = first; t < tokens; t += step) {
      op.compute(t, 0);
      team.sync();
    }
  } else {
    // With two stages the copy of a token starts before the previous token is computed. The first iteration only loads.
    const bool ahead = plan.stages == 2;
    int stage = 0;
#pragma unroll 1
    for (Index t = ahead ? first - step : first; t < tokens; t += step) {
      const Index next = ahead ? t + step : t;
      wait_for_copies<0>();
      team.sync();  // the previous token is done and, with two stages, this one is loaded
      if (next < tokens) load_token<S>(op, next, ahead ? stage ^ 1 : 0, a, team);
      commit_copies();
      if (!ahead) {
        wait_for_copies<0>();
        team.sync();
      }
      if (t >= first) {
        op.compute(t, stage);
        write_token<S>(op, t, stage, a, team);
      }
      if (ahead) stage ^= 1;
    }
  }
}

}  // namespace frac::cuda
