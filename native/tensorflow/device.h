// Which device a kernel of TensorFlow's runs on, and for which this build has kernels.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::tensorflow {

enum class Device { kCpu, kGpu };

#if defined(FRAC_CUDA)
constexpr bool kHasGpu = true;
#else
constexpr bool kHasGpu = false;
#endif

// In tests without a GPU its kernels run on the host (native/test/cuda_emulator), for TensorFlow's CPU device: so everything on
// the way there but the device itself is the real thing.
#if defined(FRAC_CUDA_EMULATED)
constexpr bool kHasCpu = false;
#else
constexpr bool kHasCpu = true;
#endif

// The tensors' type, on the GPU as on the CPU: tfjs has no half-precision one.
constexpr cuda::Dtype kDtype = cuda::Dtype::kFloat32;

}  // namespace frac::tensorflow
