// Values to and from a device. They are copied to page-locked memory before a call returns, so an array may be changed at once, and
// the copy has its place in the stream's order whether or not anybody waits for it.
#include <string>

#include "node/cuda/arguments.h"
#include "node/cuda/half.h"
#include "node/cuda/calls.h"
#include "node/cuda/promise.h"

namespace frac::node::gpu {

namespace {

using Kind = Refused::Kind;

void check_size(const DeviceArguments& take, const char* name, size_t length, size_t value_bytes, const Buffer& buffer) {
  const size_t wanted = buffer.bytes / value_bytes;
  if (length != wanted)
    take.refuse(Kind::kRange, "ERR_SHAPE", name,
                "have " + std::to_string(wanted) + " values, got " + std::to_string(length));
}

// An array that only this addon knows until it is handed over.
template <typename Array>
Array room(Napi::Env env, size_t length) {
  try {
    return Array::New(env, length);
  } catch (const Napi::Error& error) {
    throw Refused(Kind::kRange, "ERR_MEMORY",
                  "download: no memory for " + std::to_string(length) + " values (" + error.Message() + ")");
  }
}

template <typename Array, typename Read>
Napi::Promise downloaded(Napi::Env env, const std::shared_ptr<Stream>& stream, const std::shared_ptr<Buffer>& buffer, size_t length,
                         Read read) {
  const Array array = room<Array>(env, length);
  const std::shared_ptr<Pinned> staged = Handles::of(env).pinned->take(buffer->bytes);
  if (length > 0)
    FRAC_CUDA_CHECK(cudaMemcpyAsync(staged->data, buffer->data, buffer->bytes, cudaMemcpyDeviceToHost, stream->get()));
  const auto done = mark(stream);
  auto* to = const_cast<Array&>(array).Data();
  auto kept = std::make_shared<Napi::Reference<Array>>(Napi::Persistent(array));
  return promise(env, {stream->device,
                       {done},
                       [=] { read(to, staged->data, length); },
                       [kept](Napi::Env) { return kept->Value(); },
                       {stream, buffer, staged, kept}});
}

}  // namespace

// upload(stream, dtype, to, values): Promise. values: a Float32Array, or a Uint16Array of a half-precision type's bits
Napi::Value upload(const Napi::CallbackInfo& info) {
  DeviceArguments take("upload", info);
  const auto stream = take.stream(false);
  const cuda::Dtype dtype = take.dtype();
  const auto to = take.buffer("to");
  const bool bits = take.next_is_bits() && dtype != cuda::Dtype::kFloat32;
  const auto given = bits ? take.array("values", napi_uint16_array, "a Uint16Array")
                          : take.array("values", napi_float32_array, "a Float32Array");
  take.finish();
  check_size(take, "values", given.length, cuda::size_of(dtype), *to);
  const auto staged = Handles::of(info.Env()).pinned->take(to->bytes);
  if (bits) std::memcpy(staged->data, given.data, to->bytes);
  if (!bits) convert(staged->data, static_cast<const float*>(given.data), given.length, dtype);
  if (to->bytes > 0)
    FRAC_CUDA_CHECK(cudaMemcpyAsync(to->data, staged->data, to->bytes, cudaMemcpyHostToDevice, stream->get()));
  return promise(info.Env(), {stream->device, {mark(stream)}, nullptr, nullptr, {stream, to, staged}});
}

// download(stream, dtype, from, bits): Promise of a Float32Array, or of the bits of a half-precision type
Napi::Value download(const Napi::CallbackInfo& info) {
  DeviceArguments take("download", info);
  const auto stream = take.stream(false);
  const cuda::Dtype dtype = take.dtype();
  const auto from = take.buffer("from");
  const bool bits = take.boolean("bits");
  take.finish();
  const size_t length = from->bytes / cuda::size_of(dtype);
  if (bits)
    return downloaded<Napi::Uint16Array>(info.Env(), stream, from, from->bytes / 2, [](uint16_t* to, const void* staged, size_t n) {
      std::memcpy(to, staged, 2 * n);
    });
  return downloaded<Napi::Float32Array>(info.Env(), stream, from, length, [dtype](float* to, const void* staged, size_t n) {
    convert(to, staged, n, dtype);
  });
}

// copy(stream, to, from)
Napi::Value copy(const Napi::CallbackInfo& info) {
  DeviceArguments take("copy", info);
  const auto stream = take.stream(true);
  const auto to = take.buffer("to");
  const auto from = take.buffer("from");
  take.finish();
  if (to->bytes != from->bytes)
    take.refuse(Kind::kRange, "ERR_SHAPE", "from",
                "have " + std::to_string(to->bytes) + " bytes, got " + std::to_string(from->bytes));
  if (to->bytes > 0)
    FRAC_CUDA_CHECK(cudaMemcpyAsync(to->data, from->data, to->bytes, cudaMemcpyDeviceToDevice, stream->get()));
  return info.Env().Undefined();
}

// zero(stream, buffer)
Napi::Value zero(const Napi::CallbackInfo& info) {
  DeviceArguments take("zero", info);
  const auto stream = take.stream(true);
  const auto to = take.buffer("buffer");
  take.finish();
  if (to->bytes > 0) FRAC_CUDA_CHECK(cudaMemsetAsync(to->data, 0, to->bytes, stream->get()));
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
