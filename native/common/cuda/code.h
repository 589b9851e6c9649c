// Whether a device has the kernels of common kinds, which are machine code alone: a plain C++ header, as cuda.h is.
#pragma once

#include <string>

namespace frac::cuda {

// Whether a common kind's kernel is there for the current device. The first answer stands, since a workspace is as large as the
// kind that runs wants it. Throws Error where CUDA's answer is not about the kernel.
bool has_code(const void* kernel);

// Why the general kind stands in for common ones on a device, as the first error said; empty if it does not, as far as anything
// has asked.
std::string why_no_code(int device);

// The same for the current device, with one kernel asked for: all are made for the same architectures. Makes a context if there is none.
std::string ask_for_code();

}  // namespace frac::cuda
