// Runs the kernels of frac_depth_width without a width connection.
#include "ops/frac_depth/frac_depth_cuda.h"

#include "common/cuda/either_kind.h"
#include "ops/frac_depth_width/frac_depth_width_kinds.h"

namespace frac::cuda {

namespace {

// Turns off the options of the width connection.
Config without_width(Config f) {
  f.dynamic_alpha = f.dynamic_beta = f.alpha_rows = false;
  return f;
}

}  // namespace

void frac_depth(void* out, const void* h, const void* y, const Coefficients& given, const Config& f,
                const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_forward<common.value>(out, nullptr, nullptr, nullptr, h, y, given, {}, without_width(f), launch);
  });
}

void frac_depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y,
                     const Coefficients& given, const void* dout, const Config& f, const Launch& launch) {
  with_either_kind([&](auto common) {
    return connection_grad<common.value>(dh, dy, dalpha, dbeta, {}, h, y, given, {}, dout, nullptr, nullptr, nullptr,
                                         without_width(f), launch);
  });
}

size_t frac_depth_grad_workspace(const Config& f, const Coefficients&, Dtype dtype) {
  size_t bytes = 0;
  with_either_kind([&](auto common) {
    return connection_grad_workspace<common.value>(bytes, without_width(f), true, true, {}, dtype);
  });
  return bytes;
}

}  // namespace frac::cuda
