// Arguments that are handles. What would be unsafe is checked here: that a handle is alive, of this thread and of the right kind,
// that all belong to one device, and that memory is of the size that the work expects.
#pragma once

#include "common/cuda/cuda.h"
#include "node/arguments.h"
#include "node/cuda/handles.h"
#include "node/cuda/stream.h"

namespace frac::node::gpu {

class DeviceArguments : public Arguments {
 public:
  DeviceArguments(const char* op, const Napi::CallbackInfo& info) : Arguments(op, info), handles_(Handles::of(info.Env())) {}

  using Arguments::array;
  using Arguments::refuse;

  // A live resource of this kind, of the stream's device if a stream was taken.
  template <typename T>
  std::shared_ptr<T> handle(const char* name) {
    const std::shared_ptr<Resource> found = resource(name);
    if (auto typed = std::dynamic_pointer_cast<T>(found)) return check_device(name, typed->device), typed;
    refuse(Refused::Kind::kType, "ERR_OPTION", name, std::string("be ") + T::kName);
  }

  // Makes its device current. `captured` says whether it may be part of a graph.
  const std::shared_ptr<Stream>& stream(bool captured);
  int device();
  cuda::Dtype dtype();
  size_t bytes();
  bool boolean(const char* name);
  // Any buffer, which the work on the stream uses.
  std::shared_ptr<Buffer> buffer(const char* name);
  bool next_is_bits() const;  // whether the next argument is a Uint16Array

 protected:
  // Memory of exactly so many values of the type.
  void* storage(cuda::Dtype dtype, const char* name, int64_t size, bool written);

  std::shared_ptr<Stream> stream_;

 private:
  float* values(const char* name, int64_t size, bool written) override {
    return static_cast<float*>(storage(cuda::Dtype::kFloat32, name, size, written));
  }
  std::shared_ptr<Resource> resource(const char* name);
  void check_device(const char* name, int device) const;

  Handles& handles_;
};

}  // namespace frac::node::gpu
