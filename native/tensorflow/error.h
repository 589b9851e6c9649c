// The one exception of this folder; it becomes a TensorFlow status at the edge.
#pragma once

#include <stdexcept>
#include <string>

#include "tensorflow/library.h"

namespace frac::tensorflow {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, int code = kInvalidArgument) : std::runtime_error(message), code(code) {}
  const int code;
};

// Throws what TensorFlow said, unless it is content.
inline void check(const Status& status) {
  if (!status.ok()) throw Error(status.message(), status.code());
}

}  // namespace frac::tensorflow
