// What JavaScript calls beside the ops (node/ops.h). Each function's arguments are described where it is defined. lib/addon/cuda.ts has their types.
#pragma once

#include <napi.h>

namespace frac::node::gpu {

// devices.cc
Napi::Value cuda_info(const Napi::CallbackInfo& info);
Napi::Value ask_for_code(const Napi::CallbackInfo& info);
Napi::Value memory(const Napi::CallbackInfo& info);
Napi::Value allocate(const Napi::CallbackInfo& info);
Napi::Value release_handle(const Napi::CallbackInfo& info);

// transfer.cc
Napi::Value upload(const Napi::CallbackInfo& info);
Napi::Value download(const Napi::CallbackInfo& info);
Napi::Value copy(const Napi::CallbackInfo& info);
Napi::Value zero(const Napi::CallbackInfo& info);

// streams.cc
Napi::Value create_stream(const Napi::CallbackInfo& info);
Napi::Value create_event(const Napi::CallbackInfo& info);
Napi::Value record(const Napi::CallbackInfo& info);
Napi::Value wait(const Napi::CallbackInfo& info);
Napi::Value synchronize(const Napi::CallbackInfo& info);
Napi::Value reached(const Napi::CallbackInfo& info);
Napi::Value elapsed(const Napi::CallbackInfo& info);
Napi::Value begin_capture(const Napi::CallbackInfo& info);
Napi::Value end_capture(const Napi::CallbackInfo& info);
Napi::Value abort_capture(const Napi::CallbackInfo& info);
Napi::Value launch_graph(const Napi::CallbackInfo& info);

}  // namespace frac::node::gpu
