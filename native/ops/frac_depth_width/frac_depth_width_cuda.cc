#include "ops/frac_depth_width/frac_depth_width_cuda.h"

#include "common/cuda/either_kind.h"
#include "ops/frac_depth_width/frac_depth_width_kinds.h"

namespace frac::cuda {

void frac_depth_width(void* out, void* x, float* alpha, float* beta, const void* h, const void* y,
                      const Coefficients& given, const Weights& next, const Config& f, const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_forward<common.value>(out, x, alpha, beta, h, y, given, next, f, launch);
  });
}

void frac_depth_width_grad(void* dh, void* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                           const void* h, const void* y, const Coefficients& given, const Weights& next,
                           const void* dout, const void* dx, const float* dnext_alpha, const float* dnext_beta,
                           const Config& f, const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_grad<common.value>(dh, dy, dalpha, dbeta, dnext, h, y, given, next, dout, dx, dnext_alpha,
                                         dnext_beta, f, launch);
  });
}

size_t frac_depth_width_grad_workspace(const Config& f, const Coefficients&, const Weights& next, Dtype dtype) {
  size_t bytes = 0;
  with_either_kind(
      [&](auto common) { return connection_grad_workspace<common.value>(bytes, f, true, true, next, dtype); });
  return bytes;
}

}  // namespace frac::cuda
