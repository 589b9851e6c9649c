// Reading with a given alpha as JavaScript calls it; node/ops.h says what each struct has.
#pragma once

#include "ops/frac_read/frac_read_kernels.h"

namespace frac::node {

struct FracReadCall {
  using Kernel = FracReadKernel;
  static constexpr const char* kName = "fracRead";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("x", take.dim_size()),
        take.input_row("h", take.state_size()),
        take.reading(),
    };
  }
};

struct FracReadGradCall {
  using Kernel = FracReadGradKernel;
  static constexpr const char* kName = "fracReadGrad";

  template <typename Take>
  static auto arguments(Take& take) {
    return std::tuple{
        take.output_row("dH", take.state_size()),
        take.reading_gradients(),
        take.input_row("h", take.state_size()),
        take.reading(),
        take.input_row("dX", take.dim_size()),
        take.optional_row("dState", take.state_size()),
    };
  }
};

}  // namespace frac::node
