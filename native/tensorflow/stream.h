// The CUDA stream of TensorFlow's kernels. A library next to the addon returns it, built for the release of TensorFlow
// (stream/stream_library.cc). Without such a library the stream is unknown.
#pragma once

#include <string>

#include "common/cuda/cuda.h"
#include "tensorflow/library.h"

namespace frac::tensorflow {

struct StreamLibrary {
  std::string file;
  std::string reason;  // why it is not in use; empty if it is
};

// Loads the library once. Requires that TensorFlow was found.
const StreamLibrary& stream_library();

// Null if the stream is unknown, or if the kernel has none.
cuda::Stream stream_of(TF_OpKernelContext* context);

}  // namespace frac::tensorflow
