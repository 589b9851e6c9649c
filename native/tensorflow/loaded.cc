#include "tensorflow/loaded.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif
#if defined(__APPLE__)
#include <mach-o/dyld.h>

#include <cstring>
#endif

namespace frac::tensorflow {

namespace {

// TensorFlow's C archive has "tensorflow" with the C API, and "tensorflow_framework" but for Windows. Its wheel has
// "tensorflow_framework" and "tensorflow_cc".

#if defined(_WIN32)

constexpr const wchar_t* kFiles[] = {L"tensorflow.dll", L"tensorflow_framework.2.dll", L"tensorflow_cc.2.dll"};

void* find_loaded(const wchar_t* file) {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN, file, &module);
  return module;
}

void* symbol_of(void* file, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(file), name));
}

#else

#if defined(__APPLE__)

constexpr const char* kFiles[] = {"libtensorflow.2.", "libtensorflow_framework.2.", "libtensorflow_cc.2."};

// By the path under which it was loaded: dlopen does not find a library by its name alone, as it does on Linux. The name may go on
// with the rest of the version.
void* find_loaded(const char* beginning) {
  for (uint32_t i = 0; i < _dyld_image_count(); ++i) {
    const char* path = _dyld_get_image_name(i);
    const char* slash = path ? std::strrchr(path, '/') : nullptr;
    if (slash && std::strncmp(slash + 1, beginning, std::strlen(beginning)) == 0)
      return dlopen(path, RTLD_NOLOAD | RTLD_LAZY);
  }
  return nullptr;
}

#else

constexpr const char* kFiles[] = {"libtensorflow_framework.so.2", "libtensorflow.so.2", "libtensorflow_cc.so.2"};

void* find_loaded(const char* file) { return dlopen(file, RTLD_NOLOAD | RTLD_LAZY); }

#endif

void* symbol_of(void* file, const char* name) { return dlsym(file, name); }

#endif

}  // namespace

std::vector<void*> loaded_files() {
  std::vector<void*> files;
  for (const auto* name : kFiles)
    if (void* file = find_loaded(name)) files.push_back(file);
  return files;
}

void* find_symbol(const std::vector<void*>& files, const char* name) {
  for (void* file : files)
    if (void* symbol = symbol_of(file, name)) return symbol;
  return nullptr;
}

}  // namespace frac::tensorflow
