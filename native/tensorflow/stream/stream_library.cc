// Returns the CUDA stream of a TensorFlow kernel. TensorFlow's C API returns it for pluggable devices only, and the
// layout of its C++ classes changes with each release. So this is a separate library, compiled against the headers of
// one release, which the addon loads in a process with that release. It does not link to CUDA. scripts/setup/stream.mjs
// builds it.
#include <utility>

#include "tensorflow/core/framework/op_kernel.h"
#if __has_include("xla/stream_executor/stream.h")
#include "xla/stream_executor/stream.h"
#elif __has_include("tensorflow/compiler/xla/stream_executor/stream.h")
#include "tensorflow/compiler/xla/stream_executor/stream.h"
#include "tensorflow/compiler/xla/stream_executor/stream_executor_internal.h"
#else
#include "tensorflow/stream_executor/stream.h"
#include "tensorflow/stream_executor/stream_executor_internal.h"
#endif

#define FRAC_SHOWN __attribute__((visibility("default")))

namespace {

// Newer releases.
template <typename Stream>
auto handle(Stream* stream, int) -> decltype(stream->platform_specific_handle().stream) {
  return stream->platform_specific_handle().stream;
}

// Older ones.
template <typename Stream>
auto handle(Stream* stream, long) -> decltype(stream->implementation()->GpuStreamHack()) {
  return stream->implementation()->GpuStreamHack();
}

}  // namespace

// The release of TensorFlow that this library was compiled against.
extern "C" FRAC_SHOWN const char* frac_tensorflow_stream_version() {
  // The symbol name of this TensorFlow function depends on the layout of its strings and string views, which decides
  // the offsets of members. A library compiled for another layout cannot be loaded. Volatile, so that the compiler
  // keeps the reference.
  static std::string (*volatile same_layout)(absl::string_view) = tensorflow::KernelsRegisteredForOp;
  return same_layout ? FRAC_TENSORFLOW_VERSION : nullptr;
}

// context: TF_OpKernelContext*, or null. Returns its cudaStream_t, or null if there is none, as on a CPU.
extern "C" FRAC_SHOWN void* frac_tensorflow_stream(void* context) {
  auto* kernel = static_cast<tensorflow::OpKernelContext*>(context);
  auto* device = kernel ? kernel->op_device_context() : nullptr;
  auto* stream = device ? device->stream() : nullptr;
  return stream ? handle(stream, 0) : nullptr;
}
