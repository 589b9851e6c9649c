// How a kernel is laid out: threads, blocks, and what lies where in a block's shared memory. Worked out on the host (plan.h); a
// kernel's argument, so that what it says costs kernels no registers.
#pragma once

#include "common/config.h"

namespace frac::cuda {

struct Plan {
  int team_size, teams, stages, blocks;
  int columns;  // of the projection
  int sums_stride;
  int pitch;     // values from one row to the next, of common kinds
  bool vectors;  // whether rows move 16 bytes at a time between global and shared memory, where they have no gap either
  // Bytes from the start of shared memory: the teams' totals, the block's weights (projection, the pre-norm's gain, bias and
  // mean), the teams' parts;
  int totals, weights, gamma, bias, team, team_bytes;
  // from the start of a team's part: sums, sums over tokens (of the projection's columns that registers have no room for, then of
  // the pre-norm), rows of its own, stages;
  int sums, over_tokens, own, stage, stage_bytes;
  int shared_columns;
  // and from the start of a stage, after its rows.
  int floats;
  int shared_bytes;
};

// What every kernel knows.
struct Setting {
  Config f;
  Plan plan;
};

// And what the kernels of a width connection do.
struct Connection : Setting {
  Weights w;
};

// alpha and beta of a token in one array: [N, K + 1], beta the last column.
inline constexpr int slots_of(int n, int k) { return n * (k + 1); }

}  // namespace frac::cuda
