// The forward pass of a token's width connection, by one team; frac_depth_width runs it too. The backward pass
// (frac_width_token_grad.cuh) computes the coefficients and x again with find_coefficients and read_block.
#pragma once

#include "common/cuda/coefficients.h"

namespace frac::cuda {

// project, with squares, and with kDx also h . dx, on tensor cores.
template <typename S, bool kDx>
__device__ __forceinline__ void multiply_state(const Scratch<S>& s, const Sums& sums, const State<S>& h, const Rows<S>& dx,
                                               const Connection& a, const Slots<S>& slots, const Team& team) {
  if (a.f.dynamic() && a.f.norm == Norm::kLayer) centred_squares(s, sums, h, slots, team);
  __syncwarp();  // the state's rows are there
  multiply_rows<S, true, S::N + (kDx ? S::M : 0), 0>(sums, team, a.plan, [&](int r) {
    return r < S::N ? h.rows.data + r * S::E : dx.data + (r - S::N) * S::E;
  });
}

// Fills alpha and beta, and what the gradient needs of how they came about. `and_sums` adds up what else the team shall know when it
// meets; of kDx that is h . dx, where tensor cores have not done so. `own` and `put` are as activate's.
template <typename S, bool kDx, typename F, typename Put>
__device__ __forceinline__ void find_coefficients(const Scratch<S>& s, const Sums& sums, const State<S>& h, const Rows<S>& dx,
                                                  const BlockWeights<S>& w, const float* own, const Team& team, F and_sums,
                                                  Put put) {
  const Config& f = w.a.f;
  const Slots<S> slots(w.a);
  if (f.dynamic() && f.norm == Norm::kLayer) find_means(s, sums, h, f, team);
  if constexpr (S::kProducts)
    if (slots.products && (f.dynamic() || kDx)) multiply_state<S, kDx>(s, sums, h, dx, w.a, slots, team);
  if (f.dynamic() && !slots.products) project(s, sums, h, w, slots, team);
  and_sums();
  team.sync();
  activate(s, sums, w.a, own, team, put);
}

// Block j of x = Y^T H, before the pre-norm
template <typename S>
__device__ __forceinline__ void read_block(float (&x)[S::E], const Segments<S>& h, int j, const Scratch<S>& s,
                                           const Config& f) {
#pragma unroll
  for (int e = 0; e < S::E; ++e) x[e] = 0;
  if constexpr (S::kCommon) {
    float alpha[S::N];
    load_floats(alpha, s.coefficients() + j * S::N);
    each<S::N>([&](int i) { add_scaled(x, h.held[i], alpha[i]); });
  } else {
    h.each_one(f, [&](int i, const auto& segment) { add_scaled(x, segment, s.alpha(i, j)); });
  }
}

// 1 / rms(x), from the sum of squares
template <typename S>
__device__ __forceinline__ float inverse_rms(float squares, const Connection& a) {
  return inverse_root(squares * (Constants(a).share() / S::m(a.f)) + a.f.prenorm_epsilon);
}

template <typename S>
__device__ __forceinline__ void put_block(const Results<S>& x, float (&block)[S::E], int j, float inverse,
                                          const BlockWeights<S>& w, typename S::Index q) {
  if (w.prenorm()) {
    float gamma[S::E];
    w.get_gamma(gamma, j, q);
#pragma unroll
    for (int e = 0; e < S::E; ++e) block[e] *= inverse * gamma[e];
  }
  x.put(block, j, q);
}

// 1 / rms(x) once the team has met, from what each thread has of the squares; 1 without a pre-norm.
template <typename S, typename F>
__device__ __forceinline__ float find_rms(const Sums& sums, const BlockWeights<S>& w, const Team& team, F add_squares) {
  if (!w.prenorm()) return 1;
  const int slot = Slots<S>(w.a).squares();
  float squares[1] = {};
  add_squares(squares[0]);
  sums.add<1>(team, squares, [&](int) { return slot; });
  team.sync();
  return inverse_rms<S>(sums.total(team, slot), w.a);
}

// x: [M, C], h: [N, C]; x may lie where h does. `own` and `put` are as activate's.
template <typename S, typename Put>
__device__ __forceinline__ void width_token(const Results<S>& x, const State<S>& h, const BlockWeights<S>& w, const float* own,
                                            const Team& team, Put put) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  find_coefficients<S, false>(s, sums, h, h.rows, w, own, team, [] {}, put);
  team.sync();
  if constexpr (S::kSmall) {
    const int q = team.rank;
    const Segments<S> segments(h, q);
    float blocks[S::M][S::E];
    each<S::M>([&](int j) { read_block(blocks[j], segments, j, s, f); });
    const float inverse = find_rms(sums, w, team, [&](float& squares) {
      each<S::M>([&](int j) { squares = dot(blocks[j], blocks[j], squares); });
    });
    each<S::M>([&](int j) { put_block(x, blocks[j], j, inverse, w, q); });
  } else {
    const auto each_block = [&](auto body) {
      each_group<S>(team, f, [&](typename S::Index q) {
        const Segments<S> segments(h, q);
        each_in_turn(S::m(f), [&](int j) {
          float block[S::E];
          read_block(block, segments, j, s, f);
          body(block, j, q);
        });
      });
    };
    const float inverse = find_rms(sums, w, team, [&](float& squares) {
      each_block([&](auto& block, int, typename S::Index) { squares = dot(block, block, squares); });
    });
    each_block([&](auto& block, int j, typename S::Index q) { put_block(x, block, j, inverse, w, q); });
  }
}

}  // namespace frac::cuda
