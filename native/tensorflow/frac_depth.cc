#include "common/targets.h"
#include "ops/frac_depth/frac_depth_cuda.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_depth(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Config& f = call.config();
  float* out = call.output(call.state_shape());
  call.run(kNoWorkspace,
           [&](const cuda::Launch& launch) { cuda::frac_depth(out, h, y, coefficients, f, launch); },
           [&](ThreadPool& pool) { target().frac_depth(out, h, y, coefficients, f, pool); });
}

void frac_depth_grad(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Config& f = call.config();
  const float* dout = call.input("dout", call.state_shape());
  float* dh = call.output(call.state_shape());
  float* dy = call.output(call.dim_shape());
  float* dalpha = call.output(call.alpha_shape(), coefficients.alpha_per_token);
  float* dbeta = call.output(call.beta_shape(), coefficients.beta_per_token);
  call.run([&] { return cuda::frac_depth_grad_workspace(f, coefficients, kDtype); },
           [&](const cuda::Launch& launch) {
             cuda::frac_depth_grad(dh, dy, dalpha, dbeta, h, y, coefficients, dout, f, launch);
           },
           [&](ThreadPool& pool) { target().frac_depth_grad(dh, dy, dalpha, dbeta, h, y, coefficients, dout, f, pool); });
}

}  // namespace frac::tensorflow
