// Depth then width connection on a GPU; shapes and meaning as in frac_depth_width.h, values that are void* in the launch's type.
// In a half-precision type the state between the two is rounded as it is stored, so that the fused op gives the very bits of
// the two ops.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

void frac_depth_width(void* out, void* x, float* alpha, float* beta, const void* h, const void* y,
                      const Coefficients& coefficients, const Weights& next, const Config& config,
                      const Launch& launch);

void frac_depth_width_grad(void* dh, void* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                           const void* h, const void* y, const Coefficients& coefficients, const Weights& next,
                           const void* dout, const void* dx, const float* dnext_alpha, const float* dnext_beta,
                           const Config& config, const Launch& launch);

// Bytes of workspace for the gradient on the current device; the forward pass needs none.
size_t frac_depth_width_grad_workspace(const Config& config, const Coefficients& coefficients, const Weights& next,
                                       Dtype dtype);

}  // namespace frac::cuda
