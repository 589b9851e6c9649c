// The implementation of frac_depth_width_cuda.h, compiled once for the common kernel variants and once for the general
// one. Returns false if no such variant fits. The same kernels serve all three ops. If y is null, there is no depth
// connection: the op is frac_width, h is the state that the width connection reads, and dout may be null. If `next` is
// empty, there is no width connection: the op is frac_depth.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

template <bool common>
bool connection_forward(void* out, void* x, float* alpha, float* beta, const void* h, const void* y,
                        const Coefficients& given, const Weights& next, const Config& f, const Launch& launch);

template <bool common>
bool connection_grad(void* dh, void* dy, float* dalpha, float* dbeta, const WeightGradients& dnext, const void* h,
                     const void* y, const Coefficients& given, const Weights& next, const void* dout, const void* dx,
                     const float* dnext_alpha, const float* dnext_beta, const Config& f, const Launch& launch);

// depth, dout: whether there is a depth connection, and whether there is dout
template <bool common>
bool connection_grad_workspace(size_t& bytes, const Config& f, bool depth, bool dout, const Weights& next, Dtype dtype);

}  // namespace frac::cuda
