#include "common/cuda/availability.h"

#include "common/cuda/device.h"

namespace frac::cuda {

namespace {

#if !defined(FRAC_CUDA_EMULATED)

__global__ void nothing() {}

// 13000 is 13.0
std::string show(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

std::string driver_too_old() {
  int driver = 0, runtime = 0;
  FRAC_CUDA_CHECK(cudaDriverGetVersion(&driver));  // 0 is none
  FRAC_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
  if (driver == 0) return "there is no NVIDIA driver";
  return "the NVIDIA driver is too old: it is for CUDA " + show(driver) + ", and the kernels were built with CUDA " +
         show(runtime) + (runtime / 1000 == 13 ? ", which needs driver 580 or newer" : "");
}

std::string no_code_for(int device) {
  cudaDeviceProp found;
  FRAC_CUDA_CHECK(cudaGetDeviceProperties(&found, device));
  return std::string("the kernels were built without code for ") + found.name + " (compute capability " +
         std::to_string(found.major) + "." + std::to_string(found.minor) + ")";
}

std::string problem() {
  int count = 0, device = 0;
  const cudaError_t counted = cudaGetDeviceCount(&count);
  if (counted == cudaErrorInsufficientDriver) return driver_too_old();
  if (counted == cudaErrorNoDevice) return "there is no CUDA device";
  FRAC_CUDA_CHECK(counted);
  FRAC_CUDA_CHECK(cudaGetDevice(&device));
  cudaFuncAttributes attributes;
  const cudaError_t loaded = cudaFuncGetAttributes(&attributes, nothing);
  if (loaded == cudaErrorNoKernelImageForDevice || loaded == cudaErrorInvalidDeviceFunction) return no_code_for(device);
  FRAC_CUDA_CHECK(loaded);
  return "";
}

#else

std::string problem() { return ""; }

#endif

}  // namespace

std::string why_unavailable() {
  try {
    const std::string found = problem();
    cudaGetLastError();  // an answer that was no is not the next call's error
    return found;
  } catch (const Error& error) {
    return error.what();
  }
}

void synchronize() { FRAC_CUDA_CHECK(cudaDeviceSynchronize()); }

void drain() noexcept { cudaDeviceSynchronize(); }

}  // namespace frac::cuda
