// A call of an op on the CPU; node/ops.h has the ops.
#pragma once

#include <napi.h>

#include <tuple>

#include "common/thread_pool.h"
#include "node/arguments.h"

namespace frac::node {

// On the CPU the storage type is float32.
class CpuArguments : public Arguments {
 public:
  using Arguments::Arguments;

  float* output_row(const char* name, int64_t size) { return output(name, size); }
  const float* input_row(const char* name, int64_t size) { return input(name, size); }
  const float* optional_row(const char* name, int64_t size) { return absent() ? nullptr : input(name, size); }
};

template <typename Op>
Napi::Value call_op(const Napi::CallbackInfo& info) {
  CpuArguments take(Op::kName, info);
  const Config f = take.config();
  const auto arguments = Op::arguments(take);
  take.finish();
  std::apply([&](const auto&... each) { Op::Kernel::on_cpu(each..., f, ThreadPool::shared()); }, arguments);
  return info.Env().Undefined();
}

}  // namespace frac::node
