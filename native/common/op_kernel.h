// How the callers in native/node and native/tensorflow run an op. <stem>_kernels.h has a struct for each pass:
//   on_cpu(arguments..., config, pool)        runs the kernel on the CPU
//   on_gpu(arguments..., config, launch)      runs it on a GPU
//   workspace(arguments, config, dtype)       bytes of workspace that it needs on a GPU; `arguments` is a tuple
// The arguments come in the kernel's own order. All three are templates, because some builds lack the CPU's kernels or the
// GPU's: a function that nobody calls then refers to nothing.
#pragma once

#include <cstddef>
#include <tuple>

#include "common/config.h"
#include "common/cuda/cuda.h"
#include "common/targets.h"

namespace frac {

struct NoWorkspace {
  template <typename Arguments>
  static size_t workspace(const Arguments&, const Config&, cuda::Dtype) {
    return 0;
  }
};

}  // namespace frac
