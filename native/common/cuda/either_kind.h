// The choice between common kinds and the general one, for an op that is compiled for both (kinds.h).
#pragma once

#include <type_traits>

#include "common/cuda/cuda.h"

namespace frac::cuda {

// run(std::true_type) for a common kind, which says whether there was one, else run(std::false_type) for the general kind.
template <typename F>
void with_either_kind(F run) {
  if (!run(std::true_type{}) && !run(std::false_type{}))
    throw Error(0, "no kernel for these sizes: a token's coefficients do not fit the device's shared memory");
}

}  // namespace frac::cuda
