#include "ops/frac_width/frac_width_cuda.h"

#include <algorithm>

#include "ops/frac_depth_width/frac_depth_width_cuda.h"

namespace frac::cuda {

void frac_width(void* x, float* alpha, float* beta, const void* h, const Weights& w, const Config& f,
                const Launch& launch) {
  frac_depth_width(nullptr, x, alpha, beta, h, nullptr, {}, w, f, launch);
}

void frac_width_grad(void* dh, const WeightGradients& dw, const void* h, const Weights& w, const void* dx,
                     const float* dalpha, const float* dbeta, const void* dstate, const Config& f,
                     const Launch& launch) {
  frac_depth_width_grad(dh, nullptr, nullptr, nullptr, dw, h, nullptr, {}, w, dstate, dx, dalpha, dbeta, f, launch);
}

// With or without dstate: one workspace does for both.
size_t frac_width_grad_workspace(const Config& f, const Weights& w, Dtype dtype) {
  return std::max(connection_grad_workspace(f, false, false, w, dtype), connection_grad_workspace(f, false, true, w, dtype));
}

}  // namespace frac::cuda
