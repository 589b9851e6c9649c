// The depth connection of one layer and the width connection of the next, in one pass over memory.
#pragma once

#include "common/config.h"

namespace frac {

class ThreadPool;

// out:         [T, N * C]   the state between the layers
// x, alpha, beta: of the next layer, see frac_width.h
// h, y:        of this layer, see frac_depth.h
using FracDepthWidth = void(float* out, float* x, float* alpha, float* beta, const float* h, const float* y,
                            const Coefficients& coefficients, const Weights& next, const Config& config,
                            ThreadPool& pool);

// Computes the state between the layers again instead of reading it.
using FracDepthWidthGrad = void(float* dh, float* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                                const float* h, const float* y, const Coefficients& coefficients, const Weights& next,
                                const float* dout, const float* dx, const float* dnext_alpha, const float* dnext_beta,
                                const Config& config, ThreadPool& pool);

}  // namespace frac
