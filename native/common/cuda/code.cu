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

// Errors that are not about a kernel: the process, the driver or the device is of no use, or not now. With every other error the
// kernel is absent. It is this list that is written down since what it misses does no harm: the general kind takes over, right,
// and slower, and said; and an error that stays is met again, and thrown, by the call that follows. One missing in a list of the
// opposite would take away ops that can run.
bool says_nothing_of_kernels(cudaError_t error) {
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
    // Code is loaded when it is first asked for, which a capture on another stream may forbid.
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
  if (says_nothing_of_kernels(error)) check(error, "cudaFuncGetAttributes(&attributes, kernel)", __FILE__, __LINE__);
  if (error != cudaSuccess) {
    cudaGetLastError();  // it is no part of the device's state
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
  frac_depth_grad_workspace(smallest, {}, Dtype::kFloat32);  // plans a launch, which asks for its kernel
  return why_no_code(current_device().index);
}

}  // namespace frac::cuda
