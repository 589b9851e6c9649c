// Waiting for a device. A plain C++ header, like cuda.h.
#pragma once

namespace frac::cuda {

// Waits until all work of the current device is done. Throws Error.
void synchronize();

// Like synchronize, for use after a failed call. It ignores further errors.
void drain() noexcept;

}  // namespace frac::cuda
