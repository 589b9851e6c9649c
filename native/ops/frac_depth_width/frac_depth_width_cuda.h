// Depth connection, then width connection, on a GPU. Shapes and meaning are those of frac_depth_width.h; void* values
// have the type of the launch. In half precision the state between the two is rounded to the storage type, so that the
// fused op gives the same bits as the two separate ops.
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

// Bytes of workspace for the backward pass on the current device. The forward pass needs none.
size_t frac_depth_width_grad_workspace(const Config& config, const Coefficients& coefficients, const Weights& next,
                                       Dtype dtype);

}  // namespace frac::cuda
