// A call of an op on a device; node/ops.h has the ops.
#pragma once

#include <tuple>

#include "node/cuda/arguments.h"

namespace frac::node::gpu {

// The first two arguments of every op are its stream and its storage type.
class OpArguments : public DeviceArguments {
 public:
  OpArguments(const char* op, const Napi::CallbackInfo& info)
      : DeviceArguments(op, info), dtype_((stream(true), dtype())) {}

  void* output_row(const char* name, int64_t size) { return storage(dtype_, name, size, true); }
  const void* input_row(const char* name, int64_t size) { return storage(dtype_, name, size, false); }
  const void* optional_row(const char* name, int64_t size) { return absent() ? nullptr : input_row(name, size); }
  cuda::Dtype storage_type() const { return dtype_; }
  cuda::Launch launch(size_t workspace) { return {dtype_, stream_->get(), stream_->workspace(workspace)}; }

 private:
  const cuda::Dtype dtype_;
};

template <typename Op>
Napi::Value call_op(const Napi::CallbackInfo& info) {
  OpArguments take(Op::kName, info);
  const Config f = take.config();
  const auto arguments = Op::arguments(take);
  take.finish();
  const cuda::Launch launch = take.launch(Op::Kernel::workspace(arguments, f, take.storage_type()));
  std::apply([&](const auto&... each) { Op::Kernel::on_gpu(each..., f, launch); }, arguments);
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
