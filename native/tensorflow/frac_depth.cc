#include "common/targets.h"
#include "common/thread_pool.h"
#include "ops/frac_depth/frac_depth_cuda.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_depth(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  float* out = call.output(call.state_shape());
  if constexpr (kHasGpu)
    if (call.on_gpu())
      return call.launch(0, [&](const auto& on) { cuda::frac_depth(out, h, y, coefficients, call.config(), on); });
  target().frac_depth(out, h, y, coefficients, call.config(), ThreadPool::shared());
}

void frac_depth_grad(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const float* dout = call.input("dout", call.state_shape());
  float* dh = call.output(call.state_shape());
  float* dy = call.output(call.dim_shape());
  float* dalpha = call.output(call.alpha_shape(), coefficients.alpha_per_token);
  float* dbeta = call.output(call.beta_shape(), coefficients.beta_per_token);
  if constexpr (kHasGpu)
    if (call.on_gpu())
      return call.launch(cuda::frac_depth_grad_workspace(call.config(), coefficients, kDtype), [&](const auto& on) {
        cuda::frac_depth_grad(dh, dy, dalpha, dbeta, h, y, coefficients, dout, call.config(), on);
      });
  target().frac_depth_grad(dh, dy, dalpha, dbeta, h, y, coefficients, dout, call.config(), ThreadPool::shared());
}

}  // namespace frac::tensorflow
