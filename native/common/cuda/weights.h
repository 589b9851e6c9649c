// A connection's weights as a block of threads keeps them: the norm's gain folded into the projection, so that a token is scaled
// after its dot products and not before.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/team.h"

namespace frac::cuda {

template <typename S>
struct BlockWeights {
  const float* projection;  // [columns, pitch], gain folded in, zeros beyond C; common kinds
  const float* gamma;       // [M, pitch]  the pre-norm's; common kinds
  const float* bias;        // [columns]   what the norm's bias adds
  const float* mean;        // [columns]   of the projection's column
  int64_t pitch;
  int columns;  // alpha's if dynamic, then beta's one
  Weights given;

  __device__ __forceinline__ void get(float (&to)[S::E], int column, int64_t q, const Config& f) const {
    if constexpr (S::kCommon)
      load<S::E>(to, projection + column * pitch + q * S::E);
    else
      to[0] = folded(given, column, q, f);
  }

  __device__ __forceinline__ void get_gamma(float (&to)[S::E], int block, int64_t q, const Config& f) const {
    if constexpr (S::kCommon)
      load<S::E>(to, gamma + block * pitch + q * S::E);
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

inline __host__ __device__ int columns_of(const Config& f) {
  return (f.dynamic_alpha ? f.k() : 0) + (f.dynamic_beta ? 1 : 0);
}

// Floats that fill_weights needs in shared memory.
template <typename S>
inline __host__ __device__ int64_t block_weight_floats(const Config& f, bool prenorm, int64_t pitch) {
  const int64_t rows = S::kCommon ? columns_of(f) + (prenorm ? f.m : 0) : 0;
  return rows * pitch + 2 * columns_of(f);
}

// Run by the whole block, which must meet before the weights are used.
template <typename S>
__device__ inline BlockWeights<S> fill_weights(float* shared, const Weights& w, int64_t pitch, const Config& f) {
  const int columns = columns_of(f);
  const int64_t rows = S::kCommon ? columns : 0, gamma_rows = S::kCommon && w.prenorm_gamma ? S::m(f) : 0;
  float *projection = shared, *gamma = shared + rows * pitch;
  float *bias = gamma + gamma_rows * pitch, *mean = bias + columns;
  for (int64_t l = threadIdx.x; l < pitch; l += blockDim.x) {
    for (int k = 0; k < rows; ++k) projection[k * pitch + l] = l < f.c ? BlockWeights<S>::folded(w, k, l, f) : 0;
    for (int j = 0; j < gamma_rows; ++j) gamma[j * pitch + l] = l < f.c ? w.prenorm_gamma[j * f.c + l] : 0;
  }
  const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;
  for (int k = threadIdx.x / kWarp; k < columns; k += warps) {
    float sums[2] = {};
    for (int64_t l = lane; f.norm == Norm::kLayer && l < f.c; l += kWarp) {
      sums[0] += BlockWeights<S>::plain(w, k, l, f) * w.norm_beta[l];
      sums[1] += BlockWeights<S>::folded(w, k, l, f);
    }
    warp_sums<2>(sums);
    const int held = held_value<2>(lane, 0);
    if (held == 0) bias[k] = sums[0];
    if (held == 1) mean[k] = sums[0] / f.c;
  }
  return {projection, gamma, bias, mean, pitch, columns, w};
}

}  // namespace frac::cuda
