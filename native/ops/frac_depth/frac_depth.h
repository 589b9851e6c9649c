// Depth connection: H'[i] = beta[i] y[i mod M] + sum_k alpha[k, M+i] H[k] (Eq. 8 and Algorithm 2).
#pragma once

#include "common/config.h"

namespace frac {

class ThreadPool;

// out: [T, N * C]
// h:   [T, N * C]
// y:   [T, D]
using FracDepth = void(float* out, const float* h, const float* y, const Coefficients& coefficients,
                       const Config& config, ThreadPool& pool);

// dh, dy:        shapes of h, y
// dalpha, dbeta: shapes of the coefficients; the first M columns of dalpha are 0
// dout:          [T, N * C]
using FracDepthGrad = void(float* dh, float* dy, float* dalpha, float* dbeta, const float* h, const float* y,
                           const Coefficients& coefficients, const float* dout, const Config& config, ThreadPool& pool);

}  // namespace frac
