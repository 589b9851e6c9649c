// A token's depth connection, forward and backward, by one team. frac_depth_width runs the same.
#pragma once

#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// out: [N, C]; may lie where h does. h: [N, C], y: [M, C], alpha: [N, K], beta: [N]
template <typename S>
__device__ __forceinline__ void depth_token(const Rows<S>& out, const Rows<S>& h, const Rows<S>& y, const float* alpha,
                                   const float* beta, const Config& f, const Team& team) {
  const int m = S::m(f), k = S::k(f);
  each_group<S>(team, f, [&](typename S::Index q) {
    const Segments<S> segments(h, q);
    each_in_turn(S::n(f), [&](int i) {
      keep_order();
      float sum[S::E] = {}, block[S::E];
      y.get(block, i % m, q);
      add_scaled(sum, block, beta[i]);
      segments.each_one(f, [&](int from, const auto& segment) { add_scaled(sum, segment, alpha[from * k + m + i]); });
      out.put(sum, i, q);
    });
  });
}

// Dot products: slot k * N + i for h[k] . dout[i], then slot N * N + i for y[i mod M] . dout[i]. The team has met when it
// returns.
template <typename S>
__device__ __forceinline__ void depth_dots(const Sums& sums, const Rows<S>& h, const Rows<S>& y, const Rows<S>& dout,
                                  const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, G = !S::kCommon ? 4 : S::N < 8 ? S::N : 8;
  const int n = S::n(f), m = S::m(f);
#pragma unroll 1
  for (int k0 = 0; k0 < n; k0 += R)
#pragma unroll 1
    for (int i0 = 0; i0 < n; i0 += G) {
      float v[R * G] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(k0 + r, n - 1), q);
#pragma unroll
        for (int g = 0; g < G; ++g) {
          keep_order();
          float d[S::E];
          dout.get(d, min(i0 + g, n - 1), q);
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * G + g] = dot(rows[r], d, v[r * G + g]);
        }
      });
      sums.add<R * G>(team, v, [&](int value) {
        const int from = k0 + value / G, i = i0 + value % G;
        return from < n && i < n ? from * n + i : -1;
      });
    }
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    float v[R] = {};
    each_group<S>(team, f, [&](typename S::Index q) {
#pragma unroll
      for (int r = 0; r < R; ++r) {
        const int i = min(i0 + r, n - 1);
        float block[S::E], d[S::E];
        y.get(block, i % m, q);
        dout.get(d, i, q);
        v[r] = dot(block, d, v[r]);
      }
    });
    sums.add<R>(team, v, [&](int r) { return i0 + r < n ? n * n + i0 + r : -1; });
  }
  team.sync();
}

// From those sums to the gradients of a token's alpha and beta. d_alpha: [N, K], its first M columns 0, and d_beta: [N]; null where
// the coefficient is static: the totals take them.
__device__ __noinline__ inline void depth_coefficients(const Setting& a, const Team team, bool width, float* d_alpha,
                                                       float* d_beta) {
  const int n = a.f.n, m = a.f.m, k = a.f.k();
  const Sums sums(a.plan, team);
  float* totals = Totals(a, team, width).depth();
#pragma unroll 1
  for (int each = team.rank; each < slots_of(n, k); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1);
    const float sum = j < m ? 0.0f : sums.total(team, j == k ? n * n + i : i * n + j - m);
    float* to = j == k ? d_beta : d_alpha;
    if (to)
      to[j == k ? i : i * k + j] = sum;
    else
      totals[each] += sum;
  }
}

// dh may lie where h does, dy where y does. d_alpha, d_beta as above; `width`: whether there is a width connection too.
template <typename S>
__device__ __forceinline__ void depth_token_gradient(const Rows<S>& dh, const Rows<S>& dy, float* d_alpha, float* d_beta,
                                                     const Setting& a, bool width, const Rows<S>& h, const Rows<S>& y,
                                                     const float* alpha, const float* beta, const Rows<S>& dout,
                                                     const Team& team) {
  const Config& f = a.f;
  const int m = S::m(f), k = S::k(f);
  depth_dots(Sums(a.plan, team), h, y, dout, f, team);
  depth_coefficients(a, team, width, d_alpha, d_beta);
  each_group<S>(team, f, [&](typename S::Index q) {
    const Segments<S> d(dout, q);
    each_in_turn(m, [&](int j) {
      keep_order();
      float sum[S::E] = {};
      d.each_one(f, [&](int i, const auto& segment) {
        if (i % m == j) add_scaled(sum, segment, beta[i]);
      });
      dy.put(sum, j, q);
    });
    each_in_turn(S::n(f), [&](int from) {
      keep_order();
      float sum[S::E] = {};
      d.each_one(f, [&](int i, const auto& segment) { add_scaled(sum, segment, alpha[from * k + m + i]); });
      dh.put(sum, from, q);
    });
  });
}

}  // namespace frac::cuda
