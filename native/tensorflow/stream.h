// The CUDA stream that TensorFlow computes on, through a library that is made for its release (stream/stream_library.cc) and
// lies beside the addon. Without one it is not known.
#pragma once

#include <string>

#include "common/cuda/cuda.h"
#include "tensorflow/library.h"

namespace frac::tensorflow {

struct StreamLibrary {
  std::string file;
  std::string reason;  // why it is not in use; empty if it is
};

// Looks for it once. Only when TensorFlow was found.
const StreamLibrary& stream_library();

// Null if it is not known, or where there is none.
cuda::Stream stream_of(TF_OpKernelContext* context);

}  // namespace frac::tensorflow
