// Whether the kernels can run here at all, and waiting for them: a plain C++ header, as cuda.h is.
#pragma once

#include <string>

namespace frac::cuda {

// Why no kernel can run on the current device; empty if they can. Makes the device's context, as any first use of it does.
std::string why_unavailable();

// Waits until the current device has done everything that it was given. Throws Error.
void synchronize();

// The same on the way out of a call that failed: further errors tell nothing new.
void drain() noexcept;

}  // namespace frac::cuda
