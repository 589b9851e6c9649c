#include "tensorflow/library.h"

#include <atomic>
#include <mutex>

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace frac::tensorflow {

namespace {

std::atomic<const Library*> found{nullptr};

#if defined(__linux__)

// The files with TensorFlow's C API. TensorFlow's C archive has the first two, its wheel the first and the last.
constexpr const char* kFiles[] = {"libtensorflow_framework.so.2", "libtensorflow.so.2", "libtensorflow_cc.so.2"};

// The handles stay open, because registered kernels may be called until the process ends.
std::vector<void*> loaded_files() {
  std::vector<void*> handles;
  for (const char* file : kFiles)
    if (void* handle = dlopen(file, RTLD_NOLOAD | RTLD_LAZY)) handles.push_back(handle);
  return handles;
}

void* find_symbol(const std::vector<void*>& handles, const char* name) {
  for (void* handle : handles)
    if (void* symbol = dlsym(handle, name)) return symbol;
  return nullptr;
}

const Library* load(std::vector<std::string>& reasons) {
  const std::vector<void*> handles = loaded_files();
  if (handles.empty()) {
    reasons.push_back("no TensorFlow library is loaded in this process");
    return nullptr;
  }
  Library functions;
#define FRAC_FIND(result, name, arguments)                                                                 \
  functions.name = reinterpret_cast<decltype(functions.name)>(find_symbol(handles, #name));                \
  if (!functions.name) reasons.push_back("the TensorFlow library in this process has no function " #name);
  FRAC_TENSORFLOW_FUNCTIONS(FRAC_FIND)
#undef FRAC_FIND
  return reasons.empty() ? new Library(functions) : nullptr;  // for the rest of the process, like the kernels
}

#else

const Library* load(std::vector<std::string>& reasons) {
  reasons.push_back("ops inside TensorFlow are supported on Linux only");
  return nullptr;
}

#endif

}  // namespace

const Library* find_library(std::vector<std::string>& reasons) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  if (!found) found = load(reasons);
  return found;
}

const Library& library() { return *found.load(std::memory_order_relaxed); }

}  // namespace frac::tensorflow
