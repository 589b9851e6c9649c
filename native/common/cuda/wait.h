// Waiting for a device: a plain C++ header, as cuda.h is.
#pragma once

namespace frac::cuda {

// Waits until the current device has done everything that it was given. Throws Error.
void synchronize();

// The same on the way out of a call that failed: further errors tell nothing new.
void drain() noexcept;

}  // namespace frac::cuda
