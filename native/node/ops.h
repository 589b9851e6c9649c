// The ops as JavaScript calls them.
//
// ops/<stem>.h describes each op once, for the CPU and for devices: its name, its kernel and its arguments.
// Arguments come in this order:
//   1. on a device: the stream and the storage type (OpArguments in node/cuda/call_op.h)
//   2. sizes and flags (Arguments::config)
//   3. outputs, then inputs, in the order of the kernel's own parameters: arguments(take), where `take` is CpuArguments
//      or OpArguments. A row has the storage type, everything else is float32. Braces keep the order of the calls.
#pragma once

#include "node/ops/frac_depth.h"
#include "node/ops/frac_depth_read.h"
#include "node/ops/frac_depth_width.h"
#include "node/ops/frac_read.h"
#include "node/ops/frac_width.h"

namespace frac::node {

// Calls visit(op) for each op.
template <typename Visit>
void each_op(Visit visit) {
  visit(FracWidthCall{});
  visit(FracWidthGradCall{});
  visit(FracDepthCall{});
  visit(FracDepthGradCall{});
  visit(FracDepthWidthCall{});
  visit(FracDepthWidthGradCall{});
  visit(FracReadCall{});
  visit(FracReadGradCall{});
  visit(FracDepthReadCall{});
  visit(FracDepthReadGradCall{});
}

}  // namespace frac::node
