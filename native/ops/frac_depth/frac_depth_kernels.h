// The kernels of the depth connection, as its callers run them; common/op_kernel.h says what each struct has.
#pragma once

#include "common/op_kernel.h"
#include "ops/frac_depth/frac_depth_cuda.h"

namespace frac {

struct FracDepthKernel : NoWorkspace {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_depth(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_depth(given...);
  }
};

struct FracDepthGradKernel {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_depth_grad(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_depth_grad(given...);
  }
  template <typename Arguments>
  static size_t workspace(const Arguments& arguments, const Config& f, cuda::Dtype dtype) {
    return cuda::frac_depth_grad_workspace(f, std::get<Coefficients>(arguments), dtype);
  }
};

}  // namespace frac
