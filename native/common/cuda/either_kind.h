// The choice between common kinds and the general one, for an op that is compiled for both (kinds.h).
#pragma once

#include <type_traits>

#include "common/cuda/cuda.h"

namespace frac::cuda {

// Kinds that this thread's calls have taken since it was last set: tests compare bits where they are the same.
struct KindsTaken {
  bool common = false, general = false;
};
inline thread_local KindsTaken kinds_taken;

// run(std::true_type) for a common kind, which says whether there was one, else run(std::false_type) for the general kind.
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
