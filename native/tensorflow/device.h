// The device of a TensorFlow kernel, and the devices for which this build has kernels.
#pragma once

#include "common/cuda/cuda.h"

namespace frac::tensorflow {

enum class Device { kCpu, kGpu };

#if defined(FRAC_CUDA)
constexpr bool kHasGpu = true;
#else
constexpr bool kHasGpu = false;
#endif

// In tests without a GPU the GPU kernels run on the host (native/test/cuda_emulator), for TensorFlow's CPU device. So a
// test runs all of this code except the device itself.
#if defined(FRAC_CUDA_EMULATED)
constexpr bool kHasCpu = false;
#else
constexpr bool kHasCpu = true;
#endif

// The type of the tensors on CPU and GPU. tfjs has no half-precision type.
constexpr cuda::Dtype kDtype = cuda::Dtype::kFloat32;

}  // namespace frac::tensorflow
