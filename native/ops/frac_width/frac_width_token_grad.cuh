// The backward pass of a token's width connection, by one team; frac_depth_width runs it too.
#pragma once

#include "ops/frac_width/frac_width_logits_grad.cuh"

namespace frac::cuda {

// How many segments' gradients a thread works out at a time.
template <typename S>
constexpr int kHeld = S::kCommon ? S::N : 4;

// What lies by columns for each segment, for those from i0 on.
template <typename S>
__device__ __forceinline__ void get_factors(float (&to)[kHeld<S>], const float* column, int i0, const Config& f) {
  if constexpr (S::kCommon) {
    load_floats(to, column);
  } else {
#pragma unroll
    for (int r = 0; r < kHeld<S>; ++r) to[r] = i0 + r < f.n ? column[i0 + r] : 0.0f;
  }
}

// From the gradient of x and what is in Scratch to that of the segments, in a column group.
template <typename S>
__device__ __forceinline__ void segment_gradients(const Results<S>& dh, ColumnSums<S>& columns, const Scratch<S>& s,
                                                  const State<S>& h, const Rows<S>& dx, const Rows<S>& dstate,
                                                  bool has_dstate, const PrenormGradient& prenorm,
                                                  const BlockWeights<S>& w, const Team& team, typename S::Index q) {
  constexpr int R = kHeld<S>;
  const Config& f = w.a.f;
  const int n = S::n(f);
  const Segments<S> all(h, q);
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    const auto at = [&](int r) { return S::kCommon ? r : min(i0 + r, n - 1); };
    float segments[R][S::E], d[R][S::E], factors[R];
#pragma unroll
    for (int r = 0; r < R; ++r) {
      if constexpr (S::kCommon) {
#pragma unroll
        for (int e = 0; e < S::E; ++e) segments[r][e] = all.held[r][e];
      } else {
        h.get(segments[r], at(r), q);
      }
#pragma unroll
      for (int e = 0; e < S::E; ++e) d[r][e] = 0;
      if (has_dstate) dstate.get(d[r], at(r), q);
    }
    in_turn<S, S::M>(S::m(f), [&](int j) {
      keep_order();
      float block[S::E];
      get_dx(block, dx, j, w, q);
      if (w.prenorm()) {
        float u[S::E], plain[S::E];
        read_block(u, all, j, s, f);
        dx.get(plain, j, q);
#pragma unroll
        for (int e = 0; e < S::E; ++e) {
          u[e] *= prenorm.inverse;
          block[e] = (block[e] - u[e] * prenorm.mean) * prenorm.inverse;
        }
        if (i0 == 0)
          columns.to_prenorm(j, q, [&](float(&sum)[S::E]) {
#pragma unroll
            for (int e = 0; e < S::E; ++e) sum[e] = fmaf(plain[e], u[e], sum[e]);
          });
      }
      get_factors<S>(factors, s.coefficients() + j * n, i0, f);
#pragma unroll
      for (int r = 0; r < R; ++r) add_scaled(d[r], block, factors[r]);
    });
    if (f.dynamic()) {
      if (f.norm == Norm::kLayer) {
        centre<S>(segments, {q, team.size}, f, [&](int r) { return s.mean()[at(r)]; });
        centre<S>(d, {q, team.size}, f, [&](int r) { return -s.shift()[at(r)]; });
      }
      get_factors<S>(factors, s.along(), i0, f);
#pragma unroll
      for (int r = 0; r < R; ++r) add_scaled(d[r], segments[r], factors[r]);
      each_column<S>(f, [&](int column) {
        keep_order();
        float projection[S::E];
        w.get(projection, column, q);
        get_factors<S>(factors, s.through() + column * n, i0, f);
#pragma unroll
        for (int r = 0; r < R; ++r) add_scaled(d[r], projection, factors[r]);
        columns.to_outer(column, q, [&](float(&sum)[S::E]) {
#pragma unroll
          for (int r = 0; r < R; ++r) add_scaled(sum, segments[r], factors[r]);
        });
      });
    }
#pragma unroll
    for (int r = 0; r < R; ++r)
      if (S::kCommon || i0 + r < n) dh.put(d[r], i0 + r, q);
  }
}

// dh: [N, C]; may lie where h or dstate do. dx: [M, C]. dstate: [N, C], if there is one. `own` as in activate, d_own and `given` as
// in logit_gradients.
template <typename S, typename Given>
__device__ __forceinline__ void width_token_gradient(const Results<S>& dh, ColumnSums<S>& columns, const State<S>& h,
                                                     const Rows<S>& dx, Given given, const float* own, float* d_own,
                                                     const Rows<S>& dstate, bool has_dstate, const BlockWeights<S>& w,
                                                     const Team& team) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  const Slots<S> slots(w.a);
  const auto reads = [&] {
    if (!slots.has_reads(w.prenorm())) block_dots<S, false>(s, sums, slots.reads(), h, dx, w, f, team);
  };
  find_coefficients<S, true>(s, sums, h, dx, w, own, team, reads, [](int, int, float) {});
  PrenormGradient prenorm;
  if (w.prenorm()) {
    team.sync();
    block_dots<S, true>(s, sums, slots.blocks(), h, dx, w, f, team);
    team.sync();
    prenorm = prenorm_gradient(s, sums, w.a, team);
  }
  logit_gradients(s, sums, w.a, d_own, team, prenorm, given);
  each_group<S>(team, f, [&](typename S::Index q) {
    segment_gradients(dh, columns, s, h, dx, dstate, has_dstate, prenorm, w, team, q);
  });
}

}  // namespace frac::cuda
