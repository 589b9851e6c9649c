// The CUDA stream of a TensorFlow kernel. TensorFlow's C API tells that of pluggable devices only, and its C++ classes are laid
// out anew in each release; so this is a library of its own, compiled against the headers of one release and loaded by the addon
// in a process with that release. It links to nothing of CUDA's. Built by scripts/setup/stream.mjs.
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

// The release that this was compiled against.
extern "C" FRAC_SHOWN const char* frac_tensorflow_stream_version() {
  // The symbol of this function of TensorFlow's tells how its strings and string views are laid out, which decides where members
  // lie. Compiled for another layout, this library does not even load. Volatile, so that the reference stays.
  static std::string (*volatile same_layout)(absl::string_view) = tensorflow::KernelsRegisteredForOp;
  return same_layout ? FRAC_TENSORFLOW_VERSION : nullptr;
}

// context: TF_OpKernelContext*, or null. Returns its cudaStream_t; null where there is none: on a CPU.
extern "C" FRAC_SHOWN void* frac_tensorflow_stream(void* context) {
  auto* kernel = static_cast<tensorflow::OpKernelContext*>(context);
  auto* device = kernel ? kernel->op_device_context() : nullptr;
  auto* stream = device ? device->stream() : nullptr;
  return stream ? handle(stream, 0) : nullptr;
}
