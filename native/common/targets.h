// The CPU kernels, once an instruction set, and the choice between them when the program runs.
#pragma once

#include <string>
#include <vector>

#include "ops/frac_depth/frac_depth.h"
#include "ops/frac_depth_width/frac_depth_width.h"
#include "ops/frac_width/frac_width.h"

namespace frac {

// The kernels of one instruction set.
struct Target {
  const char* name;
  bool (*supported)();  // whether this machine runs it
  FracWidth* frac_width;
  FracWidthGrad* frac_width_grad;
  FracDepth* frac_depth;
  FracDepthGrad* frac_depth_grad;
  FracDepthWidth* frac_depth_width;
  FracDepthWidthGrad* frac_depth_width_grad;
};

// The target in use: the one set, or FRAC_CONNECTIONS_SIMD, or the best that this machine runs.
const Target& target();

// False, and nothing changed, if there is none of this name or this machine does not run it; "auto" gives the choice back.
bool set_target(const std::string& name);

// Those that this machine runs, best first.
std::vector<const Target*> supported_targets();

}  // namespace frac
