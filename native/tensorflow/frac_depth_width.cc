#include "ops/frac_depth_width/frac_depth_width_kernels.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_depth_width(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Weights next = call.weights();
  const Config& f = call.config();
  float* out = call.output(call.state_shape());
  float* x = call.output(call.dim_shape());
  float* next_alpha = call.output(call.alpha_shape(), f.dynamic_alpha);
  float* next_beta = call.output(call.beta_shape(), f.dynamic_beta);
  call.run<FracDepthWidthKernel>(out, x, next_alpha, next_beta, h, y, coefficients, next);
}

void frac_depth_width_grad(Call& call) {
  const float* h = call.state("h");
  const float* y = call.input("y", call.dim_shape());
  const Coefficients coefficients = call.coefficients();
  const Weights next = call.weights();
  const Config& f = call.config();
  const float* dout = call.input("dout", call.state_shape());
  const float* dx = call.input("dx", call.dim_shape());
  const float* dnext_alpha = call.input("dnext_alpha", call.alpha_shape(), f.dynamic_alpha);
  const float* dnext_beta = call.input("dnext_beta", call.beta_shape(), f.dynamic_beta);
  float* dh = call.output(call.state_shape());
  float* dy = call.output(call.dim_shape());
  float* dalpha = call.output(call.alpha_shape(), coefficients.alpha_per_token);
  float* dbeta = call.output(call.beta_shape(), coefficients.beta_per_token);
  const WeightGradients dnext = call.weight_gradients();
  call.run<FracDepthWidthGradKernel>(dh, dy, dalpha, dbeta, dnext, h, y, coefficients, next, dout, dx,
                                     dnext_alpha, dnext_beta);
}

}  // namespace frac::tensorflow
