// Runs the kernels of frac_depth_width without a depth connection.
#include "ops/frac_width/frac_width_cuda.h"

#include <algorithm>

#include "common/cuda/either_kind.h"
#include "ops/frac_depth_width/frac_depth_width_kinds.h"

namespace frac::cuda {

void frac_width(void* x, float* alpha, float* beta, const void* h, const Weights& w, const Config& f,
                const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_forward<common.value>(nullptr, x, alpha, beta, h, nullptr, {}, w, f, launch);
  });
}

void frac_width_grad(void* dh, const WeightGradients& dw, const void* h, const Weights& w, const void* dx,
                     const float* dalpha, const float* dbeta, const void* dstate, const Config& f,
                     const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_grad<common.value>(dh, nullptr, nullptr, nullptr, dw, h, nullptr, {}, w, dstate, dx, dalpha, dbeta,
                                         f, launch);
  });
}

size_t frac_width_grad_workspace(const Config& f, const Weights& w, Dtype dtype) {
  size_t most = 0;
  for (const bool dstate : {false, true})  // the workspace must fit both
    with_either_kind([&](auto common) {
      size_t bytes = 0;
      const bool found = connection_grad_workspace<common.value>(bytes, f, false, dstate, w, dtype);
      most = std::max(most, bytes);
      return found;
    });
  return most;
}

}  // namespace frac::cuda
