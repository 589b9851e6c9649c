#include "ops/frac_depth/frac_depth_cuda.h"

#include "node/cuda/arguments.h"
#include "node/cuda/calls.h"

namespace frac::node::gpu {

Napi::Value frac_depth(const Napi::CallbackInfo& info) {
  OpArguments take("fracDepth", info);
  const Config f = take.config();
  void* out = take.output_row("out", take.state_size());
  const void* h = take.input_row("h", take.state_size());
  const void* y = take.input_row("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  take.finish();
  cuda::frac_depth(out, h, y, coefficients, f, take.launch());
  return info.Env().Undefined();
}

Napi::Value frac_depth_grad(const Napi::CallbackInfo& info) {
  OpArguments take("fracDepthGrad", info);
  const Config f = take.config();
  void* dh = take.output_row("dH", take.state_size());
  void* dy = take.output_row("dY", take.dim_size());
  float* d_alpha = take.output("dAlpha", take.alpha_size());
  float* d_beta = take.output("dBeta", take.beta_size());
  const void* h = take.input_row("h", take.state_size());
  const void* y = take.input_row("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const void* dout = take.input_row("dOut", take.state_size());
  take.finish();
  const cuda::Launch launch = take.launch(cuda::frac_depth_grad_workspace(f, coefficients, take.storage_type()));
  cuda::frac_depth_grad(dh, dy, d_alpha, d_beta, h, y, coefficients, dout, f, launch);
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
