// Calls about devices and their memory.
#include <string>

#include "common/cuda/code.h"
#include "node/cuda/arguments.h"
#include "node/cuda/calls.h"

namespace frac::node::gpu {

namespace {

Napi::Object describe(Napi::Env env, int index) {
  cudaDeviceProp properties;
  FRAC_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  Napi::Object found = Napi::Object::New(env);
  found["index"] = index;
  found["name"] = properties.name;
  found["major"] = properties.major;
  found["minor"] = properties.minor;
  found["memory"] = double(properties.totalGlobalMem);
  found["multiprocessors"] = properties.multiProcessorCount;
  found["noCode"] = cuda::why_no_code(index);
  return found;
}

}  // namespace

// info(): { runtime, driver, devices } or { runtime, driver, error, reason }; driver 0 is none. Asks the driver, and makes no context.
Napi::Value cuda_info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object found = Napi::Object::New(env);
  int driver = 0, runtime = 0, count = 0;
  try {
    FRAC_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
    FRAC_CUDA_CHECK(cudaDriverGetVersion(&driver));
    FRAC_CUDA_CHECK(cudaGetDeviceCount(&count));
    Napi::Array devices = Napi::Array::New(env, size_t(count));
    for (int i = 0; i < count; ++i) devices[uint32_t(i)] = describe(env, i);
    found["devices"] = devices;
  } catch (const cuda::Error& error) {
    found["error"] = error.code;
    found["reason"] = error.what();
  }
  found["runtime"] = runtime;
  found["driver"] = driver;
  return found;
}

// askForCode(device): why the general kind stands in for common ones there, empty if it does not. Makes a context if there is none.
Napi::Value ask_for_code(const Napi::CallbackInfo& info) {
  DeviceArguments take("askForCode", info);
  use_device(take.device());
  take.finish();
  return Napi::String::New(info.Env(), cuda::ask_for_code());
}

// memory(device): { free, total } in bytes
Napi::Value memory(const Napi::CallbackInfo& info) {
  DeviceArguments take("memory", info);
  use_device(take.device());
  take.finish();
  size_t free = 0, total = 0;
  FRAC_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  Napi::Object found = Napi::Object::New(info.Env());
  found["free"] = double(free);
  found["total"] = double(total);
  return found;
}

// allocate(device, bytes): handle
Napi::Value allocate(const Napi::CallbackInfo& info) {
  DeviceArguments take("allocate", info);
  const int device = take.device();
  const size_t bytes = take.bytes();
  take.finish();
  return Napi::Number::New(info.Env(), Handles::of(info.Env()).add(std::make_shared<Buffer>(device, bytes)));
}

// release(handle): whether there was one. What still works with it keeps it till then.
Napi::Value release_handle(const Napi::CallbackInfo& info) {
  const double handle = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  return Napi::Boolean::New(info.Env(), Handles::of(info.Env()).remove(handle));
}

}  // namespace frac::node::gpu
