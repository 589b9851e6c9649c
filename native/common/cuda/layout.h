// How a kernel is laid out: threads, blocks, and what lies where in a block's shared memory. Worked out on the host (plan.h); a
// kernel's argument, so that what it says costs kernels no registers.
#pragma once

#include "common/config.h"

namespace frac::cuda {

struct Plan {
  int team_size, teams, stages, blocks;
  int columns;  // of the projection
  int sums_stride;
  bool vectors;  // whether rows move 16 bytes at a time between global and shared memory
  // Bytes from the start of shared memory: the teams' totals, the block's weights (projection and the pre-norm's gain, constants),
  // the teams' parts;
  int totals, weights, constants, team, team_bytes;
  // from the start of a team's part: sums, sums over tokens (of the projection's columns that registers have no room for, then of
  // the pre-norm), rows of its own, stages;
  int sums, over_tokens, own, stage, stage_bytes;
  int shared_columns;
  // From one thread's part of such rows to the next's: an odd number of 16 bytes, so that the accesses of neighbours fall into
  // different banks.
  int weights_step, over_tokens_step, own_step, stage_step;
  // and from the start of a stage, after its rows.
  int floats;
  int shared_bytes;
};

// What every kernel knows.
struct Setting {
  Config f;
  Plan plan;
};

// And of a width connection, if there is one.
struct Connection : Setting {
  Weights w;
  constexpr bool width() const { return w.static_alpha != nullptr; }
};

// alpha and beta of a token in one array: [N, K + 1], beta the last column.
inline constexpr int slots_of(int n, int k) { return n * (k + 1); }

}  // namespace frac::cuda
