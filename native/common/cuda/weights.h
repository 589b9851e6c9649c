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

// W[l, column], W_alpha's columns and then W_beta; and the same with the norm's gain.
__device__ inline float plain_weight(const Connection& a, int column, int64_t l) {
  const int k = a.f.k();
  return a.f.dynamic_alpha && column < k ? a.w.w_alpha[l * k + column] : a.w.w_beta[l];
}
__device__ inline float folded_weight(const Connection& a, int column, int64_t l) {
  return plain_weight(a, column, l) * (a.f.norm == Norm::kNone ? 1.0f : a.w.norm_gamma[l]);
}

__device__ inline float* shared_floats(int offset) { return reinterpret_cast<float*>(shared_memory() + offset); }

// In shared memory: the projection [columns, pitch], gain folded in, and the pre-norm's gain [M, pitch], both with zeros beyond C
// and of common kinds alone; what the norm's bias adds to a logit, and the mean of a column, [columns] each.
template <typename S>
struct BlockWeights {
  const Connection& a;

  __device__ int columns() const { return a.plan.columns; }
  __device__ bool prenorm() const { return a.w.prenorm_gamma; }

  __device__ __forceinline__ void get(float (&to)[S::E], int column, typename S::Index q) const {
    if constexpr (S::kCommon)
      load<S::E>(to, shared_floats(a.plan.weights) + column * a.plan.pitch + q * S::E);
    else
      to[0] = folded_weight(a, column, q);
  }

  __device__ __forceinline__ void get_gamma(float (&to)[S::E], int block, typename S::Index q) const {
    if constexpr (S::kCommon)
      load<S::E>(to, shared_floats(a.plan.gamma) + block * a.plan.pitch + q * S::E);
    else
      to[0] = a.w.prenorm_gamma[block * a.f.c + q];
  }
};

__device__ inline const float* bias_of(const Plan& plan) { return shared_floats(plan.bias); }
__device__ inline const float* mean_of(const Plan& plan) { return shared_floats(plan.bias) + plan.columns; }

// Run by the whole block, which must meet before the weights are used. Here and below: what runs once a block, or takes few
// threads once a token, is one function for all kinds, not inlined. Kernels would be twice as large.
__device__ __noinline__ inline void fill_weights(const Connection& a) {
  const Plan& plan = a.plan;
  const Config& f = a.f;
  float *projection = shared_floats(plan.weights), *gamma = shared_floats(plan.gamma);
#pragma unroll 1
  for (int l = threadIdx.x; l < plan.pitch; l += blockDim.x) {
#pragma unroll 1
    for (int k = 0; k < plan.columns; ++k) projection[k * plan.pitch + l] = l < f.c ? folded_weight(a, k, l) : 0;
#pragma unroll 1
    for (int j = 0; a.w.prenorm_gamma && j < f.m; ++j)
      gamma[j * plan.pitch + l] = l < f.c ? a.w.prenorm_gamma[j * f.c + l] : 0;
  }
}

// The rest of it: what the norm's bias adds to a logit, and the means of columns. Inlined: as a function that is called it has too
// few registers on devices before 9.0.
__device__ __forceinline__ void fill_bias(const Connection& a) {
  float* to = shared_floats(a.plan.bias);
  const int columns = a.plan.columns, lane = threadIdx.x % kWarp;
#pragma unroll 1
  for (int k = threadIdx.x / kWarp; k < columns; k += blockDim.x / kWarp) {
    float bias = 0, sum = 0;
#pragma unroll 1
    for (int64_t l = lane; a.f.norm == Norm::kLayer && l < a.f.c; l += kWarp) {
      bias += plain_weight(a, k, l) * a.w.norm_beta[l];
      sum += folded_weight(a, k, l);
    }
#pragma unroll 1
    for (int step = kWarp / 2; step > 0; step /= 2) {
      bias += __shfl_xor_sync(0xffffffffu, bias, step);
      sum += __shfl_xor_sync(0xffffffffu, sum, step);
    }
    if (lane == 0) to[k] = bias, to[columns + k] = sum / a.f.c;
  }
}

// A width connection's outputs where they are static: copied once.
__device__ __noinline__ inline void copy_static(float* alpha, float* beta, const Connection& a) {
  const Config& f = a.f;
#pragma unroll 1
  for (int i = threadIdx.x; !f.dynamic_alpha && i < f.n * f.k(); i += blockDim.x) alpha[i] = a.w.static_alpha[i];
#pragma unroll 1
  for (int i = threadIdx.x; !f.dynamic_beta && i < f.n; i += blockDim.x) beta[i] = a.w.static_beta[i];
}

}  // namespace frac::cuda
