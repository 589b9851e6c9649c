// The threads that work on one token together, and sums over them.
#pragma once

#include "common/cuda/layout.h"
#include "common/cuda/platform.h"

namespace frac::cuda {

constexpr int kWarp = 32, kMostTeams = 15;

// Whole warps of a block. A block has several teams, each at its own token.
struct Team {
  int id, size, rank;  // rank: of this thread

  // The id from one lane, so that the compiler knows that a warp stays together: for shuffles of one that might not it would
  // make all code twice.
  __device__ static Team here(const Plan& plan) {
    const int size = plan.team_size, id = __shfl_sync(0xffffffffu, int(threadIdx.x / unsigned(size)), 0);
    return {id, size, int(threadIdx.x) - id * size};
  }
  __device__ int warp() const { return rank / kWarp; }
  __device__ int warps() const { return size / kWarp; }
  // A barrier for a single warp too: after __syncwarp the compiler no longer knows that it is together. There are 15 of them, so
  // many teams at most (kMostTeams).
  __device__ __forceinline__ void sync() const { named_barrier(id + 1, size); }
};

// A team's part of shared memory.
__device__ __forceinline__ unsigned char* team_memory(const Plan& plan, const Team& team) {
  return shared_memory() + again(plan.team + team.id * plan.team_bytes);
}

// A thread's, of its team's.
__device__ __forceinline__ unsigned char* thread_memory(const Plan& plan, const Team& team) {
  return team_memory(plan, team) + plan.threads + team.rank * plan.thread_step;
}

// How many of V values a lane still holds after so many steps of warp_sums.
constexpr int held_after(int values, int steps) { return steps == 0 ? values : held_after((values + 1) / 2, steps - 1); }
constexpr int kSteps = 5;

// Steps are template parameters, not a loop: the values' indices must be numbers, or they would leave the registers.
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

// Sums V values over the lanes of a warp. In each of five steps a lane gives one half of its values to its partner and adds the
// partner's other half to those it keeps: V shuffles in all, where summing value by value takes 5 V. Afterwards lanes hold
// held_after(V, 5) sums each, those of held_value().
template <int V>
__device__ __forceinline__ void warp_sums(float (&v)[V]) {
  warp_sums_from<V, 0>(v, again(threadIdx.x % kWarp));
}

// Which of so many values the j-th that a lane holds after the last step was before this step, or -1 for none.
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

// A team's sums in shared memory, one row a warp: any thread reads a total once the team has met.
struct Sums {
  float* rows;  // [warps, stride]
  int stride;

  __device__ Sums(const Plan& plan, const Team& team)
      : rows(reinterpret_cast<float*>(team_memory(plan, team) + plan.sums)), stride(plan.sums_stride) {}

  // Adds V values of every thread; slot_of(i) says which sum the i-th is part of, -1 for none.
  template <int V, typename SlotOf>
  __device__ __forceinline__ void add(const Team& team, float (&values)[V], SlotOf slot_of) const {
    warp_sums<V>(values);
    float* row = rows + team.warp() * stride;
    const int lane = again(threadIdx.x % kWarp);  // or what follows from it would take registers all the time
#pragma unroll
    for (int j = 0; j < held_after(V, kSteps); ++j) {
      const int value = held_value<V>(lane, j);
      const int slot = value < 0 ? -1 : slot_of(value);
      if (slot >= 0) row[slot] = values[j];
    }
  }

  // In the order of the warps, so that it is the same bits for every thread and in every run. One or two warps are most teams.
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
