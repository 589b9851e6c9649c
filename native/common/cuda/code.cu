#include "common/cuda/code.h"

#include <map>
#include <mutex>
#include <utility>

#include "common/cuda/device.h"
#include "ops/frac_depth/frac_depth_cuda.h"

namespace frac::cuda {

namespace {

std::mutex mutex;
std::map<int, std::string>& reasons() {
  static auto* all = new std::map<int, std::string>;
  return *all;
}

// Errors that are not about a kernel: the process, the driver or the device is unusable, perhaps only for now. After
// any other error the kernel counts as missing. An error that this list lacks does no harm: the general variant runs
// instead, which is correct, slower, and reported; and the next call meets a sticky error again and throws it. With the
// opposite list, a missing entry would disable ops that can run.
bool is_unrelated_to_kernel(cudaError_t error) {
  if (stays(error)) return true;
  switch (int(error)) {
    case cudaErrorMemoryAllocation:
    case cudaErrorInitializationError:
    case cudaErrorCudartUnloading:
    case cudaErrorStubLibrary:
    case cudaErrorInsufficientDriver:
    case cudaErrorCallRequiresNewerDriver:
    case cudaErrorDevicesUnavailable:
    case cudaErrorIncompatibleDriverContext:
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorDeviceNotLicensed:
    case cudaErrorSoftwareValidityNotEstablished:
    case cudaErrorStartupFailure:
    case cudaErrorDeviceUninitialized:
    case cudaErrorNotReady:
    case cudaErrorSystemNotReady:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
    case cudaErrorMpsConnectionFailed:
    case cudaErrorMpsRpcFailure:
    case cudaErrorMpsServerNotReady:
    case cudaErrorMpsMaxClientsReached:
    case cudaErrorMpsMaxConnectionsReached: return true;
    // Code is loaded lazily, here, and a capture on another stream may forbid that.
    default: return error >= cudaErrorStreamCaptureUnsupported && error <= cudaErrorTimeout;
  }
}

}  // namespace

bool has_code(const void* kernel) {
  static auto* known = new std::map<std::pair<int, const void*>, bool>;
  const int device = current_device().index;
  std::lock_guard<std::mutex> lock(mutex);
  const auto key = std::make_pair(device, kernel);
  const auto found = known->find(key);
  if (found != known->end()) return found->second;
  cudaFuncAttributes attributes;
  const cudaError_t error = cudaFuncGetAttributes(&attributes, kernel);
  if (is_unrelated_to_kernel(error)) check(error, "cudaFuncGetAttributes(&attributes, kernel)", __FILE__, __LINE__);
  if (error != cudaSuccess) {
    cudaGetLastError();  // clears the error, which is not sticky
    reasons().emplace(device, std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error));
  }
  return (*known)[key] = error == cudaSuccess;
}

std::string why_no_code(int device) {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = reasons().find(device);
  return found == reasons().end() ? "" : found->second;
}

std::string ask_for_code() {
  const Config smallest{1, 1, 1, 1, false, false, false, Norm::kNone, 0, 0};
  frac_depth_grad_workspace(smallest, {}, Dtype::kFloat32);  // plans a launch, which calls has_code
  return why_no_code(current_device().index);
}

}  // namespace frac::cuda
