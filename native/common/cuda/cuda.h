// What the callers of CUDA kernels need: a plain C++ header, so that they compile without CUDA.
//
// Storage is float32, bfloat16 or float16 for the hidden state, x, y and their gradients; weights, coefficients, their gradients
// and every sum are float32 always. All pointers are device memory of the current device, at least as aligned as their type;
// where they are aligned to 16 bytes and a segment is a multiple of 16 bytes, rows move 16 bytes at a time.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "common/config.h"

struct CUstream_st;

namespace frac::cuda {

using Stream = CUstream_st*;  // cudaStream_t

enum class Dtype { kFloat32, kBfloat16, kFloat16 };

inline size_t size_of(Dtype dtype) { return dtype == Dtype::kFloat32 ? 4 : 2; }

// Where a kernel runs. Work is put on the stream, and nothing waits for it.
struct Launch {
  Dtype dtype;
  Stream stream;
  void* workspace;  // of as many bytes as the op's own *_workspace() says, aligned to 16; null where that is 0
};

// A CUDA call that failed, or a launch that was refused: expression, error and its name, file and line.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& message) : std::runtime_error(message), code(code) {}
  const int code;  // cudaError_t
};

}  // namespace frac::cuda
