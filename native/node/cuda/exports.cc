#include "node/cuda/exports.h"

#include "node/cuda/call_op.h"
#include "node/cuda/calls.h"
#include "node/guard.h"
#include "node/ops.h"

namespace frac::node {

Napi::Object cuda_exports(Napi::Env env) {
  Napi::Object exports = Napi::Object::New(env);
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports[name] = Napi::Function::New(env, function, name);
  };
  add("info", guarded<gpu::cuda_info>);
  add("askForCode", guarded<gpu::ask_for_code>);
  add("memory", guarded<gpu::memory>);
  add("allocate", guarded<gpu::allocate>);
  add("release", guarded<gpu::release_handle>);
  add("upload", guarded<gpu::upload>);
  add("download", guarded<gpu::download>);
  add("copy", guarded<gpu::copy>);
  add("zero", guarded<gpu::zero>);
  add("createStream", guarded<gpu::create_stream>);
  add("createEvent", guarded<gpu::create_event>);
  add("record", guarded<gpu::record>);
  add("wait", guarded<gpu::wait>);
  add("synchronize", guarded<gpu::synchronize>);
  add("reached", guarded<gpu::reached>);
  add("elapsed", guarded<gpu::elapsed>);
  add("beginCapture", guarded<gpu::begin_capture>);
  add("endCapture", guarded<gpu::end_capture>);
  add("abortCapture", guarded<gpu::abort_capture>);
  add("launch", guarded<gpu::launch_graph>);
  each_op([&](auto op) { add(op.kName, guarded<gpu::call_op<decltype(op)>>); });
  return exports;
}

}  // namespace frac::node
