// The depth connection as JavaScript calls it; node/ops.h says what each struct has.
#pragma once

#include "ops/frac_depth/frac_depth_kernels.h"

namespace frac::node {

struct FracDepthCall {
  using Kernel = FracDepthKernel;
  static constexpr const char* kName = "fracDepth";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("out", take.state_size()),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
    };
  }
};

struct FracDepthGradCall {
  using Kernel = FracDepthGradKernel;
  static constexpr const char* kName = "fracDepthGrad";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("dH", take.state_size()),
        take.output_row("dY", take.dim_size()),
        take.output("dAlpha", take.alpha_size()),
        take.output("dBeta", take.beta_size()),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
        take.input_row("dOut", take.state_size()),
    };
  }
};

}  // namespace frac::node
