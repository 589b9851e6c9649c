#include "tensorflow/stream.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <unistd.h>
#endif

namespace frac::tensorflow {

namespace {

using StreamOf = void*(TF_OpKernelContext*);
using Version = const char*();

struct Loaded {
  StreamLibrary described;
  StreamOf* stream_of = nullptr;
};

#if defined(__linux__)

// "2.21" of "2.21.0". The layout of C++ classes does not change within such a release.
std::string release_of(const std::string& version) { return version.substr(0, version.find('.', version.find('.') + 1)); }

// The folder of the addon.
std::string own_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&stream_library), &info) || !info.dli_fname) return ".";
  const std::string file = info.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

Loaded load() {
  Loaded result;
  std::string &file = result.described.file, &reason = result.described.reason;
  const std::string version = library().TF_Version();
  file = own_folder() + "/tensorflow_stream_" + release_of(version) + ".so";
  if (access(file.c_str(), F_OK) != 0) {
    reason = "there is no " + file;
    return result;
  }
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // for the rest of the process, like the kernels
  if (!handle) {
    reason = dlerror();
    return result;
  }
  const auto made_for = reinterpret_cast<Version*>(dlsym(handle, "frac_tensorflow_stream_version"));
  const auto function = reinterpret_cast<StreamOf*>(dlsym(handle, "frac_tensorflow_stream"));
  if (!made_for || !function)
    reason = file + " does not export the functions of a stream library";
  else if (release_of(made_for()) != release_of(version))
    reason = file + " was built for TensorFlow " + made_for() + ", and this is " + version;
  else
    result.stream_of = function;
  return result;
}

#else

Loaded load() { return {{"", "TensorFlow's stream is available on Linux only"}}; }

#endif

const Loaded& loaded() {
  static const Loaded* result = new Loaded(load());
  return *result;
}

}  // namespace

const StreamLibrary& stream_library() { return loaded().described; }

cuda::Stream stream_of(TF_OpKernelContext* context) {
  const auto function = loaded().stream_of;
  return function ? static_cast<cuda::Stream>(function(context)) : nullptr;
}

}  // namespace frac::tensorflow
