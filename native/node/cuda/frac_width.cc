#include "ops/frac_width/frac_width_cuda.h"

#include "node/cuda/arguments.h"
#include "node/cuda/calls.h"

namespace frac::node::gpu {

Napi::Value frac_width(const Napi::CallbackInfo& info) {
  OpArguments take("fracWidth", info);
  const Config f = take.config();
  void* x = take.output_row("x", take.dim_size());
  float* alpha = take.output("alpha", take.new_alpha_size());
  float* beta = take.output("beta", take.new_beta_size());
  const void* h = take.input_row("h", take.state_size());
  const Weights weights = take.weights();
  take.finish();
  cuda::frac_width(x, alpha, beta, h, weights, f, take.launch());
  return info.Env().Undefined();
}

Napi::Value frac_width_grad(const Napi::CallbackInfo& info) {
  OpArguments take("fracWidthGrad", info);
  const Config f = take.config();
  void* dh = take.output_row("dH", take.state_size());
  const WeightGradients d_weights = take.weight_gradients();
  const void* h = take.input_row("h", take.state_size());
  const Weights weights = take.weights();
  const void* dx = take.input_row("dX", take.dim_size());
  const float* d_alpha = take.input("dAlpha", take.new_alpha_size());
  const float* d_beta = take.input("dBeta", take.new_beta_size());
  const void* d_state = take.optional_row("dState", take.state_size());
  take.finish();
  const cuda::Launch launch = take.launch(cuda::frac_width_grad_workspace(f, weights, take.storage_type()));
  cuda::frac_width_grad(dh, d_weights, h, weights, dx, d_alpha, d_beta, d_state, f, launch);
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
