// Reference values from a text file, which scripts/gpu/pack.mjs makes from test/fixtures:
//
//   case NAME
//   config KEY VALUE                    dim, streams, fractions, dynamic_alpha, ..., norm, epsilon
//   tensor inputs.h RANK SIZE ...       then a line with its values; inputs.*, outputs.*, grads.*
//   end
#pragma once

#include <string>

#include "test/cuda/device_array.h"

namespace frac::test {

// Runs the width and the depth connection for every case, in float32. Returns false if a result is wrong.
bool check_reference(const std::string& file, cudaStream_t stream);

}  // namespace frac::test
