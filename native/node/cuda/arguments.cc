#include "node/cuda/arguments.h"

#include <string>

namespace frac::node::gpu {

using Kind = Refused::Kind;

const std::shared_ptr<Stream>& DeviceArguments::stream(bool captured) {
  const auto given = handle<Stream>("stream");
  if (given->capturing() && !captured) refuse(Kind::kRange, "ERR_OPTION", "stream", "not be captured meanwhile");
  stream_ = given;
  use_device(stream_->device);
  return stream_;
}

int DeviceArguments::device() { return int(integer("device", 0, 1023)); }

cuda::Dtype DeviceArguments::dtype() { return cuda::Dtype(integer("dtype", 0, 2)); }

size_t DeviceArguments::bytes() { return size_t(integer("bytes", 0, int64_t{1} << 53)); }

bool DeviceArguments::boolean(const char* name) { return integer(name, 0, 1) != 0; }

bool DeviceArguments::next_is_bits() const {
  const Napi::Value value = info_[next_];
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint16_array;
}

std::shared_ptr<Resource> DeviceArguments::resource(const char* name) {
  const Napi::Value value = info_[next_++];
  if (!value.IsNumber()) refuse(Kind::kType, "ERR_OPTION", name, std::string("be a handle, got ") + type_name(value));
  std::shared_ptr<Resource> found = handles_.find(value.As<Napi::Number>().DoubleValue());
  if (found == nullptr) refuse(Kind::kType, "ERR_DISPOSED", name, "not be disposed, nor be of another thread");
  return found;
}

void DeviceArguments::check_device(const char* name, int device) const {
  if (stream_ == nullptr || stream_->device == device) return;
  refuse(Kind::kRange, "ERR_OPTION", name,
         "be of device " + std::to_string(stream_->device) + ", where the stream is, got one of device " +
             std::to_string(device));
}

std::shared_ptr<Buffer> DeviceArguments::buffer(const char* name) {
  auto given = handle<Buffer>(name);
  if (stream_ != nullptr) stream_->uses(given);
  return given;
}

void* DeviceArguments::storage(cuda::Dtype dtype, const char* name, int64_t size, bool written) {
  const auto given = buffer(name);
  const size_t wanted = size_t(size) * cuda::size_of(dtype);
  if (given->bytes != wanted)
    refuse(Kind::kRange, "ERR_SHAPE", name,
           "have " + std::to_string(wanted) + " bytes, got " + std::to_string(given->bytes));
  remember(name, given->data, wanted, written);
  return given->data;
}

}  // namespace frac::node::gpu
