// Benchmarks of the CUDA kernels on the current device, each compared with a copy of as many bytes in the same run.
#pragma once

#include <string>

namespace frac::test {

// Writes one JSON object per line: op, pass, dtype, N (tokens), d, n, m, options, us, gbps, percentOfCopy.
void bench_on_device(const std::string& file);

}  // namespace frac::test
