// Reads the layer's input with a given alpha: x = Y^T H, and its RMSNorm if there is a gain. There is no kernel of its own: to the
// kernels of frac_width this is a static connection without beta (Reading). common/op_kernel.h says what each struct has.
//
// x:      [T, D]
// h:      [T, N * C]
// given:  alpha and the pre-norm's gain
// dx:     [T, D]
// dstate: [T, N * C], or null   another part of the state's gradient, which is added to dh
#pragma once

#include "common/op_kernel.h"
#include "ops/frac_width/frac_width_cuda.h"

namespace frac {

struct FracReadKernel : NoWorkspace {
  template <typename T, typename Pool>
  static void on_cpu(T* x, const T* h, const Reading& given, const Config& f, Pool& pool) {
    target().frac_width(x, nullptr, nullptr, h, given.weights(), given.config(f), pool);
  }
  template <typename T, typename Launch>
  static void on_gpu(T* x, const T* h, const Reading& given, const Config& f, const Launch& launch) {
    cuda::frac_width(x, nullptr, nullptr, h, given.weights(), given.config(f), launch);
  }
};

struct FracReadGradKernel {
  template <typename T, typename Pool>
  static void on_cpu(T* dh, const ReadingGradients& d, const T* h, const Reading& given, const T* dx, const T* dstate,
                     const Config& f, Pool& pool) {
    target().frac_width_grad(dh, d.weights(), h, given.weights(), dx, nullptr, nullptr, dstate, given.config(f), pool);
  }
  template <typename T, typename Launch>
  static void on_gpu(T* dh, const ReadingGradients& d, const T* h, const Reading& given, const T* dx, const T* dstate,
                     const Config& f, const Launch& launch) {
    cuda::frac_width_grad(dh, d.weights(), h, given.weights(), dx, nullptr, nullptr, dstate, given.config(f), launch);
  }
  template <typename Arguments>
  static size_t workspace(const Arguments& arguments, const Config& f, cuda::Dtype dtype) {
    const Reading& given = std::get<Reading>(arguments);
    return cuda::frac_width_grad_workspace(given.config(f), given.weights(), dtype);
  }
};

}  // namespace frac
