// The width connection as JavaScript calls it; node/ops.h says what each struct has.
#pragma once

#include "ops/frac_width/frac_width_kernels.h"

namespace frac::node {

struct FracWidthCall {
  using Kernel = FracWidthKernel;
  static constexpr const char* kName = "fracWidth";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("x", take.dim_size()),
        take.output("alpha", take.new_alpha_size()),
        take.output("beta", take.new_beta_size()),
        take.input_row("h", take.state_size()),
        take.weights(),
    };
  }
};

struct FracWidthGradCall {
  using Kernel = FracWidthGradKernel;
  static constexpr const char* kName = "fracWidthGrad";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("dH", take.state_size()),
        take.weight_gradients(),
        take.input_row("h", take.state_size()),
        take.weights(),
        take.input_row("dX", take.dim_size()),
        take.input("dAlpha", take.new_alpha_size()),
        take.input("dBeta", take.new_beta_size()),
        take.optional_row("dState", take.state_size()),
    };
  }
};

}  // namespace frac::node
