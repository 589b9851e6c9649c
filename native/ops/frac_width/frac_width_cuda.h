// The width connection on a GPU; shapes and meaning as in frac_width.h, values that are void* in the launch's type.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

void frac_width(void* x, float* alpha, float* beta, const void* h, const Weights& weights, const Config& config,
                const Launch& launch);

// dstate: null if nothing else reaches h's gradient
void frac_width_grad(void* dh, const WeightGradients& dweights, const void* h, const Weights& weights, const void* dx,
                     const float* dalpha, const float* dbeta, const void* dstate, const Config& config,
                     const Launch& launch);

// Bytes of workspace for the gradient on the current device; the forward pass needs none.
size_t frac_width_grad_workspace(const Config& config, const Weights& weights, Dtype dtype);

}  // namespace frac::cuda
