// The addon's face of this folder:
//   tensorflow.register(): { version: string, reasons: string[] }    see register.h
#include "tensorflow/node_binding.h"

#include "tensorflow/register.h"

namespace {

Napi::Value Register(const Napi::CallbackInfo& info) {
  const frac::tensorflow::Registration done = frac::tensorflow::register_ops();
  Napi::Env env = info.Env();
  Napi::Array reasons = Napi::Array::New(env);
  for (const std::string& reason : done.reasons) reasons.Set(reasons.Length(), reason);
  Napi::Object result = Napi::Object::New(env);
  result.Set("version", done.version);
  result.Set("reasons", reasons);
  return result;
}

}  // namespace

void InitTensorflow(Napi::Env env, Napi::Object exports) {
  Napi::Object tensorflow = Napi::Object::New(env);
  tensorflow.Set("register", Napi::Function::New<Register>(env, "register"));
  exports.Set("tensorflow", tensorflow);
}
