// The depth connection on a GPU; shapes and meaning as in frac_depth.h, values that are void* in the launch's type.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

void frac_depth(void* out, const void* h, const void* y, const Coefficients& coefficients, const Config& config,
                const Launch& launch);

void frac_depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y,
                     const Coefficients& coefficients, const void* dout, const Config& config, const Launch& launch);

// Bytes of workspace for the gradient on the current device; the forward pass needs none.
size_t frac_depth_grad_workspace(const Config& config, const Coefficients& coefficients, Dtype dtype);

}  // namespace frac::cuda
