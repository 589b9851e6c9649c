// Width connection: x = Y^T H, with coefficients computed from the token (Eq. 11 to 13).
#pragma once

#include "common/config.h"

namespace frac {

class ThreadPool;

// x:     [T, D]
// alpha: [T, N, K] if dynamic, else [N, K]
// beta:  [T, N] if dynamic, else [N]
// h:     [T, N * C]
using FracWidth = void(float* x, float* alpha, float* beta, const float* h, const Weights& weights,
                       const Config& config, ThreadPool& pool);

// dh:     [T, N * C]
// dx:     [T, D]
// dalpha: shape of alpha
// dbeta:  shape of beta
// dstate: [T, N * C], or null   another part of the state's gradient, which is added to dh
using FracWidthGrad = void(float* dh, const WeightGradients& dweights, const float* h, const Weights& weights,
                           const float* dx, const float* dalpha, const float* dbeta, const float* dstate,
                           const Config& config, ThreadPool& pool);

}  // namespace frac
