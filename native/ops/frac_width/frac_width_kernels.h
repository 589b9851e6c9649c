// The kernels of the width connection, as its callers run them; common/op_kernel.h says what each struct has.
#pragma once

#include "common/op_kernel.h"
#include "ops/frac_width/frac_width_cuda.h"

namespace frac {

struct FracWidthKernel : NoWorkspace {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_width(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_width(given...);
  }
};

struct FracWidthGradKernel {
  template <typename... Given>
  static void on_cpu(Given&&... given) {
    target().frac_width_grad(given...);
  }
  template <typename... Given>
  static void on_gpu(Given&&... given) {
    cuda::frac_width_grad(given...);
  }
  template <typename Arguments>
  static size_t workspace(const Arguments& arguments, const Config& f, cuda::Dtype dtype) {
    return cuda::frac_width_grad_workspace(f, std::get<Weights>(arguments), dtype);
  }
};

}  // namespace frac
