#include "common/cuda/device.h"

#include <map>
#include <mutex>
#include <tuple>

namespace frac::cuda {

void check(cudaError_t error, const char* expression, const char* file, int line) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // clears an error that is not sticky
  throw Error(int(error), std::string(expression) + ": " + cudaGetErrorName(error) + ", " + cudaGetErrorString(error) +
                              " (" + file + ":" + std::to_string(line) + ")");
}

bool stays(int code) {
  switch (code) {
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case 226:  // cudaErrorContained, missing in older headers
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorContextIsDestroyed:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case 721:  // cudaErrorTensorMemoryLeak
    case cudaErrorMpsClientTerminated:
    case cudaErrorExternalDevice: return true;
    default: return false;
  }
}

namespace {

std::mutex mutex;

Device read_device(int index) {
  Device device{index, 0, 0, false};
  int shared_memory = 0, major = 0;
  FRAC_CUDA_CHECK(cudaDeviceGetAttribute(&device.multiprocessors, cudaDevAttrMultiProcessorCount, index));
  FRAC_CUDA_CHECK(cudaDeviceGetAttribute(&shared_memory, cudaDevAttrMaxSharedMemoryPerBlockOptin, index));
  FRAC_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index));
  device.shared_memory = shared_memory;
  device.tensor_cores = major >= 8;
  return device;
}

}  // namespace

const Device& current_device() {
  static std::map<int, Device>* devices = new std::map<int, Device>;
  int index = 0;
  FRAC_CUDA_CHECK(cudaGetDevice(&index));
  std::lock_guard<std::mutex> lock(mutex);
  auto found = devices->find(index);
  if (found == devices->end()) found = devices->emplace(index, read_device(index)).first;
  return found->second;
}

int blocks_per_multiprocessor(const void* kernel, int threads, size_t shared_bytes) {
  static auto* known = new std::map<std::tuple<int, const void*, int, size_t>, int>;
  const Device& device = current_device();
  std::lock_guard<std::mutex> lock(mutex);
  const auto key = std::make_tuple(device.index, kernel, threads, shared_bytes);
  const auto found = known->find(key);
  if (found != known->end()) return found->second;
  int blocks = 0;
  // The largest size that a block may have, because the kernel may run with other sizes at the same time.
  FRAC_CUDA_CHECK(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(device.shared_memory)));
  FRAC_CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, shared_bytes));
  return (*known)[key] = blocks > 0 ? blocks : 1;
}

}  // namespace frac::cuda
