// The width connection of a token, forward and backward, on one thread. frac_depth_width uses the same functions.
#pragma once

#include "common/coefficients.h"

namespace frac::FRAC_TARGET {

// Temporary rows for a token, one set per thread.
struct WidthScratch {
  explicit WidthScratch(const Config& f) : centred(f.norm == Norm::kLayer ? 2 * f.state() : 0), dx(f.dim()), x(f.dim()) {}
  OuterProducts outer;
  AlignedFloats centred;  // [2, N, C]  one for a token that waits in `outer`
  AlignedFloats dx;       // [D]  gradient of x before its pre-norm
  AlignedFloats x;        // [D]
};

// The input of the projection: h, or for LayerNorm h minus the mean of each segment.
inline const float* projected(const float* h, WidthScratch& scratch, const Config& f) {
  if (!f.dynamic() || f.norm != Norm::kLayer) return h;
  float* centred = scratch.centred.data() + (scratch.outer.waits() ? f.state() : 0);
  centre(centred, h, f);
  return centred;
}

template <int N, int M>
inline void read_blocks(Row x, const float* h, const float* alpha, const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m;
  combine<M>(x, m, f.c, ahead, Term<N>{h, alpha, n + m, 1, n});
}

inline float inverse_rms(const float* x, const Config& f) {
  return 1 / std::sqrt(dot(x, x, f.dim()) / f.dim() + f.prenorm_epsilon);
}

// x: [D], without non-temporal stores if there is a pre-norm; h: [N, C]; t: the token's index
template <int N, int M>
inline void width_token(Row x_row, TokenCoefficients& token, int64_t t, const float* h, const Projection& p, const Weights& w,
                        WidthScratch& scratch, const Config& f, Ahead& ahead) {
  coefficients<N, M>(token, t, projected(h, scratch, f), p, w, f, ahead);
  read_blocks<N, M>(x_row, h, token.alpha, f, ahead);
  if (!w.prenorm_gamma) return;
  float* x = x_row.to;
  const float inverse = inverse_rms(x, f);
  for_each_lane(f.dim(), [&](const auto& lane, int64_t l) {
    lane.store(x + l, lane.load(x + l) * inverse * lane.load(w.prenorm_gamma + l));
  });
}

// With u = x / rms(x):  dx = (g dy - u mean(g dy u)) / rms(x),  dg = dy u
template <int N, int M>
inline const float* prenorm_gradient(const float* dy, const float* h, const float* alpha, const Weights& w,
                                     Partial& sums, WidthScratch& scratch, const Config& f, Ahead& ahead) {
  if (!w.prenorm_gamma) return dy;
  float *x = scratch.x.data(), *dx = scratch.dx.data(), *d_gamma = sums.prenorm.data();
  const float* gamma = w.prenorm_gamma;
  read_blocks<N, M>(x, h, alpha, f, ahead);
  const float inverse = inverse_rms(x, f);
  const float sum = sum_over(f.dim(), [&](const auto& lane, int64_t l) {
    // The norm first: where squares overflow, inverse is 0, and a product that overflowed before it would become NaN.
    const Vec dy_u = lane.load(dy + l) * (lane.load(x + l) * inverse);
    lane.store(d_gamma + l, lane.load(d_gamma + l) + dy_u);
    return dy_u * lane.load(gamma + l);
  });
  const float mean = sum / f.dim();
  for_each_lane(f.dim(), [&](const auto& lane, int64_t l) {
    const Vec u = lane.load(x + l) * inverse;
    lane.store(dx + l, (lane.load(dy + l) * lane.load(gamma + l) - u * mean) * inverse);
  });
  return dx;
}

// dh: [N, C], the result. d_state: [N, C], another part of the state's gradient, if kState. d_alpha: [N, K] and d_beta:
// [N] are upstream gradients; null for static coefficients, for which they are added to the sums once instead of per
// token. own: [N, K], the result for alpha's row of this token, if it has one. t: the token's index.
template <int N, int M, bool kState>
inline void width_token_gradient(Row dh, Partial& sums, float* own, int64_t t, const float* h, const float* dy, const float* d_alpha,
                                 const float* d_beta, const float* d_state, const Projection& p, const Weights& w,
                                 WidthScratch& scratch, const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m, k = n + m;
  TokenCoefficients token;
  const float* seen = projected(h, scratch, f);
  coefficients<N, M>(token, t, seen, p, w, f, ahead);
  const float* dx = prenorm_gradient<N, M>(dy, h, token.alpha, w, sums, scratch, f, ahead);

  float read[kMaxSegments * kMaxBlocks];
  dots(read, m, h, n, dx, m, f.c, ahead);
  float da[kMaxSegments * (kMaxColumns - 1)], db[kMaxSegments];
  for (int i = 0; i < n; ++i) {
    db[i] = d_beta ? d_beta[i] : 0;
    for (int j = 0; j < k; ++j) da[i * k + j] = (d_alpha ? d_alpha[i * k + j] : 0) + (j < m ? read[i * m + j] : 0);
  }
  LogitGradients d;
  coefficient_gradients<N, M>(d, sums, own, scratch.outer, da, db, token, seen, p, w, f, ahead);

  const Term<M> through_x{dx, token.alpha, 1, k, m};
  if (!f.dynamic()) return combine_all<kState, N>(dh, d_state, n, f.c, ahead, through_x);
  const auto write = [&](const auto& through_x, const auto& through_logits) {
    const Diagonal along{seen, d.along, n};
    if (f.norm == Norm::kRms) return combine_all<kState, N>(dh, d_state, n, f.c, ahead, through_x, through_logits, along);
    combine_all<kState, N>(dh, d_state, n, f.c, ahead, through_x, through_logits, along, Constant{d.shift});
  };
  // What is rare takes the general code, to keep the package small: no norm here, and below only one of alpha and beta dynamic.
  const Term<0> any_x{dx, token.alpha, 1, k, m}, any{p.rows.data(), d.through, 1, p.columns, p.columns};
  if (f.norm == Norm::kNone) return combine_all<kState, N>(dh, d_state, n, f.c, ahead, any_x, any);
  constexpr int all = N + M + 1;  // columns when alpha and beta are dynamic
  if constexpr (N > 0 && all <= 9) {
    if (p.columns == all) return write(through_x, Term<all>{p.rows.data(), d.through, 1, all, all});
    write(any_x, any);
  } else {
    write(through_x, any);
  }
}

}  // namespace frac::FRAC_TARGET
