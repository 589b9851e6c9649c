// One row of the table in targets.cc. Compiled once per SIMD target, like the kernels.
#include "common/targets.h"

#define FRAC_STRING_OF(x) #x
#define FRAC_STRING(x) FRAC_STRING_OF(x)

namespace frac::FRAC_TARGET {

FracWidth frac_width;
FracWidthGrad frac_width_grad;
FracDepth frac_depth;
FracDepthGrad frac_depth_grad;
FracDepthWidth frac_depth_width;
FracDepthWidthGrad frac_depth_width_grad;

Target target(bool (*supported)()) {
  return {FRAC_STRING(FRAC_TARGET), supported,       frac_width,       frac_width_grad,
          frac_depth,               frac_depth_grad, frac_depth_width, frac_depth_width_grad};
}

}  // namespace frac::FRAC_TARGET
