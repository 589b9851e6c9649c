#include "tensorflow/register.h"

#include <mutex>
#include <new>
#include <utility>

#include "tensorflow/error.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

namespace {

using Names = std::vector<std::string>;

Names operator+(Names a, const Names& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Names weights(const std::string& prefix = "") {
  Names names;
  for (const char* name : kWeightNames) names.push_back(prefix + name);
  return names;
}

struct Op {
  const char* name;
  Names inputs, outputs;  // all float32
  void (*run)(Call&);     // on any device
};

// One line per op.
const Op kOps[] = {
    {"FracWidth", Names{"h"} + weights(), {"x", "alpha", "beta"}, frac_width},
    {"FracWidthGrad", Names{"h"} + weights() + Names{"dx", "dalpha", "dbeta", "dstate"}, Names{"dh"} + weights("d"),
     frac_width_grad},
    {"FracDepth", {"h", "y", "alpha", "beta"}, {"out"}, frac_depth},
    {"FracDepthGrad", {"h", "y", "alpha", "beta", "dout"}, {"dh", "dy", "dalpha", "dbeta"}, frac_depth_grad},
    {"FracDepthWidth", Names{"h", "y", "alpha", "beta"} + weights(), {"out", "x", "next_alpha", "next_beta"},
     frac_depth_width},
    {"FracDepthWidthGrad",
     Names{"h", "y", "alpha", "beta"} + weights() + Names{"dout", "dx", "dnext_alpha", "dnext_beta"},
     Names{"dh", "dy", "dalpha", "dbeta"} + weights("d"), frac_depth_width_grad},
    {"FracRead", {"h", "alpha", "prenorm_gamma"}, {"x"}, frac_read},
    {"FracReadGrad", {"h", "alpha", "prenorm_gamma", "dx", "dstate"}, {"dh", "dalpha", "dprenorm_gamma"}, frac_read_grad},
    {"FracDepthRead", {"h", "y", "alpha", "beta", "next_alpha", "prenorm_gamma"}, {"out", "x"}, frac_depth_read},
    {"FracDepthReadGrad",
     {"h", "y", "alpha", "beta", "next_alpha", "prenorm_gamma", "dout", "dx"},
     {"dh", "dy", "dalpha", "dbeta", "dnext_alpha", "dprenorm_gamma"},
     frac_depth_read_grad},
};
constexpr size_t kCount = sizeof kOps / sizeof *kOps;

// Converts anything that body() throws to a status, because no exception may reach TensorFlow.
template <typename Body>
void guard(const Op& op, TF_Status* status, Body body) {
  const auto fail = [&](int code, const char* what) {
    library().TF_SetStatus(status, code, (std::string(op.name) + ": " + what).c_str());
  };
  try {
    body();
  } catch (const Error& error) {
    fail(error.code, error.what());
  } catch (const std::bad_alloc&) {
    fail(kResourceExhausted, "out of memory");
  } catch (const std::exception& error) {
    fail(kInternal, error.what());
  } catch (...) {
    fail(kInternal, "unknown error");
  }
}

// TensorFlow's callbacks have no argument that identifies the op, so each op has callbacks of its own.
template <size_t I>
struct Callbacks {
  static void* create(TF_OpKernelConstruction* construction) {
    Status status;
    Options* options = nullptr;
    guard(kOps[I], status, [&] { options = new Options(read_options(construction)); });
    if (!status.ok()) library().TF_OpKernelConstruction_Failure(construction, status);
    return options;
  }

  template <Device device>
  static void compute(void* options, TF_OpKernelContext* context) {
    Status status;
    guard(kOps[I], status, [&] {
      Call call(*static_cast<Options*>(options), device, context, status);
      kOps[I].run(call);
    });
    if (!status.ok()) library().TF_OpKernelContext_Failure(context, status);
  }

  static void destroy(void* options) { delete static_cast<Options*>(options); }
};

void define(const Op& op) {
  TF_OpDefinitionBuilder* builder = library().TF_NewOpDefinitionBuilder(op.name);
  for (const auto& name : op.inputs) library().TF_OpDefinitionBuilderAddInput(builder, (name + ": float").c_str());
  for (const auto& name : op.outputs) library().TF_OpDefinitionBuilderAddOutput(builder, (name + ": float").c_str());
  library().TF_OpDefinitionBuilderAddAttr(builder, (std::string(kOptionsAttribute) + ": string").c_str());
  library().TF_OpDefinitionBuilderSetShapeInferenceFunction(
      builder, [](TF_ShapeInferenceContext* context, TF_Status* status) {
        library().TF_ShapeInferenceContextSetUnknownShape(context, status);
      });
  Status status;
  library().TF_RegisterOpDefinition(builder, status);  // takes ownership of the builder
  check(status);
}

template <size_t I>
void provide(const char* device, ComputeKernel* compute) {
  using Of = Callbacks<I>;
  const Op& op = kOps[I];
  Status status;
  TF_KernelBuilder* builder = library().TF_NewKernelBuilder(op.name, device, Of::create, compute, Of::destroy);
  // Takes ownership of the builder.
  library().TF_RegisterKernelBuilder((std::string(op.name) + device).c_str(), builder, status);
  check(status);
}

// TensorFlow ends the process if an op is defined twice, so this checks first.
void check_free(const Op& op) {
  if (!devices_of(op.name).empty())
    throw Error(std::string("another copy of this addon in this process has already defined ") + op.name);
}

template <size_t... I>
void register_all(std::index_sequence<I...>) {
  for (const Op& op : kOps) check_free(op);
  for (const Op& op : kOps) define(op);
  (provide<I>("CPU", Callbacks<I>::template compute<kHasCpu ? Device::kCpu : Device::kGpu>), ...);
  if constexpr (kHasGpu) (provide<I>("GPU", Callbacks<I>::template compute<Device::kGpu>), ...);
}

}  // namespace

// Parses TensorFlow's message of type KernelList. In each kernel, field 1 is the name of the op and field 2 that of the
// device; a field is a tag, a length, and the characters.
std::vector<std::string> devices_of(const std::string& op) {
  Status status;
  TF_Buffer* kernels = library().TF_GetRegisteredKernelsForOp(op.c_str(), status);
  const std::string message = kernels ? std::string(static_cast<const char*>(kernels->data), kernels->length) : "";
  if (kernels) library().TF_DeleteBuffer(kernels);
  check(status);
  const std::string before = "\n" + std::string(1, char(op.size())) + op + "\x12";
  std::vector<std::string> devices;
  for (size_t at = message.find(before); at != std::string::npos; at = message.find(before, at + 1)) {
    const size_t length = at + before.size();
    if (length < message.size()) devices.push_back(message.substr(length + 1, message[length]));
  }
  return devices;
}

Registration register_ops() {
  static std::mutex mutex;
  static Registration done;
  std::lock_guard<std::mutex> lock(mutex);
  if (!done.version.empty()) return done;
  Registration result;
  if (!find_library(result.reasons)) return result;
  result.version = library().TF_Version();
  try {
    register_all(std::make_index_sequence<kCount>());
  } catch (const std::exception& error) {
    result.reasons.push_back(error.what());
  }
  return done = result;
}

}  // namespace frac::tensorflow
