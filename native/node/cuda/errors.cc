#include "node/cuda/errors.h"

#include <string>

#include "common/cuda/device.h"

namespace frac::node::gpu {

Napi::Error js_error(Napi::Env env, const cuda::Error& error) {
  cudaGetLastError();
  const bool memory = error.code == cudaErrorMemoryAllocation;
  std::string message = error.what();
  if (cuda::stays(error.code)) message += "; CUDA is of no more use to this process, which must be restarted";
  Napi::Error thrown = memory ? Napi::Error(Napi::RangeError::New(env, message)) : Napi::Error::New(env, message);
  thrown.Set("code", Napi::String::New(env, memory ? "ERR_MEMORY" : "ERR_CUDA"));
  thrown.Set("cudaError", Napi::Number::New(env, error.code));
  return thrown;
}

Napi::Error js_error(Napi::Env env, const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const cuda::Error& error) {
    return js_error(env, error);
  } catch (const std::exception& error) {
    Napi::Error other = Napi::Error::New(env, error.what());
    other.Set("code", Napi::String::New(env, "ERR_NATIVE"));
    return other;
  }
}

void release(int cuda_error) {
  if (cuda_error != cudaSuccess) cudaGetLastError();
}

}  // namespace frac::node::gpu
