// A team: the threads that work on one token together. Also sums over a team.
#pragma once

#include "common/cuda/layout.h"
#include "common/cuda/platform.h"

namespace frac::cuda {

constexpr int kWarp = 32, kMostTeams = 15;

// A team consists of whole warps. A block has several teams, each with a token of its own.
struct Team {
  int id, size, rank;  // rank: index of this thread in the team

  // Takes the id from one lane, so that the compiler knows that a warp does not diverge. Otherwise it would duplicate
  // all code around shuffles.
  __device__ static Team here(const Plan& plan) {
    const int size = plan.team_size, id = __shfl_sync(0xffffffffu, int(threadIdx.x / unsigned(size)), 0);
    return {id, size, int(threadIdx.x) - id * size};
  }
  __device__ int warp() const { return rank / kWarp; }
  __device__ int warps() const { return size / kWarp; }
  // A named barrier even for a single warp, because after __syncwarp the compiler no longer knows that the warp does
  // not diverge. There are 15 named barriers, which limits the number of teams (kMostTeams).
  __device__ __forceinline__ void sync() const { named_barrier(id + 1, size); }
};

// The address of a team's part of shared memory.
__device__ __forceinline__ unsigned char* team_memory(const Plan& plan, const Team& team) {
  return shared_memory() + recompute(plan.team + team.id * plan.team_bytes);
}

// A thread's part of its team's shared memory.
__device__ __forceinline__ unsigned char* thread_memory(const Plan& plan, const Team& team) {
  return team_memory(plan, team) + plan.threads + team.rank * plan.thread_step;
}

// How many of `values` values a lane still holds after `steps` steps of warp_sums.
constexpr int held_after(int values, int steps) { return steps == 0 ? values : held_after((values + 1) / 2, steps - 1); }
constexpr int kSteps = 5;

// Steps are template parameters instead of a loop: array indices must be constants to keep the values in registers.
template <int held, int step, int V>
__device__ __forceinline__ void warp_sums_from(float (&v)[V], int lane) {
  if constexpr (step < kSteps) {
    constexpr int half = (held + 1) / 2, partner = 16 >> step;
    const bool upper = (lane & partner) != 0;
#pragma unroll
    for (int j = 0; j < half; ++j) {
      const float above = j + half < held ? v[j + half < held ? j + half : 0] : 0.0f;
      const float given = upper ? v[j] : above, kept = upper ? above : v[j];
      v[j] = kept + __shfl_xor_sync(0xffffffffu, given, partner);
    }
    warp_sums_from<half, step + 1>(v, lane);
  }
}

// Sums V values over the lanes of a warp. In each of five steps a lane gives one half of its values to its partner
// lane, and adds the partner's other half to those that it keeps. That takes V shuffles in total; summing each value by
// itself would take 5 V. Afterwards each lane holds held_after(V, 5) sums; held_value() tells which.
template <int V>
__device__ __forceinline__ void warp_sums(float (&v)[V]) {
  warp_sums_from<V, 0>(v, recompute(threadIdx.x % kWarp));
}

// The index, before step `step`, of the j-th value that a lane holds after the last step; -1 for none.
template <int held, int step = 0>
__device__ __forceinline__ int held_value(int lane, int j) {
  if constexpr (step == kSteps) {
    return j;
  } else {
    constexpr int half = (held + 1) / 2;
    const int later = held_value<half, step + 1>(lane, j);
    const int at = later + ((lane & (16 >> step)) ? half : 0);
    return later < 0 || at >= held ? -1 : at;
  }
}

// A team's sums in shared memory, one row per warp. After a barrier of the team, any thread can read a total.
struct Sums {
  float* rows;  // [warps, stride]
  int stride;

  __device__ Sums(const Plan& plan, const Team& team)
      : rows(reinterpret_cast<float*>(team_memory(plan, team) + plan.sums)), stride(plan.sums_stride) {}

  // Sums V values of every thread. slot_of(i) is the slot of the i-th sum, or -1 for none.
  template <int V, typename SlotOf>
  __device__ __forceinline__ void add(const Team& team, float (&values)[V], SlotOf slot_of) const {
    warp_sums<V>(values);
    float* row = rows + team.warp() * stride;
    const int lane = recompute(threadIdx.x % kWarp);  // otherwise values derived from it would occupy registers
#pragma unroll
    for (int j = 0; j < held_after(V, kSteps); ++j) {
      const int value = held_value<V>(lane, j);
      const int slot = value < 0 ? -1 : slot_of(value);
      if (slot >= 0) row[slot] = values[j];
    }
  }

  // Adds in the order of the warps, so that every thread and every run gets the same bits. Most teams have one or two
  // warps.
  __device__ __forceinline__ float total(const Team& team, int slot) const {
    const float* at = rows + slot;
    float sum = at[0];
    if (team.warps() > 1) sum += at[stride];
#pragma unroll 1
    for (int warp = 2; warp < team.warps(); ++warp) sum += at[warp * stride];
    return sum;
  }
};

}  // namespace frac::cuda
