// The weights of a connection in a block's shared memory. The gain of the norm is multiplied into the projection, so
// that a token's few dot products are scaled instead of its values.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/layout.h"
#include "common/cuda/products.h"
#include "common/cuda/team.h"

namespace frac::cuda {

// Number of columns of the projection: those of alpha and beta if either is dynamic. The columns of a static one are
// zeros.
inline __host__ __device__ int columns_of(const Config& f) { return f.dynamic() ? f.k() + 1 : 0; }

// W[l, column]: the columns of W_alpha, then W_beta. folded_weight multiplies it by the gain of the norm.
__device__ inline float plain_weight(const Connection& a, int column, int64_t l) {
  const int k = a.f.k();
  if (column < k) return a.f.dynamic_alpha ? a.w.w_alpha[l * k + column] : 0.0f;
  return a.f.dynamic_beta ? a.w.w_beta[l] : 0.0f;
}
__device__ inline float folded_weight(const Connection& a, int column, int64_t l) {
  return plain_weight(a, column, l) * (a.f.norm == Norm::kNone ? 1.0f : a.w.norm_gamma[l]);
}

__device__ inline float* shared_floats(int offset) { return reinterpret_cast<float*>(shared_memory() + offset); }

// Splits a weight and writes both parts to a thread's part of the weights, in the layout for tensor cores.
template <typename S>
__device__ __forceinline__ void put_in_tile(typename S::T* own, int column, int e, float weight) {
  constexpr ColumnTiles kTiling(S::N, S::M);
  const int tile = column / 8, width = kTiling.width(tile);
  if (kTiling.alone != 0 && column == S::K) {
    typename S::T* at = own + 2 * S::K * S::E + e;
    split(at[0], at[S::E], weight);
  } else {
    typename S::T* at = own + (16 * tile + e / 4 * width + column % 8) * S::E + e % 4 / 2 * 4 + e % 2;
    split(at[0], at[2], weight);
  }
}

// The inverse: reads a thread's weights of a column.
template <typename S>
__device__ __forceinline__ void get_from_tile(float (&to)[S::E], const typename S::T* own, int column) {
  constexpr ColumnTiles kTiling(S::N, S::M);
  const bool alone = kTiling.alone != 0 && column == S::K;
  const int tile = column / 8, first = alone ? 2 * S::K : 16 * tile + column % 8, step = alone ? 1 : kTiling.width(tile);
  float part[2][S::E];
#pragma unroll
  for (int i = 0; i < 2; ++i) load<S::E>(part[i], own + (first + i * step) * S::E);
#pragma unroll
  for (int e = 0; e < S::E; ++e) {
    const int at = e % 4 / 2 * 4 + e % 2;
    to[e] = alone ? fmaf(kSmallPart<typename S::T>, part[1][e], part[0][e])
                  : fmaf(kSmallPart<typename S::T>, part[e / 4][at + 2], part[e / 4][at]);
  }
}

// Access to the weights. In common variants they are in shared memory: a thread has [columns, E] of the projection with
// the gain, and [M, E] of the pre-norm's gain, with zeros beyond C; also the projection in the layout for tensor cores,
// which may be the only form of it. The general variant reads global memory.
template <typename S>
struct BlockWeights {
  const Connection& a;
  const float* own;  // this thread's part

  __device__ BlockWeights(const Connection& a, const Team& team)
      : a(a), own(shared_floats(a.plan.weights + team.rank * a.plan.weights_step)) {}
  __device__ bool prenorm() const { return a.w.prenorm_gamma; }

  __device__ __forceinline__ void get(float (&to)[S::E], int column, typename S::Index q) const {
    if constexpr (S::kProducts)
      if (a.plan.gain == 0) return get_from_tile<S>(to, reinterpret_cast<const typename S::T*>(own + a.plan.halves / 4), column);
    if constexpr (S::kCommon)
      get_floats<S>(to, own + column * S::E);
    else
      to[0] = folded_weight(a, column, q);
  }

  __device__ __forceinline__ void get_gamma(float (&to)[S::E], int block, typename S::Index q) const {
    if constexpr (S::kCommon)
      get_floats<S>(to, own + a.plan.gain / 4 + block * S::E);
    else
      to[0] = a.w.prenorm_gamma[block * a.f.c + q];
  }
};

// The constants of a connection: the static parts of alpha and beta, [N, K + 1]; the contribution of the norm's bias to
// a logit and the sum of a column, [K + 1] each; the scales of alpha and beta; 1 / C.
struct Constants {
  float* start;
  int slots, columns;
  __device__ explicit Constants(const Setting& a)
      : start(shared_floats(a.plan.constants)), slots(slots_of(a.f.n, a.f.k())), columns(a.f.k() + 1) {}
  __device__ float* fixed() const { return start; }
  __device__ float* bias() const { return start + slots; }
  __device__ float* column_sums() const { return start + slots + columns; }
  __device__ float* scales() const { return start + slots + 2 * columns; }
  __device__ float& share() const { return start[slots + 2 * columns + 2]; }
};
inline int constant_floats(const Config& f) { return slots_of(f.n, f.k()) + 2 * (f.k() + 1) + 3; }

// Fills in the weights. The whole block runs this, and needs a barrier before their use.
template <typename S>
__device__ __forceinline__ void fill_weights(const Connection& a) {
  const Plan& plan = a.plan;
  const Config& f = a.f;
#pragma unroll 1
  for (int l = threadIdx.x; S::kCommon && l < plan.team_size * S::E; l += blockDim.x) {
    const Place place = place_of<S>(l, plan.team_size);
    const int own = plan.weights + place.thread * plan.weights_step;
    float* to = shared_floats(own) + place.e;
    if (f.dynamic() || plan.multiplies) {
      const int k = S::k(f), from = min(l, int(f.c) - 1);
      const float gain = l >= f.c ? 0.0f : f.norm == Norm::kNone || !f.dynamic() ? 1.0f : a.w.norm_gamma[l];
      const auto put = [&](int column, float weight) {
        if (plan.gain != 0) to[column * S::E] = weight;
        if constexpr (S::kProducts)
          if (plan.multiplies)
            put_in_tile<S>(reinterpret_cast<typename S::T*>(shared_memory() + own + plan.halves), column, place.e, weight);
      };
      if (f.dynamic_alpha)  // unrolled for few columns, so that all loads are in flight at once
        in_turn<S, S::K>(k, [&](int column) { put(column, gain * a.w.w_alpha[from * k + column]); });
      else
        each_in_turn(k, [&](int column) { put(column, 0); });
      put(k, f.dynamic_beta ? gain * a.w.w_beta[from] : 0.0f);
    }
#pragma unroll 1
    for (int j = 0; a.w.prenorm_gamma && j < f.m; ++j)
      to[plan.gain / 4 + j * S::E] = l < f.c ? a.w.prenorm_gamma[j * f.c + l] : 0;
  }
}

// Fills in the constants. The whole block runs this, and needs a barrier before their use.
__device__ __forceinline__ void fill_constants(const Connection& a) {
  const Constants to(a);
  const int k1 = a.f.k() + 1, columns = a.plan.columns, lane = threadIdx.x % kWarp;
#pragma unroll 1
  for (int each = threadIdx.x; each < to.slots; each += blockDim.x) {
    const int i = each / k1, j = each % k1;
    if (j < k1 - 1)
      to.fixed()[each] = a.f.alpha_rows ? 0.0f : a.w.static_alpha[i * (k1 - 1) + j];
    else
      to.fixed()[each] = a.w.static_beta ? a.w.static_beta[i] : 0.0f;
  }
  if (threadIdx.x == 0) to.scales()[0] = a.w.scale_alpha ? *a.w.scale_alpha : 1.0f;
  if (threadIdx.x == 0) to.scales()[1] = a.w.scale_beta ? *a.w.scale_beta : 1.0f;
  if (threadIdx.x == 0) to.share() = 1.0f / a.f.c;
#pragma unroll 1
  for (int k = threadIdx.x / kWarp; k < columns; k += blockDim.x / kWarp) {
    float bias = 0, sum = 0;
    // In runs: a float to which thousands of values of one sign are added drifts.
#pragma unroll 1
    for (int64_t first = lane; a.f.norm == Norm::kLayer && first < a.f.c; first += 64 * kWarp) {
      const int64_t end = min(first + 64 * kWarp, a.f.c);
      float run_bias = 0, run_sum = 0;
#pragma unroll 1
      for (int64_t l = first; l < end; l += kWarp) {
        const float weight = plain_weight(a, k, l);
        run_bias = fmaf(weight, a.w.norm_beta[l], run_bias);
        run_sum = fmaf(weight, a.w.norm_gamma[l], run_sum);
      }
      bias += run_bias, sum += run_sum;
    }
#pragma unroll 1
    for (int step = kWarp / 2; step > 0; step /= 2) {
      bias += __shfl_xor_sync(0xffffffffu, bias, step);
      sum += __shfl_xor_sync(0xffffffffu, sum, step);
    }
    if (lane == 0) to.bias()[k] = bias, to.column_sums()[k] = sum;
  }
}

// Writes the static coefficients to the outputs of a width connection. An output may be null.
__device__ __forceinline__ void copy_static(float* alpha, float* beta, const Connection& a) {
  const Config& f = a.f;
#pragma unroll 1
  for (int i = threadIdx.x; alpha && !f.dynamic_alpha && i < f.n * f.k(); i += blockDim.x) alpha[i] = a.w.static_alpha[i];
#pragma unroll 1
  for (int i = threadIdx.x; beta && !f.dynamic_beta && i < f.n; i += blockDim.x) beta[i] = a.w.static_beta[i];
}

}  // namespace frac::cuda
