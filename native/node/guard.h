// The one place where what C++ throws becomes a JavaScript error.
#pragma once

#include <napi.h>

#include <exception>
#include <new>
#include <stdexcept>

#include "node/arguments.h"
#ifdef FRAC_CUDA
#include "node/cuda/errors.h"
#endif

namespace frac::node {

template <typename ErrorType>
[[noreturn]] inline void throw_error(Napi::Env env, const char* code, const char* message) {
  ErrorType error = ErrorType::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  throw error;
}

// F as a function that Node can call: nothing but Napi::Error, which node-addon-api hands on, leaves it.
template <Napi::Value (*F)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    return F(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (const Refused& refused) {
    if (refused.kind == Refused::Kind::kType) throw_error<Napi::TypeError>(env, refused.code, refused.what());
    throw_error<Napi::RangeError>(env, refused.code, refused.what());
#ifdef FRAC_CUDA
  } catch (const cuda::Error& error) {
    throw gpu::js_error(env, error);
#endif
  } catch (const std::bad_alloc&) {
    throw_error<Napi::RangeError>(env, "ERR_MEMORY", "the native kernel could not have the memory it needs");
  } catch (const std::length_error&) {  // a std::vector asked for more than there can be
    throw_error<Napi::RangeError>(env, "ERR_MEMORY", "the native kernel could not have the memory it needs");
  } catch (const std::exception& error) {
    throw_error<Napi::Error>(env, "ERR_NATIVE", error.what());
  }
}

}  // namespace frac::node
