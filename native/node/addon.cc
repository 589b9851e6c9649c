// The addon: the list of what JavaScript sees. lib/addon/exports.ts has its types.
#include <napi.h>

#include "common/targets.h"
#include "common/thread_pool.h"
#include "node/call_op.h"
#include "node/guard.h"
#include "node/ops.h"
#include "node/resident.h"
#ifdef FRAC_CUDA
#include "node/cuda/exports.h"
#endif

#ifdef FRAC_TENSORFLOW
void InitTensorflow(Napi::Env env, Napi::Object exports);
#endif

namespace frac::node {

namespace {

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Napi::Object found = Napi::Object::New(env);
  found["target"] = target().name;
  const auto supported = supported_targets();
  Napi::Array targets = Napi::Array::New(env, supported.size());
  for (size_t i = 0; i < supported.size(); ++i) targets[uint32_t(i)] = supported[i]->name;
  found["targets"] = targets;
  found["threads"] = ThreadPool::shared().threads();
  Napi::Object build = Napi::Object::New(env);
  build["compiler"] = FRAC_BUILD_COMPILER;
  build["type"] = FRAC_BUILD_TYPE;
  build["sanitize"] = FRAC_BUILD_SANITIZE;
  build["cuda"] = FRAC_BUILD_CUDA;
  found["build"] = build;
  return found;
}

Napi::Value set_threads(const Napi::CallbackInfo& call) {
  constexpr double kMost = 1024;
  const double threads = call[0].IsNumber() ? call[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(threads >= 1 && threads <= kMost && threads == int(threads)))
    throw Refused(Refused::Kind::kRange, "ERR_OPTION", "setThreads: threads must be an integer from 1 to 1024");
  ThreadPool::shared().set_threads(int(threads));
  return call.Env().Undefined();
}

Napi::Value set_simd(const Napi::CallbackInfo& call) {
  const std::string name = call[0].IsString() ? call[0].As<Napi::String>().Utf8Value() : "";
  if (!set_target(name))
    throw Refused(Refused::Kind::kRange, "ERR_OPTION", "setTarget: this machine runs no target '" + name + "'");
  return call.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  stay_resident();
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports[name] = Napi::Function::New(env, function, name);
  };
  each_op([&](auto op) { add(op.kName, guarded<call_op<decltype(op)>>); });
  add("info", guarded<info>);
  add("setThreads", guarded<set_threads>);
  add("setTarget", guarded<set_simd>);
#ifdef FRAC_CUDA
  exports["cuda"] = cuda_exports(env);
#endif
#ifdef FRAC_TENSORFLOW
  InitTensorflow(env, exports);
#endif
  return exports;
}

}  // namespace

}  // namespace frac::node

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return frac::node::init(env, exports); }
NODE_API_MODULE(frac_connections, Init)
