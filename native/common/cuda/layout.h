// The launch plan of a kernel: threads, blocks, and the layout of a block's shared memory. The host computes it
// (plan.h). It is an argument of the kernel, so that its values need no registers.
#pragma once

#include "common/config.h"

namespace frac::cuda {

struct Plan {
  int team_size, teams, stages, blocks;
  int columns;  // of the projection
  int sums_stride;
  bool tensor_cores;  // see has_tensor_cores
  bool vectors;  // whether rows move 16 bytes at a time between global and shared memory
  // Byte offsets from the start of shared memory: the teams' totals, the block's weights (projection and gain of the
  // pre-norm), the constants, and the teams' parts.
  int totals, weights, constants, team, team_bytes;
  // Byte offsets from the start of a team's part: its sums, its threads' parts, and the coefficients of a stage.
  int sums, threads, floats, floats_bytes;
  // Bytes between the parts of neighbouring threads, in the weights and in a team's part: an odd multiple of 16, to
  // avoid bank conflicts.
  int weights_step, thread_step;
  // Byte offsets from the start of a thread's part of the weights, which begins with the projection as floats: the gain
  // of the pre-norm, and the projection as pairs of half-precision values, for tensor cores. With the pairs, the
  // forward pass has no floats, and neither has a backward pass without room for them; `gain` is 0 then. A backward
  // pass has pairs (zeros) for a static connection too, because the same tensor core products also compute h . dx.
  int gain, halves;
  bool multiplies;  // whether there are pairs of half-precision values
  // Byte offsets from the start of a thread's part: its own rows, and the rows of a stage. The part begins with sums
  // over tokens: those of the projection's columns that do not fit in registers, then those of the pre-norm.
  int own, stage, stage_bytes;
  int shared_bytes;
};

// The arguments of every kernel.
struct Setting {
  Config f;
  Plan plan;
};

// Whether there is a width connection. Without tokens, alpha's rows may be null.
constexpr bool has_width(const Weights& w, const Config& f) { return w.static_alpha != nullptr || f.alpha_rows; }

// The arguments of a kernel that may have a width connection.
struct Connection : Setting {
  Weights w;
  constexpr bool width() const { return has_width(w, f); }
};

// The size of alpha and beta of a token in one array: [N, K + 1], with beta as the last column.
inline constexpr int slots_of(int n, int k) { return n * (k + 1); }

}  // namespace frac::cuda
