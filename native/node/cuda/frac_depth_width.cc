#include "ops/frac_depth_width/frac_depth_width_cuda.h"

#include "node/cuda/arguments.h"
#include "node/cuda/calls.h"

namespace frac::node::gpu {

Napi::Value frac_depth_width(const Napi::CallbackInfo& info) {
  OpArguments take("fracDepthWidth", info);
  const Config f = take.config();
  void* out = take.output_row("out", take.state_size());
  void* x = take.output_row("x", take.dim_size());
  float* new_alpha = take.output("nextAlpha", take.new_alpha_size());
  float* new_beta = take.output("nextBeta", take.new_beta_size());
  const void* h = take.input_row("h", take.state_size());
  const void* y = take.input_row("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const Weights next = take.weights();
  take.finish();
  cuda::frac_depth_width(out, x, new_alpha, new_beta, h, y, coefficients, next, f, take.launch());
  return info.Env().Undefined();
}

Napi::Value frac_depth_width_grad(const Napi::CallbackInfo& info) {
  OpArguments take("fracDepthWidthGrad", info);
  const Config f = take.config();
  void* dh = take.output_row("dH", take.state_size());
  void* dy = take.output_row("dY", take.dim_size());
  float* d_alpha = take.output("dAlpha", take.alpha_size());
  float* d_beta = take.output("dBeta", take.beta_size());
  const WeightGradients d_next = take.weight_gradients();
  const void* h = take.input_row("h", take.state_size());
  const void* y = take.input_row("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const Weights next = take.weights();
  const void* dout = take.input_row("dOut", take.state_size());
  const void* dx = take.input_row("dX", take.dim_size());
  const float* d_new_alpha = take.input("dNextAlpha", take.new_alpha_size());
  const float* d_new_beta = take.input("dNextBeta", take.new_beta_size());
  take.finish();
  const size_t workspace = cuda::frac_depth_width_grad_workspace(f, coefficients, next, take.storage_type());
  cuda::frac_depth_width_grad(dh, dy, d_alpha, d_beta, d_next, h, y, coefficients, next, dout, dx, d_new_alpha,
                              d_new_beta, f, take.launch(workspace));
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
