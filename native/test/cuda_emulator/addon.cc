// The CUDA part of the addon on the emulated runtime, for test/cuda, with functions by which a test controls the
// emulated machine.
#include <napi.h>

#include "node/cuda/exports.h"
#include "node/resident.h"
#include "tensorflow/node_binding.h"
#include "test/cuda_emulator/runtime.h"

namespace frac::cuda::emulator {

namespace {

// configure({ memory, devices, driver, capability, noCode }): an absent property keeps its value
void configure(const Napi::CallbackInfo& info) {
  Settings& settings = Machine::get().settings;
  const Napi::Object given = info[0].As<Napi::Object>();
  const auto set = [&](const char* name, auto& to) {
    if (given.Has(name)) to = given.Get(name).ToNumber().Int64Value();
  };
  set("memory", settings.memory);
  set("devices", settings.devices);
  set("driver", settings.driver);
  set("capability", settings.capability);
  int64_t no_code = settings.no_code;
  set("noCode", no_code);
  settings.no_code = cudaError_t(no_code);
}

// fail(function, error): the next call of the function returns the error
void fail(const Napi::CallbackInfo& info) {
  Machine& machine = Machine::get();
  const std::lock_guard<std::mutex> lock(machine.mutex);
  machine.faults[info[0].ToString()] = cudaError_t(info[1].ToNumber().Int32Value());
}

// breakDown(error): the next work on a stream ends with a sticky error
void break_down(const Napi::CallbackInfo& info) {
  Machine& machine = Machine::get();
  const std::lock_guard<std::mutex> lock(machine.mutex);
  machine.next_work_fails = cudaError_t(info[0].ToNumber().Int32Value());
}

// pause(whether): while paused, streams do no work
void pause(const Napi::CallbackInfo& info) {
  Machine& machine = Machine::get();
  {
    const std::lock_guard<std::mutex> lock(machine.mutex);
    machine.paused = info[0].ToBoolean();
  }
  machine.changed.notify_all();
}

// reset(): clears faults and restores the initial settings; allocations stay
void reset(const Napi::CallbackInfo&) {
  Machine& machine = Machine::get();
  {
    const std::lock_guard<std::mutex> lock(machine.mutex);
    machine.settings = {};
    machine.faults.clear();
    machine.sticky = machine.next_work_fails = cudaSuccess;
    machine.paused = false;
  }
  machine.last_error() = cudaSuccess;
  machine.changed.notify_all();
}

// live(): the number of live objects of each kind
Napi::Value live(const Napi::CallbackInfo& info) {
  Machine& machine = Machine::get();
  const std::lock_guard<std::mutex> lock(machine.mutex);
  int device = 0, host = 0;
  for (const auto& each : machine.allocations) ++(each.second.device < 0 ? host : device);
  Napi::Object found = Napi::Object::New(info.Env());
  found["device"] = device;
  found["host"] = host;
  found["streams"] = int(machine.streams.size());
  found["events"] = machine.events.load();
  found["graphs"] = machine.graphs.load();
  found["pendingFaults"] = int(machine.faults.size());
  return found;
}

}  // namespace

}  // namespace frac::cuda::emulator

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  using namespace frac::cuda::emulator;
  frac::node::stay_resident();
  exports["cuda"] = frac::node::cuda_exports(env);
  Napi::Object emulator = Napi::Object::New(env);
  emulator["configure"] = Napi::Function::New(env, configure);
  emulator["fail"] = Napi::Function::New(env, fail);
  emulator["breakDown"] = Napi::Function::New(env, break_down);
  emulator["pause"] = Napi::Function::New(env, pause);
  emulator["reset"] = Napi::Function::New(env, reset);
  emulator["live"] = Napi::Function::New(env, live);
  exports["emulator"] = emulator;
  InitTensorflow(env, exports);
  return exports;
}
NODE_API_MODULE(frac_connections, Init)
