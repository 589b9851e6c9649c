// The current device, what a kernel may use of it, and launches; every call into CUDA is checked here.
#pragma once

#include <cstddef>

#include "common/cuda/cuda.h"
#include "common/cuda/platform.h"

namespace frac::cuda {

struct Device {
  int index;
  int multiprocessors;
  int64_t shared_memory;  // bytes a block may ask for
  bool tensor_cores;      // as has_tensor_cores
};

// Throws Error.
const Device& current_device();
void check(cudaError_t error, const char* expression, const char* file, int line);
#define FRAC_CUDA_CHECK(expression) ::frac::cuda::check((expression), #expression, __FILE__, __LINE__)

// Whether after this error the process can do no more with CUDA: each call answers with it again.
bool stays(int code);

// How many blocks of a kernel a multiprocessor runs at once; also lets the kernel have as much shared memory. Asks CUDA once
// for each kernel, size and device.
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

#endif  // a compiler that knows kernels

}  // namespace frac::cuda
