// Which device a kernel of TensorFlow's runs on.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::tensorflow {

enum class Device { kCpu, kGpu };

#if defined(FRAC_CUDA)
constexpr bool kHasGpu = true;  // there are kernels for it in this build
#else
constexpr bool kHasGpu = false;
#endif

// The tensors' type on the GPU as on the CPU: tfjs has no half-precision one.
constexpr cuda::Dtype kDtype = cuda::Dtype::kFloat32;

// In tests without a GPU its kernels run on the host (native/test/cuda_emulator), for TensorFlow's CPU device: so everything of
// the way there but the device itself is the real thing.
#if defined(FRAC_CUDA_EMULATED)
constexpr Device kOnCpu = Device::kGpu;
#else
constexpr Device kOnCpu = Device::kCpu;
#endif

}  // namespace frac::tensorflow
