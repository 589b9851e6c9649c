// The kernels' side of frac_depth_cuda.h: for common kinds and for the general one. False where no such kind fits.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::cuda {

template <bool common>
bool depth_forward(void* out, const void* h, const void* y, const Coefficients& given, const Config& f,
                   const Launch& launch);

template <bool common>
bool depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y, const Coefficients& given,
                const void* dout, const Config& f, const Launch& launch);

template <bool common>
bool depth_grad_workspace(size_t& bytes, const Config& f, Dtype dtype);

}  // namespace frac::cuda
