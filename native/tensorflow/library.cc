#include "tensorflow/library.h"

#include <atomic>
#include <mutex>

#include "tensorflow/loaded.h"

namespace frac::tensorflow {

namespace {

std::atomic<const Library*> found{nullptr};

const Library* load(std::vector<std::string>& reasons) {
  const std::vector<void*> files = loaded_files();
  if (files.empty()) {
    reasons.push_back("no TensorFlow library is loaded in this process");
    return nullptr;
  }
  Library functions;
#define FRAC_FIND(result, name, arguments)                                                                 \
  functions.name = reinterpret_cast<decltype(functions.name)>(find_symbol(files, #name));                  \
  if (!functions.name) reasons.push_back("the TensorFlow library in this process has no function " #name);
  FRAC_TENSORFLOW_FUNCTIONS(FRAC_FIND)
#undef FRAC_FIND
  return reasons.empty() ? new Library(functions) : nullptr;  // for the rest of the process, like the kernels
}

}  // namespace

const Library* find_library(std::vector<std::string>& reasons) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  if (!found) found = load(reasons);
  return found;
}

const Library& library() { return *found.load(std::memory_order_relaxed); }

}  // namespace frac::tensorflow
