#include "ops/frac_depth/frac_depth_cuda.h"

#include "common/cuda/either_kind.h"
#include "ops/frac_depth/frac_depth_kinds.h"

namespace frac::cuda {

void frac_depth(void* out, const void* h, const void* y, const Coefficients& given, const Config& f,
                const Launch& launch) {
  with_either_kind([&](auto common) { return depth_forward<common.value>(out, h, y, given, f, launch); });
}

void frac_depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y,
                     const Coefficients& given, const void* dout, const Config& f, const Launch& launch) {
  with_either_kind([&](auto common) {
    return depth_grad<common.value>(dh, dy, dalpha, dbeta, h, y, given, dout, f, launch);
  });
}

size_t frac_depth_grad_workspace(const Config& f, const Coefficients&, Dtype dtype) {
  size_t bytes = 0;
  with_either_kind([&](auto common) { return depth_grad_workspace<common.value>(bytes, f, dtype); });
  return bytes;
}

}  // namespace frac::cuda
