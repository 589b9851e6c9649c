// The kernels of the depth then width connection, as its callers run them; common/op_kernel.h says what each struct has.
#pragma once

#include "common/op_kernel.h"
#include "ops/frac_depth_width/frac_depth_width_cuda.h"

namespace frac {

struct FracDepthWidthKernel : NoWorkspace {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_depth_width(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_depth_width(given...);
  }
};

struct FracDepthWidthGradKernel {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_depth_width_grad(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_depth_width_grad(given...);
  }
  template <typename Arguments>
  static size_t workspace(const Arguments& arguments, const Config& f, cuda::Dtype dtype) {
    return cuda::frac_depth_width_grad_workspace(f, std::get<Coefficients>(arguments), std::get<Weights>(arguments),
                                                 dtype);
  }
};

}  // namespace frac
