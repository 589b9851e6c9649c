// The depth connection on a GPU. Shapes and meaning are those of frac_depth.h; void* values have the type of the
// launch.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

void frac_depth(void* out, const void* h, const void* y, const Coefficients& coefficients, const Config& config,
                const Launch& launch);

void frac_depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y,
                     const Coefficients& coefficients, const void* dout, const Config& config, const Launch& launch);

// Bytes of workspace for the backward pass on the current device. The forward pass needs none.
size_t frac_depth_grad_workspace(const Config& config, const Coefficients& coefficients, Dtype dtype);

}  // namespace frac::cuda
