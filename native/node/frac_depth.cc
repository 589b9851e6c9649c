#include "common/targets.h"
#include "common/thread_pool.h"
#include "node/arguments.h"
#include "node/ops.h"

namespace frac::node {

Napi::Value frac_depth(const Napi::CallbackInfo& info) {
  Arguments take("fracDepth", info);
  const Config f = take.config();
  float* out = take.output("out", take.state_size());
  const float* h = take.input("h", take.state_size());
  const float* y = take.input("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  take.finish();
  target().frac_depth(out, h, y, coefficients, f, ThreadPool::shared());
  return info.Env().Undefined();
}

Napi::Value frac_depth_grad(const Napi::CallbackInfo& info) {
  Arguments take("fracDepthGrad", info);
  const Config f = take.config();
  float* dh = take.output("dH", take.state_size());
  float* dy = take.output("dY", take.dim_size());
  float* d_alpha = take.output("dAlpha", take.alpha_size());
  float* d_beta = take.output("dBeta", take.beta_size());
  const float* h = take.input("h", take.state_size());
  const float* y = take.input("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const float* dout = take.input("dOut", take.state_size());
  take.finish();
  target().frac_depth_grad(dh, dy, d_alpha, d_beta, h, y, coefficients, dout, f, ThreadPool::shared());
  return info.Env().Undefined();
}

}  // namespace frac::node
