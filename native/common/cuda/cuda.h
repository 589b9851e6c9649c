// The interface for callers of CUDA kernels. A plain C++ header, so that they compile without CUDA.
//
// The hidden state, x, y and their gradients are stored as float32, bfloat16 or float16. Weights, coefficients, their
// gradients and all sums are float32. All pointers are memory of the current device, aligned to their type. If they are
// aligned to 16 bytes and a segment is a multiple of 16 bytes, each access to a row moves 16 bytes.
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

// The stream and workspace of a launch. A launch puts work on the stream and does not wait for it.
struct Launch {
  Dtype dtype;
  Stream stream;
  void* workspace;  // as many bytes as the op's *_workspace() returns, aligned to 16; null if that is 0
};

// A failed CUDA call or a rejected launch. The message has the expression, the error and its name, file and line.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& message) : std::runtime_error(message), code(code) {}
  const int code;  // cudaError_t
};

}  // namespace frac::cuda
