// A token's width connection, forward and backward, by one team. frac_depth_width runs the same.
#pragma once

#include "common/cuda/coefficients.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// Block j of x = Y^T H, before the pre-norm
template <typename S>
__device__ __forceinline__ void read_block(float (&x)[S::E], const Segments<S>& h, int j, const Scratch<S>& s,
                                           const Config& f) {
#pragma unroll
  for (int e = 0; e < S::E; ++e) x[e] = 0;
  h.each_one(f, [&](int i, const auto& segment) { add_scaled(x, segment, s.alpha(i, j)); });
}

// 1 / rms(x), from the sum of squares
__device__ __forceinline__ float inverse_rms(float squares, const Config& f) {
  return 1.0f / sqrtf(squares / (f.m * f.c) + f.prenorm_epsilon);
}

// x: [M, C], h: [N, C]; x may lie where h does. alpha_out, beta_out as in find_coefficients.
template <typename S>
__device__ __forceinline__ void width_token(const Rows<S>& x, const Rows<S>& h, const BlockWeights<S>& w, const Team& team,
                                            float* alpha_out, float* beta_out) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  find_coefficients(s, sums, h, w, f, team, alpha_out, beta_out);
  const bool prenorm = w.prenorm();
  float inverse = 1;
  if (prenorm) {
    float squares[1] = {};
    each_group<S>(team, f, [&](typename S::Index q) {
      const Segments<S> segments(h, q);
      each_in_turn(S::m(f), [&](int j) {
        float block[S::E];
        read_block<S>(block, segments, j, s, f);
        squares[0] = dot(block, block, squares[0]);
      });
    });
    sums.add<1>(team, squares, [](int) { return 0; });
    team.sync();
    inverse = inverse_rms(sums.total(team, 0), f);
  }
  each_group<S>(team, f, [&](typename S::Index q) {
    const Segments<S> segments(h, q);
    each_in_turn(S::m(f), [&](int j) {
      float block[S::E];
      read_block<S>(block, segments, j, s, f);
      if (prenorm) {
        float gamma[S::E];
        w.get_gamma(gamma, j, q);
#pragma unroll
        for (int e = 0; e < S::E; ++e) block[e] *= inverse * gamma[e];
      }
      x.put(block, j, q);
    });
  });
}

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

// Adds up h[i] . b[j] in slots first + i * M + j: b is the gradient of x, or where kX is true x itself, whose square then goes to
// the slot behind them.
template <typename S, bool kX>
__device__ __forceinline__ void block_dots(const Scratch<S>& s, const Sums& sums, int first, const Rows<S>& h, const Rows<S>& dx,
                                  const BlockWeights<S>& w, const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, B = S::M < 2 ? 1 : 2, kSums = R * B + B;  // B blocks at a time, and their squares
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
          float block[S::E] = {};
          if constexpr (!kX) {
            get_dx(block, dx, j, w, q);
          } else {
            each_in_turn(n, [&](int i) {
              float row[S::E];
              h.get(row, i, q);
              add_scaled(block, row, s.alpha(i, j));
            });
            v[R * B + b] = dot(block, block, v[R * B + b]);
          }
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * B + b] = dot(rows[r], block, v[r * B + b]);
        }
      });
      sums.add<kSums>(team, v, [&](int value) {
        const int i = i0 + value / B, j = j0 + value % B;
        if (j >= m) return -1;
        if (value >= R * B) return kX && i0 == 0 ? first + n * m + j : -1;
        return i < n ? first + i * m + j : -1;
      });
    }
}

// The way back through x = u gamma, u = x / rms(x):  dx = (g - u mean(g u)) / rms, g = gamma times the gradient.
struct PrenormGradient {
  float inverse = 1, mean = 0;  // 1 / rms, mean(g u); without a pre-norm they change nothing
};

__device__ inline PrenormGradient prenorm_gradient(const Scratch<AnyKind>& s, const Config& f) {
  PrenormGradient d;
  const int n = f.n, m = f.m;
  float squares = 0;
#pragma unroll 1
  for (int j = 0; j < m; ++j) squares += s.totals()[2 * n * m + j];
  d.inverse = inverse_rms(squares, f);
  float along = 0;  // g . x, from h . g
#pragma unroll 1
  for (int i = 0; i < n; ++i)
#pragma unroll 1
    for (int j = 0; j < m; ++j) along = fmaf(s.alpha(i, j), s.totals()[i * m + j], along);
  d.mean = along * d.inverse / (m * f.c);
  return d;
}

// From the sums of block_dots and the gradients of alpha and beta to those of the logits: fills what Scratch has of the gradient
// and adds to the totals. d_alpha: [N, K], d_beta: [N]; null where static: what comes from outside then reaches the weights
// once, not a token.
__device__ __noinline__ inline void logit_gradients(const Connection& a, const Team team, const float* d_alpha,
                                                    const float* d_beta) {
  const Config& f = a.f;
  const Scratch<AnyKind> s(a, team);
  const Sums sums(a.plan, team);
  const Totals totals(a, team, true);
  const int n = f.n, m = f.m, k = f.k(), columns = a.plan.columns;
  const bool is_prenorm = a.w.prenorm_gamma;
  const int reads = is_prenorm ? 2 * n * m + m : n * m;
#pragma unroll 1
  for (int i = team.rank; i < reads; i += team.size) s.totals()[i] = sums.total(team, i);
  team.sync();
  PrenormGradient prenorm;
  if (is_prenorm) {
    prenorm = prenorm_gradient(s, f);
    s.prenorm()[0] = prenorm.inverse;  // the same from every thread
    s.prenorm()[1] = prenorm.mean;
  }
#pragma unroll 1
  for (int each = team.rank; each < slots_of(n, k); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1);
    const bool is_alpha = j < k;
    const float* given = is_alpha ? d_alpha : d_beta;
    float upstream = given ? given[is_alpha ? i * k + j : i] : 0.0f;
    if (j < m) {
      float read = s.totals()[i * m + j];
      if (is_prenorm)
        read = prenorm.inverse * (read - prenorm.mean * prenorm.inverse * s.totals()[n * m + i * m + j]);
      upstream += read;
    }
    totals.coefficients()[each] += upstream;
    if (!(is_alpha ? f.dynamic_alpha : f.dynamic_beta)) continue;
    const float active = s.active()[each];
    const float* scale = is_alpha ? a.w.scale_alpha : a.w.scale_beta;
    float du = upstream * (scale ? *scale : 1.0f);
    if (f.use_tanh) du *= 1.0f - active * active;
    totals.scales()[each] += upstream * active;
    totals.logits()[each] += du;
    s.upstream()[each] = du;
    s.through()[(is_alpha ? j : columns - 1) * n + i] = du * s.inverse()[i];
  }
  team.sync();
  if (!f.dynamic()) return;
#pragma unroll 1
  for (int i = team.rank; i < n; i += team.size) {
    float along = 0, shift = 0;
#pragma unroll 1
    for (int column = 0; column < columns; ++column) {
      const int at = i * (k + 1) + (f.dynamic_alpha ? column : k);
      const float du = s.upstream()[at];
      along = fmaf(du, s.logits()[at] - bias_of(a.plan)[column], along);
      shift = fmaf(du, mean_of(a.plan)[column], shift);
    }
    const float inverse = s.inverse()[i];
    s.along()[i] = f.norm == Norm::kNone ? 0.0f : -along * inverse * inverse / f.c;
    s.shift()[i] = f.norm == Norm::kLayer ? -shift * inverse : 0.0f;
  }
}

// How many segments' gradients a thread works out at a time.
template <typename S>
constexpr int kHeld = S::kCommon ? S::N : 4;

// The factors of a column for segments from i0 on.
template <typename S>
__device__ __forceinline__ void get_through(float (&through)[kHeld<S>], const Scratch<S>& s, int column, int i0,
                                            const Config& f) {
  if constexpr (S::kCommon) {
    load<S::N>(through, s.through() + column * S::N);
  } else {
#pragma unroll
    for (int r = 0; r < kHeld<S>; ++r) through[r] = i0 + r < f.n ? s.through()[column * f.n + i0 + r] : 0.0f;
  }
}

// From the gradient of x and what is in Scratch to that of the segments, in a column group.
template <typename S>
__device__ __forceinline__ void segment_gradients(const Rows<S>& dh, ColumnSums<S>& columns, const Scratch<S>& s,
                                                  const Rows<S>& h, const Rows<S>& dx, const Rows<S>& dstate,
                                                  bool has_dstate, const BlockWeights<S>& w, typename S::Index q) {
  constexpr int R = kHeld<S>;
  const Config& f = w.a.f;
  const int n = S::n(f);
  const Segments<S> all(h, q);
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    const auto at = [&](int r) { return S::kCommon ? r : min(i0 + r, n - 1); };
    float segments[R][S::E], d[R][S::E];
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
    each_in_turn(S::m(f), [&](int j) {
      keep_order();
      float block[S::E];
      get_dx(block, dx, j, w, q);
      if (w.prenorm()) {
        const float inverse = s.prenorm()[0], mean = s.prenorm()[1];
        float x[S::E], d_gamma[S::E];
        read_block<S>(x, all, j, s, f);
        dx.get(d_gamma, j, q);
#pragma unroll
        for (int e = 0; e < S::E; ++e) {
          const float u = x[e] * inverse;
          d_gamma[e] *= u;
          block[e] = (block[e] - u * mean) * inverse;
        }
        if (i0 == 0) columns.add_prenorm(j, q, d_gamma);
      }
#pragma unroll
      for (int r = 0; r < R; ++r) add_scaled(d[r], block, s.alpha(at(r), j));
    });
    if (f.dynamic()) {
      centre<S>(segments, q, f, [&](int r) { return s.mean()[at(r)]; });
#pragma unroll
      for (int r = 0; r < R; ++r) {
        const float shift = s.shift()[at(r)];
        add_scaled(d[r], segments[r], s.along()[at(r)]);
#pragma unroll
        for (int e = 0; e < S::E; ++e) d[r][e] += shift;
      }
      columns_in_turn<S>(w.columns(), [&](int column) {
        keep_order();
        float projection[S::E], outer[S::E] = {}, through[R];
        w.get(projection, column, q);
        get_through(through, s, column, i0, f);
#pragma unroll
        for (int r = 0; r < R; ++r) {
          add_scaled(d[r], projection, through[r]);
          add_scaled(outer, segments[r], through[r]);
        }
        columns.add_outer(column, q, outer);
      });
    }
#pragma unroll
    for (int r = 0; r < R; ++r)
      if (S::kCommon || i0 + r < n) dh.put(d[r], i0 + r, q);
  }
}

// dh: [N, C]; may lie where h or dstate do. dx: [M, C]. dstate: [N, C], if there is one.
template <typename S>
__device__ __forceinline__ void width_token_gradient(const Rows<S>& dh, ColumnSums<S>& columns, const Rows<S>& h,
                                                     const Rows<S>& dx, const float* d_alpha, const float* d_beta,
                                                     const Rows<S>& dstate, bool has_dstate, const BlockWeights<S>& w,
                                                     const Team& team) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  find_coefficients(s, sums, h, w, f, team, nullptr, nullptr);
  block_dots<S, false>(s, sums, 0, h, dx, w, f, team);
  if (w.prenorm()) block_dots<S, true>(s, sums, S::n(f) * S::m(f), h, dx, w, f, team);
  team.sync();
  logit_gradients(w.a, team, d_alpha, d_beta);
  team.sync();
  each_group<S>(team, f, [&](typename S::Index q) { segment_gradients(dh, columns, s, h, dx, dstate, has_dstate, w, q); });
}

}  // namespace frac::cuda
