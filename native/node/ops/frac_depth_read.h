// The depth connection, then reading with a given alpha, as JavaScript calls it; node/ops.h says what each struct has.
#pragma once

#include "ops/frac_depth_read/frac_depth_read_kernels.h"

namespace frac::node {

struct FracDepthReadCall {
  using Kernel = FracDepthReadKernel;
  static constexpr const char* kName = "fracDepthRead";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("out", take.state_size()),
        take.output_row("x", take.dim_size()),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
        take.reading(),
    };
  }
};

struct FracDepthReadGradCall {
  using Kernel = FracDepthReadGradKernel;
  static constexpr const char* kName = "fracDepthReadGrad";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("dH", take.state_size()),
        take.output_row("dY", take.dim_size()),
        take.output("dAlpha", take.alpha_size()),
        take.output("dBeta", take.beta_size()),
        take.reading_gradients(),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
        take.reading(),
        take.input_row("dOut", take.state_size()),
        take.input_row("dX", take.dim_size()),
    };
  }
};

}  // namespace frac::node
