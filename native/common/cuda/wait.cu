#include "common/cuda/wait.h"

#include "common/cuda/device.h"

namespace frac::cuda {

void synchronize() { FRAC_CUDA_CHECK(cudaDeviceSynchronize()); }

void drain() noexcept {
  if (cudaDeviceSynchronize() != cudaSuccess) cudaGetLastError();
}

}  // namespace frac::cuda
