#include "tensorflow/call.h"

#include "common/cuda/wait.h"
#include "tensorflow/buffers.h"
#include "tensorflow/error.h"
#include "tensorflow/stream.h"

namespace frac::tensorflow {

namespace {

std::string show(const std::vector<int64_t>& shape) {
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

Error wrong(const char* name, const std::string& rule, const TF_Tensor* got) {
  std::vector<int64_t> shape(library().TF_NumDims(got));
  for (size_t i = 0; i < shape.size(); ++i) shape[i] = library().TF_Dim(got, int(i));
  return Error(std::string(name) + " must be " + rule + ", got " + show(shape));
}

const float* data_of(const TF_Tensor* tensor) { return static_cast<const float*>(library().TF_TensorData(tensor)); }

}  // namespace

Call::Call(const Options& options, Device device, TF_OpKernelContext* context, Status& status)
    : options_(options), device_(device), context_(context), status_(status), config_(options.config) {
  held_.reserve(40);  // more than the inputs and outputs of any op, so that push_back cannot fail
}

Call::~Call() {
  if constexpr (kHasGpu)
    if (running_) cuda::drain();  // a launch failed, but an earlier one may still use the tensors
  for (TF_Tensor* tensor : held_) library().TF_DeleteTensor(tensor);
}

// TensorFlow checks the type, because the ops are defined for float inputs only.
TF_Tensor* Call::take() {
  TF_Tensor* tensor = nullptr;
  library().TF_GetInput(context_, next_input_++, &tensor, status_);
  if (tensor) held_.push_back(tensor);
  check(status_);
  return tensor;
}

bool Call::matches(const TF_Tensor* tensor, const Shape& shape, bool per_token) const {
  const int lead = per_token ? int(lead_.size()) : 0;
  if (library().TF_NumDims(tensor) != lead + shape.rank) return false;
  for (int i = 0; i < lead; ++i)
    if (library().TF_Dim(tensor, i) != lead_[i]) return false;
  for (int i = 0; i < shape.rank; ++i)
    if (library().TF_Dim(tensor, lead + i) != shape.sizes[i]) return false;
  return true;
}

std::string Call::show(const Shape& shape, bool per_token) const {
  std::vector<int64_t> whole(shape.sizes, shape.sizes + shape.rank);
  if (per_token) whole.insert(whole.begin(), lead_.begin(), lead_.end());
  return tensorflow::show(whole);
}

const float* Call::state(const char* name) {
  const TF_Tensor* tensor = take();
  const int rank = library().TF_NumDims(tensor);
  if (rank == 0 || library().TF_Dim(tensor, rank - 1) != config_.state())
    throw wrong(name, "[..., " + std::to_string(config_.state()) + "]", tensor);
  config_.tokens = 1;
  for (int i = 0; i < rank - 1; ++i) {
    lead_.push_back(library().TF_Dim(tensor, i));
    config_.tokens *= lead_[i];
  }
  return data_of(tensor);
}

const float* Call::input(const char* name, const Shape& shape, bool per_token) {
  const TF_Tensor* tensor = take();
  if (!matches(tensor, shape, per_token)) throw wrong(name, show(shape, per_token), tensor);
  return data_of(tensor);
}

const float* Call::optional_state(const char* name) {
  if (options_.state) return input(name, state_shape());
  ++next_input_;
  return nullptr;
}

const float* Call::either(const char* name, const Shape& shape, bool& per_token) {
  const TF_Tensor* tensor = take();
  per_token = matches(tensor, shape, true);
  if (!per_token && !matches(tensor, shape, false))
    throw wrong(name, show(shape, false) + " or " + show(shape, true), tensor);
  return data_of(tensor);
}

Coefficients Call::coefficients() {
  Coefficients given;
  given.alpha = either("alpha", alpha_shape(), given.alpha_per_token);
  given.beta = either("beta", beta_shape(), given.beta_per_token);
  return given;
}

Reading Call::reading(const char* alpha) {
  Reading given{};
  given.alpha = either(alpha, alpha_shape(), given.per_token);
  const Shape& gamma = options_.weight_shapes[kPrenormGamma];
  if (gamma.rank == 0)
    ++next_input_;
  else
    given.prenorm_gamma = input(kWeightNames[kPrenormGamma], gamma, false);
  return given;
}

Weights Call::weights() {
  Weights weights{};
  for (int i = 0; i < kWeights; ++i) {
    const Shape& shape = options_.weight_shapes[i];
    if (shape.rank == 0)
      ++next_input_;
    else
      weights.*kWeightMembers<const float>[i] = input(kWeightNames[i], shape, false);
  }
  return weights;
}

float* Call::output(const Shape& shape, bool per_token) {
  std::vector<int64_t> whole;
  whole.reserve(lead_.size() + 2);
  if (per_token) whole = lead_;
  whole.insert(whole.end(), shape.sizes, shape.sizes + shape.rank);
  size_t bytes = sizeof(float);
  for (int64_t size : whole) bytes *= size;
  TF_Tensor* tensor = allocate(whole, bytes);
  return static_cast<float*>(library().TF_TensorData(tensor));
}

TF_Tensor* Call::allocate(const std::vector<int64_t>& shape, size_t bytes) {
  const int rank = int(shape.size()), index = next_output_++;
  TF_Tensor* tensor = nullptr;
  if (on_gpu() || bytes < Buffers::kLeast) {  // on a GPU TensorFlow's own allocator keeps memory
    tensor = library().TF_AllocateOutput(context_, index, kFloat, shape.data(), rank, bytes, status_);
    if (tensor) held_.push_back(tensor);
  } else {
    const auto give_back = [](void* data, size_t, void*) { Buffers::shared().give(data); };
    tensor = library().TF_NewTensor(kFloat, shape.data(), rank, Buffers::shared().take(bytes), bytes, give_back, nullptr);
    held_.push_back(tensor);
    library().TF_SetOutput(context_, index, tensor, status_);
  }
  check(status_);
  return tensor;
}

#if defined(FRAC_CUDA)

// On TensorFlow's stream nothing has to wait. The workspace is safe too: its next user is on the same stream, after
// these kernels. If the stream is unknown, the kernels run on CUDA's default stream, which is not ordered with
// TensorFlow's. Then the call waits for TensorFlow's work before the kernels, and for the kernels before it returns.
cuda::Launch Call::begin_launch(size_t workspace) {
  cuda::Launch launch{kDtype, stream_of(context_), nullptr};
  if (workspace > 0) {
    const int64_t size = int64_t(workspace);
    TF_AllocatorAttributes on_device;
    TF_Tensor* tensor = library().TF_AllocateTemp(context_, kByte, &size, 1, &on_device, status_);
    if (tensor) held_.push_back(tensor);
    check(status_);
    launch.workspace = library().TF_TensorData(tensor);
  }
  if (!launch.stream) {
    cuda::synchronize();
    running_ = true;
  }
  return launch;
}

void Call::end_launch(const cuda::Launch& launch) {
  if (launch.stream) return;
  cuda::synchronize();
  running_ = false;
}

#endif

float* Call::weight_gradient(const Shape& shape) {
  float* data = output(shape.rank == 0 ? Shape{1, {0}} : shape, false);
  return shape.rank == 0 ? nullptr : data;
}

WeightGradients Call::weight_gradients() {
  WeightGradients gradients{};
  for (int i = 0; i < kWeights; ++i) gradients.*kWeightMembers<float>[i] = weight_gradient(options_.weight_shapes[i]);
  return gradients;
}

ReadingGradients Call::reading_gradients(const Reading& of) {
  ReadingGradients gradients{};
  gradients.alpha = output(alpha_shape(), of.per_token);
  gradients.prenorm_gamma = weight_gradient(options_.weight_shapes[kPrenormGamma]);
  return gradients;
}

}  // namespace frac::tensorflow
