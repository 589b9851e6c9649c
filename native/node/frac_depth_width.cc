#include "common/targets.h"
#include "common/thread_pool.h"
#include "node/arguments.h"
#include "node/ops.h"

namespace frac::node {

Napi::Value frac_depth_width(const Napi::CallbackInfo& info) {
  Arguments take("fracDepthWidth", info);
  const Config f = take.config();
  float* out = take.output("out", take.state_size());
  float* x = take.output("x", take.dim_size());
  float* new_alpha = take.output("nextAlpha", take.new_alpha_size());
  float* new_beta = take.output("nextBeta", take.new_beta_size());
  const float* h = take.input("h", take.state_size());
  const float* y = take.input("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const Weights next = take.weights();
  take.finish();
  target().frac_depth_width(out, x, new_alpha, new_beta, h, y, coefficients, next, f, ThreadPool::shared());
  return info.Env().Undefined();
}

Napi::Value frac_depth_width_grad(const Napi::CallbackInfo& info) {
  Arguments take("fracDepthWidthGrad", info);
  const Config f = take.config();
  float* dh = take.output("dH", take.state_size());
  float* dy = take.output("dY", take.dim_size());
  float* d_alpha = take.output("dAlpha", take.alpha_size());
  float* d_beta = take.output("dBeta", take.beta_size());
  const WeightGradients d_next = take.weight_gradients();
  const float* h = take.input("h", take.state_size());
  const float* y = take.input("y", take.dim_size());
  const Coefficients coefficients = take.coefficients();
  const Weights next = take.weights();
  const float* dout = take.input("dOut", take.state_size());
  const float* dx = take.input("dX", take.dim_size());
  const float* d_new_alpha = take.input("dNextAlpha", take.new_alpha_size());
  const float* d_new_beta = take.input("dNextBeta", take.new_beta_size());
  take.finish();
  target().frac_depth_width_grad(dh, dy, d_alpha, d_beta, d_next, h, y, coefficients, next, dout, dx, d_new_alpha,
                                 d_new_beta, f, ThreadPool::shared());
  return info.Env().Undefined();
}

}  // namespace frac::node
