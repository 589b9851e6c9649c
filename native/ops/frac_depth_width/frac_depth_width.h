// Depth connection of one layer, then width connection of the next, in one pass over memory.
#pragma once

#include "common/config.h"

namespace frac {

class ThreadPool;

// out:         [T, N * C]   the state between the layers
// x, alpha, beta: as in frac_width.h, of the next layer
// h, y:        as in frac_depth.h, of this layer
using FracDepthWidth = void(float* out, float* x, float* alpha, float* beta, const float* h, const float* y,
                            const Coefficients& coefficients, const Weights& next, const Config& config,
                            ThreadPool& pool);

// The state between is computed again, not read.
using FracDepthWidthGrad = void(float* dh, float* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                                const float* h, const float* y, const Coefficients& coefficients, const Weights& next,
                                const float* dout, const float* dx, const float* dnext_alpha, const float* dnext_beta,
                                const Config& config, ThreadPool& pool);

}  // namespace frac
