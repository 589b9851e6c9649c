// Times of the CUDA kernels on the current device, each beside a copy of as many bytes in the same run.
#pragma once

#include <string>

namespace frac::test {

// Writes a JSON object a line: op, pass, dtype, N (tokens), d, n, m, options, us, gbps, percentOfCopy.
void bench_on_device(const std::string& file);

}  // namespace frac::test
