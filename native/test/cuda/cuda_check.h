// Checks the CUDA kernels against the loops of naive.h, in every storage type, and against reference values.
#pragma once

#include <string>

namespace frac::test {

// small: leaves out the cases that take long under a sanitizer. half: leaves out float32. reference: the file of
// reference.h, or empty.
bool check_on_device(bool small, bool half, const std::string& reference);

}  // namespace frac::test
