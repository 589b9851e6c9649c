// The only exception class of this folder. register.cc converts it to a TensorFlow status.
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

// Throws TensorFlow's message unless the status is OK.
inline void check(const Status& status) {
  if (!status.ok()) throw Error(status.message(), status.code());
}

}  // namespace frac::tensorflow
