// The one place where a CUDA error becomes a JavaScript error, whether it was thrown in a call or kept for a promise.
#pragma once

#include <napi.h>

#include <exception>

#include "common/cuda/cuda.h"

namespace frac::node::gpu {

// ERR_MEMORY or ERR_CUDA; forgets CUDA's last error, so that the next call does not meet it again.
Napi::Error js_error(Napi::Env env, const cuda::Error& error);

// The same for whatever an asynchronous call ended with.
Napi::Error js_error(Napi::Env env, const std::exception_ptr& thrown);

// For destructors, which cannot throw: a failed release is forgotten here, and an error that stays comes back at the next call.
void release(int cuda_error);

}  // namespace frac::node::gpu
