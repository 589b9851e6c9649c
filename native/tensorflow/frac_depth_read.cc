#include "ops/frac_depth_read/frac_depth_read_kernels.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_depth_read(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Reading next = call.reading("next_alpha");
  float* out = call.output(call.state_shape());
  float* x = call.output(call.dim_shape());
  call.run<FracDepthReadKernel>(out, x, h, y, coefficients, next);
}

void frac_depth_read_grad(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Reading next = call.reading("next_alpha");
  const float* dout = call.input("dout", call.state_shape());
  const float* dx = call.input("dx", call.dim_shape());
  float* dh = call.output(call.state_shape());
  float* dy = call.output(call.dim_shape());
  float* dalpha = call.output(call.alpha_shape(), coefficients.alpha_per_token);
  float* dbeta = call.output(call.beta_shape(), coefficients.beta_per_token);
  const ReadingGradients dnext = call.reading_gradients(next);
  call.run<FracDepthReadGradKernel>(dh, dy, dalpha, dbeta, dnext, h, y, coefficients, next, dout, dx);
}

}  // namespace frac::tensorflow
