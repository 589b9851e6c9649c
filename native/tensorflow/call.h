// One call of an op. Its inputs and outputs are taken in the order of the lists in register.cc.
#pragma once

#include <tuple>
#include <vector>

#include "common/cuda/cuda.h"
#include "common/thread_pool.h"
#include "tensorflow/device.h"
#include "tensorflow/options.h"

namespace frac::tensorflow {

class Call {
 public:
  // `status` is for calls of TensorFlow. On a GPU all inputs and outputs are device memory, which the host must not
  // read.
  Call(const Options& options, Device device, TF_OpKernelContext* context, Status& status);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Includes the number of tokens after state() was called.
  const Config& config() const { return config_; }

  // The next input. Throws Error unless its shape is [..., shape per token] or, if it is not per token, just that
  // shape.
  const float* state(const char* name);  // [..., N * C]: must come first, because it defines the number of tokens
  const float* input(const char* name, const Shape& shape, bool per_token = true);
  const float* optional_state(const char* name);  // [..., N * C] if the options have it; otherwise null, and the input is ignored
  Coefficients coefficients();  // alpha, then beta; each per token or static
  Weights weights();            // those that the options require; the other inputs are ignored
  Reading reading(const char* alpha);  // alpha, per token or static, then the gain of the pre-norm if the options have it

  // The next output.
  float* output(const Shape& shape, bool per_token = true);
  WeightGradients weight_gradients();  // the output of an absent weight is an empty tensor
  ReadingGradients reading_gradients(const Reading& of);

  // Runs the kernel (common/op_kernel.h) on the device of its tensors; on a GPU in order with TensorFlow's own work. A build
  // without CUDA kernels does not refer to them.
  template <typename Kernel, typename... Given>
  void run(const Given&... given) {
    if constexpr (kHasGpu) {
      if (on_gpu()) {
        const cuda::Launch launch = begin_launch(Kernel::workspace(std::tuple{given...}, config_, kDtype));
        Kernel::on_gpu(given..., config_, launch);
        return end_launch(launch);
      }
    }
    if constexpr (kHasCpu) Kernel::on_cpu(given..., config_, ThreadPool::shared());
  }

  Shape state_shape() const { return {1, {config_.state()}}; }
  Shape dim_shape() const { return {1, {config_.dim()}}; }
  Shape alpha_shape() const { return {2, {config_.n, config_.k()}}; }
  Shape beta_shape() const { return {1, {config_.n}}; }

 private:
  bool on_gpu() const { return device_ == Device::kGpu; }
  TF_Tensor* take();
  cuda::Launch begin_launch(size_t workspace);
  void end_launch(const cuda::Launch& launch);
  TF_Tensor* allocate(const std::vector<int64_t>& shape, size_t bytes);
  bool matches(const TF_Tensor* tensor, const Shape& shape, bool per_token) const;
  float* weight_gradient(const Shape& shape);
  const float* either(const char* name, const Shape& shape, bool& per_token);
  std::string show(const Shape& shape, bool per_token) const;

  const Options& options_;
  const Device device_;
  TF_OpKernelContext* const context_;
  Status& status_;
  Config config_;
  std::vector<int64_t> lead_;  // the shape of the tokens
  std::vector<TF_Tensor*> held_;
  int next_input_ = 0, next_output_ = 0;
  bool running_ = false;  // whether kernels run on a stream that is not ordered with TensorFlow's
};

}  // namespace frac::tensorflow
