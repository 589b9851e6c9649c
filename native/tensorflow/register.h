// Registers the ops with TensorFlow.
#pragma once

#include <string>
#include <vector>

namespace frac::tensorflow {

struct Registration {
  std::string version;               // of TensorFlow; empty if there is no TensorFlow
  std::vector<std::string> reasons;  // why the ops are not registered; empty if they are
};

// Registers every op with the TensorFlow of this process, once. Later calls return the first result. If the process has
// no TensorFlow yet, the next call tries again. Any thread may call.
Registration register_ops();

// The devices for which TensorFlow has kernels of an op. Requires that TensorFlow was found.
std::vector<std::string> devices_of(const std::string& op);

}  // namespace frac::tensorflow
