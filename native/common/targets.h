// The CPU kernels of each SIMD target, and the choice of a target at run time.
#pragma once

#include <string>
#include <vector>

#include "ops/frac_depth/frac_depth.h"
#include "ops/frac_depth_width/frac_depth_width.h"
#include "ops/frac_width/frac_width.h"

namespace frac {

// The kernels of one SIMD target.
struct Target {
  const char* name;
  bool (*supported)();  // whether this machine can run it
  FracWidth* frac_width;
  FracWidthGrad* frac_width_grad;
  FracDepth* frac_depth;
  FracDepthGrad* frac_depth_grad;
  FracDepthWidth* frac_depth_width;
  FracDepthWidthGrad* frac_depth_width_grad;
};

// The target in use: that of set_target, else that of FRAC_CONNECTIONS_SIMD, else the best one that this machine can
// run.
const Target& target();

// Sets the target by name; "auto" is the best one. Returns false and changes nothing if this machine cannot run it.
bool set_target(const std::string& name);

// The targets that this machine can run, best first.
std::vector<const Target*> supported_targets();

}  // namespace frac
