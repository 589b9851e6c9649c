#include "common/targets.h"
#include "common/thread_pool.h"
#include "node/arguments.h"
#include "node/ops.h"

namespace frac::node {

Napi::Value frac_width(const Napi::CallbackInfo& info) {
  Arguments take("fracWidth", info);
  const Config f = take.config();
  float* x = take.output("x", take.dim_size());
  float* alpha = take.output("alpha", take.new_alpha_size());
  float* beta = take.output("beta", take.new_beta_size());
  const float* h = take.input("h", take.state_size());
  const Weights weights = take.weights();
  take.finish();
  target().frac_width(x, alpha, beta, h, weights, f, ThreadPool::shared());
  return info.Env().Undefined();
}

Napi::Value frac_width_grad(const Napi::CallbackInfo& info) {
  Arguments take("fracWidthGrad", info);
  const Config f = take.config();
  float* dh = take.output("dH", take.state_size());
  const WeightGradients d_weights = take.weight_gradients();
  const float* h = take.input("h", take.state_size());
  const Weights weights = take.weights();
  const float* dx = take.input("dX", take.dim_size());
  const float* d_alpha = take.input("dAlpha", take.new_alpha_size());
  const float* d_beta = take.input("dBeta", take.new_beta_size());
  const float* d_state = take.optional_input("dState", take.state_size());
  take.finish();
  target().frac_width_grad(dh, d_weights, h, weights, dx, d_alpha, d_beta, d_state, f, ThreadPool::shared());
  return info.Env().Undefined();
}

}  // namespace frac::node
