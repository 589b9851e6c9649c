#include "ops/frac_read/frac_read_kernels.h"
#include "tensorflow/ops.h"

namespace frac::tensorflow {

void frac_read(Call& call) {
  const float* h = call.state("h");
  const Reading given = call.reading("alpha");
  float* x = call.output(call.dim_shape());
  call.run<FracReadKernel>(x, h, given);
}

void frac_read_grad(Call& call) {
  const float* h = call.state("h");
  const Reading given = call.reading("alpha");
  const float* dx = call.input("dx", call.dim_shape());
  const float* dstate = call.optional_state("dstate");
  float* dh = call.output(call.state_shape());
  const ReadingGradients gradients = call.reading_gradients(given);
  call.run<FracReadGradKernel>(dh, gradients, h, given, dx, dstate);
}

}  // namespace frac::tensorflow
