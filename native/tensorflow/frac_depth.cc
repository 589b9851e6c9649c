#include "ops/frac_depth/frac_depth_kernels.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_depth(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  float* out = call.output(call.state_shape());
  call.run<FracDepthKernel>(out, h, y, coefficients);
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
  call.run<FracDepthGradKernel>(dh, dy, dalpha, dbeta, h, y, coefficients, dout);
}

}  // namespace frac::tensorflow
