// How a kernel is laid out: threads, blocks, and what lies where in a block's shared memory. Worked out on the host (plan.h); a
// kernel's argument, so that what it says costs kernels no registers.
#pragma once

#include <cstdint>

namespace frac::cuda {

struct Plan {
  int team_size, teams, stages, blocks;
  int columns;  // of the projection
  int sums_stride;
  int64_t pitch;  // values from one row to the next
  // Bytes from the start of shared memory: the teams' totals, the block's weights (projection, the pre-norm's gain, bias and
  // mean), the teams' parts;
  int64_t totals, weights, gamma, bias, team, team_bytes;
  // from the start of a team's part: sums, the pre-norm's sums over tokens, rows of its own, stages;
  int64_t sums, prenorm, own, stage, stage_bytes;
  // and from the start of a stage, after its rows.
  int64_t floats;
  int64_t shared_bytes;
};

}  // namespace frac::cuda
