// The choice between a common kernel variant and the general one (kinds.h).
#pragma once

#include <type_traits>

#include "common/cuda/cuda.h"

namespace frac::cuda {

// The variants that calls of this thread have used since the last reset. Tests compare bits only if two calls used the
// same variant.
struct KindsTaken {
  bool common = false, general = false;
};
inline thread_local KindsTaken kinds_taken;

// Calls run(std::true_type) for a common variant. If that returns false, there is none; then calls run(std::false_type)
// for the general variant.
template <typename F>
void with_either_kind(F run) {
  if (run(std::true_type{}))
    kinds_taken.common = true;
  else if (run(std::false_type{}))
    kinds_taken.general = true;
  else
    throw Error(0, "no kernel for these sizes: a token's coefficients do not fit the device's shared memory");
}

}  // namespace frac::cuda
