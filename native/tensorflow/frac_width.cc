#include "ops/frac_width/frac_width_kernels.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_width(Call& call) {
  const float* h = call.state("h");
  const Weights weights = call.weights();
  const Config& f = call.config();
  float* x = call.output(call.dim_shape());
  float* alpha = call.output(call.alpha_shape(), f.dynamic_alpha);
  float* beta = call.output(call.beta_shape(), f.dynamic_beta);
  call.run<FracWidthKernel>(x, alpha, beta, h, weights);
}

void frac_width_grad(Call& call) {
  const float* h = call.state("h");
  const Weights weights = call.weights();
  const Config& f = call.config();
  const float* dx = call.input("dx", call.dim_shape());
  const float* dalpha = call.input("dalpha", call.alpha_shape(), f.dynamic_alpha);
  const float* dbeta = call.input("dbeta", call.beta_shape(), f.dynamic_beta);
  const float* dstate = call.optional_state("dstate");
  float* dh = call.output(call.state_shape());
  const WeightGradients dweights = call.weight_gradients();
  call.run<FracWidthGradKernel>(dh, dweights, h, weights, dx, dalpha, dbeta, dstate);
}

}  // namespace frac::tensorflow
