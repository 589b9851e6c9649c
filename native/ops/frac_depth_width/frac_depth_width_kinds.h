// The kernels' side of frac_depth_width_cuda.h, for common kinds and for the general one; false where no such kind fits. Where y is
// null there is no depth connection: h is the state that the width connection reads, and that is frac_width; dout may be null then.
// Where `next` is empty there is no width connection, and that is frac_depth. Kernels are there once for all three ops so.
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

// depth, dout: whether there are a depth connection, and dout
template <bool common>
bool connection_grad_workspace(size_t& bytes, const Config& f, bool depth, bool dout, const Weights& next, Dtype dtype);

}  // namespace frac::cuda
