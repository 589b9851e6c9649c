// What each op does in a call, one file an op. Their inputs and outputs are listed in register.cc.
#pragma once

#include "tensorflow/call.h"

namespace frac::tensorflow {

void frac_width(Call& call);
void frac_width_grad(Call& call);
void frac_depth(Call& call);
void frac_depth_grad(Call& call);
void frac_depth_width(Call& call);
void frac_depth_width_grad(Call& call);

}  // namespace frac::tensorflow
