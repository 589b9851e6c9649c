// Reference values from a text file, made of test/fixtures by scripts/gpu/pack.mjs:
//
//   case NAME
//   config KEY VALUE                    dim, streams, fractions, dynamic_alpha, ..., norm, epsilon
//   tensor inputs.h RANK SIZE ...       then a line with its values; inputs.*, outputs.*, grads.*
//   end
#pragma once

#include <string>

#include "test/cuda/device_array.h"

namespace frac::test {

// Runs every case through the width and the depth connection, in float32; false if one is off.
bool check_reference(const std::string& file, cudaStream_t stream);

}  // namespace frac::test
