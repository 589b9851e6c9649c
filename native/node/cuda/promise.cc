#include "node/cuda/promise.h"

#include "node/cuda/errors.h"

namespace frac::node::gpu {

namespace {

class Waiter : public Napi::AsyncWorker {
 public:
  Waiter(Napi::Env env, Waiting waiting)
      : Napi::AsyncWorker(env, "frac-connections:cuda"), deferred_(env), waiting_(std::move(waiting)) {}

  Napi::Promise promise() { return deferred_.Promise(); }

  void Execute() override {
    try {
      use_device(waiting_.device);
      for (const auto& each : waiting_.events) FRAC_CUDA_CHECK(cudaEventSynchronize(each->event));
      if (waiting_.then) waiting_.then();
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }

  void OnOK() override {
    try {
      settle();
    } catch (const Napi::Error&) {
      // The thread ends and runs no JavaScript any more, so nobody awaits this.
    }
  }

 private:
  void settle() {
    const Napi::Env env = Env();
    const Napi::Value value = waiting_.result && thrown_ == nullptr ? waiting_.result(env) : env.Undefined();
    waiting_ = {};  // what was kept is free for whoever goes on now
    if (thrown_ != nullptr) return deferred_.Reject(js_error(env, thrown_).Value());
    deferred_.Resolve(value);
  }

  Napi::Promise::Deferred deferred_;
  Waiting waiting_;
  std::exception_ptr thrown_;
};

}  // namespace

Napi::Promise promise(Napi::Env env, Waiting waiting) {
  auto* waiter = new Waiter(env, std::move(waiting));  // deletes itself when it is done
  const Napi::Promise given = waiter->promise();
  waiter->Queue();
  return given;
}

std::shared_ptr<Event> mark(const std::shared_ptr<Stream>& stream) {
  try {
    auto event = std::make_shared<Event>(stream->device, false);
    FRAC_CUDA_CHECK(cudaEventRecord(event->event, stream->get()));
    return event;
  } catch (const cuda::Error&) {
    release(cudaStreamSynchronize(stream->get()));
    throw;
  }
}

}  // namespace frac::node::gpu
