// The depth connection of one layer, then frac_read for the next one, in one pass over memory. As in frac_read_kernels.h, this is
// the fused op with a static connection without beta. common/op_kernel.h says what each struct has.
//
// out:      [T, N * C]   the state between the layers
// x, given: of the next layer, see frac_read_kernels.h
// h, y:     of this layer, see frac_depth.h
#pragma once

#include "common/op_kernel.h"
#include "ops/frac_depth_width/frac_depth_width_cuda.h"

namespace frac {

struct FracDepthReadKernel : NoWorkspace {
  template <typename T, typename Pool>
  static void on_cpu(T* out, T* x, const T* h, const T* y, const Coefficients& coefficients, const Reading& given,
                     const Config& f, Pool& pool) {
    target().frac_depth_width(out, x, nullptr, nullptr, h, y, coefficients, given.weights(), given.config(f), pool);
  }
  template <typename T, typename Launch>
  static void on_gpu(T* out, T* x, const T* h, const T* y, const Coefficients& coefficients, const Reading& given,
                     const Config& f, const Launch& launch) {
    cuda::frac_depth_width(out, x, nullptr, nullptr, h, y, coefficients, given.weights(), given.config(f), launch);
  }
};

struct FracDepthReadGradKernel {
  template <typename T, typename Pool>
  static void on_cpu(T* dh, T* dy, float* dalpha, float* dbeta, const ReadingGradients& d, const T* h, const T* y,
                     const Coefficients& coefficients, const Reading& given, const T* dout, const T* dx, const Config& f,
                     Pool& pool) {
    target().frac_depth_width_grad(dh, dy, dalpha, dbeta, d.weights(), h, y, coefficients, given.weights(), dout, dx, nullptr,
                                   nullptr, given.config(f), pool);
  }
  template <typename T, typename Launch>
  static void on_gpu(T* dh, T* dy, float* dalpha, float* dbeta, const ReadingGradients& d, const T* h, const T* y,
                     const Coefficients& coefficients, const Reading& given, const T* dout, const T* dx, const Config& f,
                     const Launch& launch) {
    cuda::frac_depth_width_grad(dh, dy, dalpha, dbeta, d.weights(), h, y, coefficients, given.weights(), dout, dx, nullptr,
                                nullptr, given.config(f), launch);
  }
  template <typename Arguments>
  static size_t workspace(const Arguments& arguments, const Config& f, cuda::Dtype dtype) {
    const Reading& given = std::get<Reading>(arguments);
    return cuda::frac_depth_width_grad_workspace(given.config(f), std::get<Coefficients>(arguments), given.weights(), dtype);
  }
};

}  // namespace frac
