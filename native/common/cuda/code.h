// Whether a device can run the common kernel variants, which exist as machine code only, not as PTX. A plain C++
// header, like cuda.h.
#pragma once

#include <string>

namespace frac::cuda {

// Whether the current device has machine code of a kernel of a common variant. The first result is kept, because the
// size of a workspace depends on the variant. Throws Error for a CUDA error that is not about the kernel.
bool has_code(const void* kernel);

// The first CUDA error because of which a device uses the general variant instead of common ones; empty if there was
// none so far.
std::string why_no_code(int device);

// The same for the current device, after a check of one kernel. One is enough, since all are compiled for the same
// architectures. Creates a context if there is none.
std::string ask_for_code();

}  // namespace frac::cuda
