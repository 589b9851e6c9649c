// The depth then width connection as JavaScript calls it; node/ops.h says what each struct has.
#pragma once

#include "ops/frac_depth_width/frac_depth_width_kernels.h"

namespace frac::node {

struct FracDepthWidthCall {
  using Kernel = FracDepthWidthKernel;
  static constexpr const char* kName = "fracDepthWidth";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("out", take.state_size()),
        take.output_row("x", take.dim_size()),
        take.output("nextAlpha", take.new_alpha_size()),
        take.output("nextBeta", take.new_beta_size()),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
        take.weights(),
    };
  }
};

struct FracDepthWidthGradCall {
  using Kernel = FracDepthWidthGradKernel;
  static constexpr const char* kName = "fracDepthWidthGrad";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("dH", take.state_size()),
        take.output_row("dY", take.dim_size()),
        take.output("dAlpha", take.alpha_size()),
        take.output("dBeta", take.beta_size()),
        take.weight_gradients(),
        take.input_row("h", take.state_size()),
        take.input_row("y", take.dim_size()),
        take.coefficients(),
        take.weights(),
        take.input_row("dOut", take.state_size()),
        take.input_row("dX", take.dim_size()),
        take.input("dNextAlpha", take.new_alpha_size()),
        take.input("dNextBeta", take.new_beta_size()),
    };
  }
};

}  // namespace frac::node
