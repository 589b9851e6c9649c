// The implementation of each op for one call; each op has a file of its own. register.cc lists their inputs and
// outputs.
#pragma once

#include "tensorflow/call.h"

namespace frac::tensorflow {

void frac_width(Call& call);
void frac_width_grad(Call& call);
void frac_depth(Call& call);
void frac_depth_grad(Call& call);
void frac_depth_width(Call& call);
void frac_depth_width_grad(Call& call);
void frac_read(Call& call);
void frac_read_grad(Call& call);
void frac_depth_read(Call& call);
void frac_depth_read_grad(Call& call);

}  // namespace frac::tensorflow
