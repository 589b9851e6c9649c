// How a kernel is laid out: threads, blocks, and what lies where in a block's shared memory. Worked out on the host (plan.h); a
// kernel's argument, so that what it says costs kernels no registers.
#pragma once

#include "common/config.h"

namespace frac::cuda {

struct Plan {
  int team_size, teams, stages, blocks;
  int columns;  // of the projection
  int sums_stride;
  bool tensor_cores;  // what has_tensor_cores says of the device
  bool vectors;  // whether rows move 16 bytes at a time between global and shared memory
  // Bytes from the start of shared memory: the teams' totals, the block's weights (projection and the pre-norm's gain, constants),
  // the teams' parts;
  int totals, weights, constants, team, team_bytes;
  // from the start of a team's part: sums, its threads' parts, coefficients that a stage loads;
  int sums, threads, floats, floats_bytes;
  // from one thread's part to the next's, of the weights and of a team's: an odd number of 16 bytes, so that the accesses of
  // neighbours fall into different banks;
  int weights_step, thread_step;
  // from the start of a thread's part of the weights, which begins with the projection: the pre-norm's gain, and the projection in
  // halves, for tensor cores. Where there are halves the floats are missing forward, and in a gradient that has no room for them: gain
  // is 0 then. A gradient has halves (zeros) for a static connection too, whose h . dx tensor cores form together with what would be the
  // projection.
  int gain, halves;
  bool multiplies;  // whether there are halves
  // from the start of a thread's part, where sums over tokens are (of the projection's columns that registers have no room for, then
  // of the pre-norm): rows of its own, the stages' rows.
  int own, stage, stage_bytes;
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
