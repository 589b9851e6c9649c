// The ops as TensorFlow knows them.
#pragma once

#include <string>
#include <vector>

namespace frac::tensorflow {

struct Registration {
  std::string version;               // TensorFlow's; empty if none was found
  std::vector<std::string> reasons;  // why the ops are not registered; empty if they are
};

// Registers every op with the TensorFlow of this process, once; further calls give the first answer. While there is no
// TensorFlow in the process that is the answer, and the next call looks again. Any thread may call.
Registration register_ops();

// The devices for which TensorFlow has kernels of an op. Only when TensorFlow was found.
std::vector<std::string> devices_of(const std::string& op);

}  // namespace frac::tensorflow
