// The part of a token's backward pass that its team meets for: dot products of rows, and from their sums the gradients of
// the logits. A coefficient is made from its logit (common/cuda/coefficients.h).
#pragma once

#include "common/cuda/sums_over_tokens.h"
#include "ops/frac_width/frac_width_token.cuh"

namespace frac::cuda {

// Block j of the gradient of x, times the pre-norm's gain if there is one.
template <typename S>
__device__ __forceinline__ void get_dx(float (&dx)[S::E], const Rows<S>& rows, int j, const BlockWeights<S>& w,
                                       typename S::Index q) {
  rows.get(dx, j, q);
  if (!w.prenorm()) return;
  float gamma[S::E];
  w.get_gamma(gamma, j, q);
#pragma unroll
  for (int e = 0; e < S::E; ++e) dx[e] *= gamma[e];
}

// Adds up h[i] . b[j] in slots first + i * M + j: b is the gradient of x, or where kX is true x itself, whose squares then go to
// the slots behind them.
template <typename S, bool kX>
__device__ __forceinline__ void block_dots(const Scratch<S>& s, const Sums& sums, int first, const State<S>& h, const Rows<S>& dx,
                                           const BlockWeights<S>& w, const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, B = S::kSmall ? S::M : S::M < 2 ? 1 : 2, kDots = R * B, kSums = kDots + (kX ? B : 0);
  const int n = S::n(f), m = S::m(f);
#pragma unroll 1
  for (int j0 = 0; j0 < m; j0 += B)
#pragma unroll 1
    for (int i0 = 0; i0 < n; i0 += R) {
      float v[kSums] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(i0 + r, n - 1), q);
#pragma unroll
        for (int b = 0; b < B; ++b) {
          keep_order();
          const int j = min(j0 + b, m - 1);
          float block[S::E];
          if constexpr (!kX) {
            get_dx(block, dx, j, w, q);
          } else {
#pragma unroll
            for (int e = 0; e < S::E; ++e) block[e] = 0;
            in_turn<S, S::N>(n, [&](int i) {
              float row[S::E];
              h.get(row, i, q);
              add_scaled(block, row, s.alpha(i, j));
            });
            v[kDots + b] = dot(block, block, v[kDots + b]);
          }
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * B + b] = dot(rows[r], block, v[r * B + b]);
        }
      });
      sums.add<kSums>(team, v, [&](int value) {
        if constexpr (S::kSmall) return first + value;
        const int i = i0 + value / B, j = j0 + value % B;
        if (j >= m) return -1;
        if (value >= kDots) return i0 == 0 ? first + n * m + j : -1;
        return i < n ? first + i * m + j : -1;
      });
    }
}

// The way back through x = u gamma, u = x / rms(x):  dx = (g - u mean(g u)) / rms, g = gamma times the gradient.
struct PrenormGradient {
  float inverse = 1, mean = 0;  // 1 / rms, mean(g u); without a pre-norm they change nothing
};

// By every warp, from the sums of block_dots.
template <typename S>
__device__ __forceinline__ PrenormGradient prenorm_gradient(const Scratch<S>& s, const Sums& sums, const Connection& a,
                                                            const Team& team) {
  const Config& f = a.f;
  const Slots<S> slots(a);
  const int m = S::m(f), count = S::n(f) * m, lane = threadIdx.x % kWarp;
  float along = 0, squares = 0;  // g . x, from h . g
#pragma unroll 1
  for (int i = lane; i < count; i += kWarp) along = fmaf(s.alpha(i / m, i % m), sums.total(team, slots.reads() + i), along);
#pragma unroll 1
  for (int j = lane; j < m; j += kWarp) squares += sums.total(team, slots.squares() + j);
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) {
    along += __shfl_xor_sync(0xffffffffu, along, step);
    squares += __shfl_xor_sync(0xffffffffu, squares, step);
  }
  PrenormGradient d;
  d.inverse = inverse_rms<S>(squares, a);
  d.mean = along * d.inverse * (Constants(a).share() / m);
  return d;
}

// From these sums and the gradients of alpha and beta to those of the logits: fills what Scratch has of the gradient
// and adds to the totals. given(i, column) is the gradient of a dynamic coefficient, beta's as column K; of those that are static what
// comes from outside reaches the weights once, not a token. d_own: [N, K], the result for the token's row of alpha, if it has one.
// A thread takes the slots that it has activated.
template <typename S, typename Given>
__device__ __forceinline__ void logit_gradients(const Scratch<S>& s, const Sums& sums, const Connection& a, float* d_own,
                                                const Team& team, const PrenormGradient& prenorm, Given given) {
  const Config& f = a.f;
  const Slots<S> slots(a);
  const Constants constants(a);
  const Totals totals(a, team);
  const int n = S::n(f), m = S::m(f), k = S::k(f);
#pragma unroll 1
  for (int slot = team.rank; slot < slots_of(n, k); slot += team.size) {
    const int i = slot / (k + 1), j = slot % (k + 1);
    const bool is_alpha = j < k;
    const bool dynamic = is_alpha ? f.dynamic_alpha : f.dynamic_beta;
    float upstream = dynamic ? given(i, j) : 0.0f;
    if (j < m) {
      float read = sums.total(team, slots.read(i, j, a.w.prenorm_gamma));
      if (a.w.prenorm_gamma) {
        // Where the squares of x overflow this is 0, and h . x may have overflowed too: infinity times 0 would be NaN.
        const float across = prenorm.mean * prenorm.inverse;
        if (across != 0) read -= across * sums.total(team, slots.blocks() + i * m + j);
        read *= prenorm.inverse;
      }
      upstream += read;
    }
    if (f.alpha_rows && is_alpha)
      d_own[i * k + j] = upstream;
    else
      totals.coefficients()[slot] += upstream;
    float du = 0, through = 0;
    if (dynamic) {
      const float active = s.active()[slot];
      du = upstream * constants.scales()[is_alpha ? 0 : 1];
      if (f.use_tanh) du *= 1.0f - active * active;
      totals.scales()[slot] += upstream * active;
      totals.logits()[slot] += du;
      const float inverse = s.through()[j * n + i];  // as this thread has left it there
      through = du * inverse;
      if (j == (f.dynamic_alpha ? 0 : k)) s.inverse()[i] = inverse;
    }
    s.upstream()[slot] = du;
    s.through()[j * n + i] = through;
  }
  team.sync();
  if (!f.dynamic()) return;
#pragma unroll 1
  for (int i = team.rank; i < n; i += team.size) {
    float along = 0, shift = 0;
    in_turn<S, S::K + 1>(k + 1, [&](int j) {
      const float du = s.upstream()[i * (k + 1) + j];
      along = fmaf(du, s.logits()[i * (k + 1) + j], along);
      if (f.norm == Norm::kLayer) shift = fmaf(du, constants.column_sums()[j], shift);
    });
    const float inverse = s.inverse()[i];
    s.along()[i] = f.norm == Norm::kNone ? 0.0f : -along * inverse * inverse * constants.share();
    s.shift()[i] = f.norm == Norm::kLayer ? -shift * inverse * constants.share() : 0.0f;
  }
  team.sync();
}

}  // namespace frac::cuda
