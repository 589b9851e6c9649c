// The width connection on a GPU. Shapes and meaning are those of frac_width.h; void* values have the type of the
// launch.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

void frac_width(void* x, float* alpha, float* beta, const void* h, const Weights& weights, const Config& config,
                const Launch& launch);

// dstate: another part of h's gradient, or null
void frac_width_grad(void* dh, const WeightGradients& dweights, const void* h, const Weights& weights, const void* dx,
                     const float* dalpha, const float* dbeta, const void* dstate, const Config& config,
                     const Launch& launch);

// Bytes of workspace for the backward pass on the current device. The forward pass needs none.
size_t frac_width_grad_workspace(const Config& config, const Weights& weights, Dtype dtype);

}  // namespace frac::cuda
