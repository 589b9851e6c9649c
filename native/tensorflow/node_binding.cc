// The functions of this folder that the addon exports:
//   tensorflow.register(): { version: string, reasons: string[] }    see register.h
//   tensorflow.devices(op: string): string[]    the devices for which TensorFlow has kernels of the op
//   tensorflow.stream(): { file: string, reason: string } | undefined    see stream.h; undefined without TensorFlow
#include "tensorflow/node_binding.h"

#include "node/guard.h"
#include "tensorflow/register.h"
#include "tensorflow/stream.h"

namespace {

Napi::Array list(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array result = Napi::Array::New(env);
  for (const std::string& text : texts) result.Set(result.Length(), text);
  return result;
}

Napi::Value Register(const Napi::CallbackInfo& info) {
  const frac::tensorflow::Registration done = frac::tensorflow::register_ops();
  Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result.Set("version", done.version);
  result.Set("reasons", list(env, done.reasons));
  return result;
}

Napi::Value Devices(const Napi::CallbackInfo& info) {
  std::vector<std::string> reasons;
  if (!info[0].IsString() || !frac::tensorflow::find_library(reasons)) return list(info.Env(), {});
  return list(info.Env(), frac::tensorflow::devices_of(info[0].As<Napi::String>()));
}

Napi::Value Stream(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<std::string> reasons;
  if (!frac::tensorflow::find_library(reasons)) return env.Undefined();
  const frac::tensorflow::StreamLibrary& library = frac::tensorflow::stream_library();
  Napi::Object result = Napi::Object::New(env);
  result.Set("file", library.file);
  result.Set("reason", library.reason);
  return result;
}

}  // namespace

void InitTensorflow(Napi::Env env, Napi::Object exports) {
  Napi::Object tensorflow = Napi::Object::New(env);
  tensorflow.Set("register", Napi::Function::New<frac::node::guarded<Register>>(env, "register"));
  tensorflow.Set("devices", Napi::Function::New<frac::node::guarded<Devices>>(env, "devices"));
  tensorflow.Set("stream", Napi::Function::New<frac::node::guarded<Stream>>(env, "stream"));
  exports.Set("tensorflow", tensorflow);
}
