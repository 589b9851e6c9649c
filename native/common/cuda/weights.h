// A connection's weights as a block of threads keeps them: the norm's gain folded into the projection, so that a token is scaled
// after its dot products and not before.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/layout.h"
#include "common/cuda/team.h"

namespace frac::cuda {

inline __host__ __device__ int columns_of(const Config& f) {
  return (f.dynamic_alpha ? f.k() : 0) + (f.dynamic_beta ? 1 : 0);
}

// In shared memory: the projection [columns, pitch], gain folded in, and the pre-norm's gain [M, pitch], both with zeros beyond C
// and of common kinds alone; what the norm's bias adds to a logit, and the mean of a column, [columns] each.
template <typename S>
struct BlockWeights {
  const Plan& plan;
  const Weights& given;

  __device__ int columns() const { return plan.columns; }
  __device__ float* projection() const { return reinterpret_cast<float*>(shared_memory() + int(plan.weights)); }
  __device__ float* gamma() const { return reinterpret_cast<float*>(shared_memory() + int(plan.gamma)); }
  __device__ float* bias() const { return reinterpret_cast<float*>(shared_memory() + int(plan.bias)); }
  __device__ float* mean() const { return bias() + plan.columns; }

  __device__ __forceinline__ void get(float (&to)[S::E], int column, typename S::Index q, const Config& f) const {
    if constexpr (S::kCommon)
      load<S::E>(to, projection() + column * int(plan.pitch) + q * S::E);
    else
      to[0] = folded(given, column, q, f);
  }

  __device__ __forceinline__ void get_gamma(float (&to)[S::E], int block, typename S::Index q, const Config& f) const {
    if constexpr (S::kCommon)
      load<S::E>(to, gamma() + block * int(plan.pitch) + q * S::E);
    else
      to[0] = given.prenorm_gamma[block * f.c + q];
  }

  // W[l, column], W_alpha's columns and then W_beta.
  __device__ static float plain(const Weights& w, int column, int64_t l, const Config& f) {
    const int k = S::k(f);
    return f.dynamic_alpha && column < k ? w.w_alpha[l * k + column] : w.w_beta[l];
  }
  __device__ static float folded(const Weights& w, int column, int64_t l, const Config& f) {
    return plain(w, column, l, f) * (f.norm == Norm::kNone ? 1.0f : w.norm_gamma[l]);
  }
};

// Run by the whole block, which must meet before the weights are used.
template <typename S>
__device__ inline void fill_weights(const BlockWeights<S>& to, const Config& f) {
  const Weights& w = to.given;
  const int columns = to.columns();
  if constexpr (S::kCommon) {
    const int pitch = int(to.plan.pitch);
    float *projection = to.projection(), *gamma = to.gamma();
#pragma unroll 1
    for (int l = threadIdx.x; l < pitch; l += blockDim.x) {
#pragma unroll 1
      for (int k = 0; k < columns; ++k) projection[k * pitch + l] = l < f.c ? BlockWeights<S>::folded(w, k, l, f) : 0;
#pragma unroll 1
      for (int j = 0; w.prenorm_gamma && j < S::M; ++j)
        gamma[j * pitch + l] = l < f.c ? w.prenorm_gamma[j * f.c + l] : 0;
    }
  }
  const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;
#pragma unroll 1
  for (int k = threadIdx.x / kWarp; k < columns; k += warps) {
    float sums[2] = {};
#pragma unroll 1
    for (int64_t l = lane; f.norm == Norm::kLayer && l < f.c; l += kWarp) {
      sums[0] += BlockWeights<S>::plain(w, k, l, f) * w.norm_beta[l];
      sums[1] += BlockWeights<S>::folded(w, k, l, f);
    }
    warp_sums<2>(sums);
    const int held = held_value<2>(lane, 0);
    if (held == 0) to.bias()[k] = sums[0];
    if (held == 1) to.mean()[k] = sums[0] / f.c;
  }
}

}  // namespace frac::cuda
