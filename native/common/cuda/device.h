// The current device and its limits, launches of kernels, and the check of CUDA calls.
#pragma once

#include <cstddef>

#include "common/cuda/cuda.h"
#include "common/cuda/platform.h"

namespace frac::cuda {

struct Device {
  int index;
  int multiprocessors;
  int64_t shared_memory;  // largest number of bytes per block
  bool tensor_cores;      // see has_tensor_cores
};

// Throws Error.
const Device& current_device();
void check(cudaError_t error, const char* expression, const char* file, int line);
#define FRAC_CUDA_CHECK(expression) ::frac::cuda::check((expression), #expression, __FILE__, __LINE__)

// Whether an error is sticky: every later CUDA call of the process returns it again, so that the process must be
// restarted.
bool stays(int code);

// How many blocks of a kernel a multiprocessor runs at once. Also allows the kernel this much shared memory. Queries
// CUDA once for each kernel, size and device.
int blocks_per_multiprocessor(const void* kernel, int threads, size_t shared_bytes);

#if defined(__CUDACC__) || defined(FRAC_CUDA_EMULATED)

// Puts a kernel on a stream: <<<blocks, threads, shared_bytes, stream>>>.
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), int blocks, int threads, size_t shared_bytes, Stream stream,
            const Arguments&... arguments) {
#if defined(FRAC_CUDA_EMULATED)
  emulator::launch(stream, dim3(blocks), dim3(threads), shared_bytes, [=] { kernel(arguments...); });
#else
  kernel<<<blocks, threads, shared_bytes, stream>>>(arguments...);
#endif
  FRAC_CUDA_CHECK(cudaGetLastError());
}

#endif  // a compiler for kernels

}  // namespace frac::cuda
