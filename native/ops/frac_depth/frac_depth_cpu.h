// The depth connection of a token, forward and backward, on one thread. frac_depth_width uses the same functions.
#pragma once

#include "common/config.h"
#include "common/mix.h"

namespace frac::FRAC_TARGET {

// out, h: [N, C], y: [D], alpha: [N, K], beta: [N]
template <int N, int M>
inline void depth_token(Row out, const float* h, const float* y, const float* alpha, const float* beta,
                        const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m;
  combine<N>(out, n, f.c, ahead, Term<N>{h, alpha + m, n + m, 1, n}, Diagonal{y, beta, m});
}

// dh, dout: [N, C], dy: [D]; d_alpha: [N, K], of which the first M columns are not written; d_beta: [N]
template <int N, int M>
inline void depth_token_gradient(Row dh, Row dy, float* d_alpha, float* d_beta, const float* h, const float* y,
                                 const float* alpha, const float* beta, const float* dout, const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m, k = n + m;
  dots(d_alpha + m, k, h, n, dout, n, f.c, ahead);
  pair_dots(d_beta, dout, n, y, m, f.c, ahead);
  combine<M>(dy, m, f.c, ahead, Streams{dout, beta, n, m});
  combine<N>(dh, n, f.c, ahead, Term<N>{dout, alpha + m, 1, k, n});
}

}  // namespace frac::FRAC_TARGET
