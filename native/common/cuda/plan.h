// Computes the launch plan of a kernel on a device (layout.h).
#pragma once

#include <algorithm>
#include <climits>
#include <cstdint>

#include "common/cuda/code.h"
#include "common/cuda/cuda.h"
#include "common/cuda/device.h"
#include "common/cuda/layout.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// The shared memory that an op needs.
struct Needs {
  int rows;                // rows per token in the storage type, loaded in advance; results overwrite them
  int floats;              // coefficients per token, loaded in advance
  int own_rows;            // further rows per team, if they are not in registers or tensor cores read them
  bool width;              // a width connection's weights
  bool prenorm;
  bool gradient;
};

constexpr int padded(int bytes) { return (bytes + kAccess - 1) / kAccess * kAccess; }

// Bytes between the parts of neighbouring threads in a common variant, for parts of `bytes` bytes.
template <typename S>
constexpr int step_of(int bytes) {
  return !S::kCommon || bytes == 0 ? 0 : padded(bytes) / kAccess % 2 == 1 ? padded(bytes) : padded(bytes) + kAccess;
}

// Lays out shared memory. Returns false if it does not fit the device. `as_floats` says whether the projection is
// stored as floats too.
template <typename S>
bool lay_out(Plan& p, int teams, int stages, bool as_floats, const Needs& needs, const Config& f, const Device& device) {
  using T = typename S::T;
  p.teams = teams, p.stages = stages;
  const int floats = 4 * S::E, row = S::E * int(sizeof(T)), gain = needs.prenorm ? f.m : 0;
  p.tensor_cores = device.tensor_cores;
  const bool products = S::kProducts && p.tensor_cores;
  p.sums_stride = sum_slots(f, products);
  p.totals = 0;
  p.weights = needs.gradient ? padded(4 * teams * totals_floats(f)) : 0;
  p.columns = needs.width ? columns_of(f) : 0;
  p.gain = as_floats ? p.columns * floats : 0;
  p.halves = p.gain + gain * floats;
  p.multiplies = products && needs.width && (needs.gradient || p.columns > 0);
  p.weights_step = step_of<S>(p.halves + (p.multiplies ? 2 * (f.k() + 1) * row : 0));
  p.constants = p.weights + p.team_size * p.weights_step;
  p.team = p.constants + (needs.width ? padded(4 * constant_floats(f)) : 0);
  p.sums = padded(4 * scratch_floats(f));
  p.threads = p.sums + padded(4 * p.team_size / kWarp * p.sums_stride);
  p.own = needs.gradient && needs.width ? (kSharedColumns<S> + gain) * floats : 0;
  p.stage = p.own + (S::kHolds && !products ? 0 : needs.own_rows * row);
  p.stage_bytes = needs.rows * row;
  p.thread_step = step_of<S>(p.stage + stages * p.stage_bytes);
  p.floats = p.threads + p.team_size * p.thread_step;
  p.floats_bytes = S::kCommon ? padded(4 * needs.floats) : 0;
  p.team_bytes = p.floats + stages * p.floats_bytes;
  p.shared_bytes = p.team + teams * p.team_bytes;
  return p.shared_bytes <= device.shared_memory;
}

// Chooses as many teams as fit, to keep all schedulers of a multiprocessor busy, then two stages if they fit too. With
// tensor cores, a backward pass stores no floats of the projection if nothing else fits. Returns false if nothing fits
// or if a segment has too many values.
template <typename S>
bool choose_teams(Plan& best, const Needs& needs, const Config& f, const Device& device) {
  const int64_t groups = (f.c + S::E - 1) / S::E;
  if (S::kCommon && (groups > S::kThreads || f.tokens > INT_MAX / 2)) return false;
  const int team_size =
      S::kCommon ? int((groups + kWarp - 1) / kWarp * kWarp) : int(std::min<int64_t>(S::kThreads, (f.c + 31) / 32 * 32));
  const int most = S::kCommon ? std::min(kMostTeams, S::kThreads / team_size) : 1;
  const bool products = S::kProducts && device.tensor_cores;
  for (const bool as_floats : {true, false}) {
    if (as_floats ? products && !needs.gradient : !products) continue;
    for (int teams = most; teams >= 1; --teams)
      for (int stages = S::kCommon ? 2 : 1; stages >= 1; --stages) {
        best = {};
        best.team_size = team_size;
        if (lay_out<S>(best, teams, stages, as_floats, needs, f, device)) return true;
      }
  }
  return false;
}

// How many tokens of a backward pass a team adds to its sums. A float to which thousands of values of one sign are added drifts.
constexpr int64_t kTokensOfSum = 256;

// Makes the plan of a kernel. The number of blocks is as many as the device runs at once, but at most one per token. A backward
// pass over very many tokens has a multiple of it, so that no sum gets too many tokens and all multiprocessors end together.
template <typename S, typename Kernel>
bool make_plan(Plan& plan, Kernel* kernel, const Needs& needs, const Config& f) {
  const Device& device = current_device();
  const void* code = reinterpret_cast<const void*>(kernel);
  if (!choose_teams<S>(plan, needs, f, device) || (S::kCommon && !has_code(code))) return false;
  const int64_t at_once = int64_t{device.multiprocessors} *
                          blocks_per_multiprocessor(code, plan.team_size * plan.teams, size_t(plan.shared_bytes));
  const int64_t of_sums = at_once * plan.teams * kTokensOfSum;
  const int64_t waves = needs.gradient && of_sums > 0 ? std::max<int64_t>(1, (f.tokens + of_sums - 1) / of_sums) : 1;
  plan.blocks = int(std::max<int64_t>(1, std::min({at_once * waves, f.tokens, int64_t{INT_MAX}})));
  return true;
}

}  // namespace frac::cuda
