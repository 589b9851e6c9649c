// Checks and benchmarks the CUDA kernels on a GPU, without Node and without TensorFlow.
//
//   frac_cuda_tests check [--small] [--half] [cases.txt]     --half: only the half-precision types
//   frac_cuda_tests bench --rows FILE
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "common/cuda/code.h"
#include "test/cuda/bench.h"
#include "test/cuda/cuda_check.h"

namespace {

int usage() {
  std::fprintf(stderr, "usage: frac_cuda_tests check [--small] [--half] [cases.txt] | bench --rows FILE\n");
  return 2;
}

// If they are missing, the general variant gives right but slower results, and the check or benchmark would measure the
// wrong kernels.
bool common_kinds_are_there() {
  const std::string why = frac::cuda::ask_for_code();
  if (!why.empty())
    std::fprintf(stderr, "FAILED: no machine code of the common kernel variants for this device (%s): the general variant runs\n",
                 why.c_str());
  return why.empty();
}

int run(int count, char** words) {
  const std::string command = count > 1 ? words[1] : "";
  if (command == "check") {
    bool small = false, half = false;
    std::string reference;
    for (int i = 2; i < count; ++i) {
      if (std::strcmp(words[i], "--small") == 0)
        small = true;
      else if (std::strcmp(words[i], "--half") == 0)
        half = true;
      else
        reference = words[i];
    }
    if (!common_kinds_are_there()) return EXIT_FAILURE;
    const bool right = frac::test::check_on_device(small, half, reference);
    return common_kinds_are_there() && right ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (command == "bench" && count == 4 && std::strcmp(words[2], "--rows") == 0) {
    if (!common_kinds_are_there()) return EXIT_FAILURE;
    frac::test::bench_on_device(words[3]);
    return common_kinds_are_there() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  return usage();
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "frac_cuda_tests: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
