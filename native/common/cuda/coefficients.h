// alpha and beta of a token, read off its rows by a team; the same mathematics as common/coefficients.h.
#pragma once

#include "common/cuda/weights.h"

namespace frac::cuda {

// What a team knows of its token, in shared memory: arrays of [N, K + 1], coefficients and what belongs to each, and of [N].
template <typename S>
struct Scratch {
  float* start;
  const Config& f;

  __device__ Scratch(const Setting& a, const Team& team)
      : start(reinterpret_cast<float*>(team_memory(a.plan, team))), f(a.f) {}
  __device__ float* of_slots(int i) const { return start + i * slots_of(S::n(f), S::k(f)); }
  __device__ float* of_segments(int i) const { return of_slots(5) + i * S::n(f); }

  __device__ float* coefficients() const { return of_slots(0); }
  __device__ float alpha(int i, int column) const { return start[i * (S::k(f) + 1) + column]; }
  __device__ float* logits() const { return of_slots(1); }    // u
  __device__ float* active() const { return of_slots(2); }    // tanh(u)
  __device__ float* upstream() const { return of_slots(3); }  // du
  __device__ float* through() const { return of_slots(4); }   // du / deviation: [columns, N]
  __device__ float* mean() const { return of_segments(0); }   // of each segment; zeros unless LayerNorm
  __device__ float* inverse() const { return of_segments(1); }  // 1 / deviation
  // of the gradient: factors of the segment itself, and of every value
  __device__ float* along() const { return of_segments(2); }
  __device__ float* shift() const { return of_segments(3); }
  __device__ float* prenorm() const { return of_segments(4); }  // 1 / rms(x) and mean(g u)
  __device__ float* totals() const { return prenorm() + 2; }  // h . dx and h . x, [N, M] each, and the squares of x's blocks
};

inline int scratch_floats(const Config& f) { return 5 * slots_of(f.n, f.k()) + 4 * f.n + 2 + 2 * f.n * f.m + f.m; }

// The dot products that find_coefficients and the gradients add up at a time: of so many segments,
template <typename S>
constexpr int kTileRows = S::N < 4 ? S::N : 4;
// with so many of the projection's columns, as even a part of them as the kind's tile allows.
template <typename S>
constexpr int kTileColumns = (S::kColumns + (S::kColumns + S::kTile - 1) / S::kTile - 1) /
                             ((S::kColumns + S::kTile - 1) / S::kTile);

// Sums that a team may have under way at once.
inline int sum_slots(const Config& f) {
  const int width = f.n * (columns_of(f) + 1), reads = 2 * f.n * f.m + f.m, depth = f.n * f.n + f.n;
  return width > reads ? (width > depth ? width : depth) : (reads > depth ? reads : depth);
}

// Segments as the norm's projection sees them: less their means, which matter for LayerNorm alone. The padding stays 0.
template <typename S, int R, typename MeanOf>
__device__ __forceinline__ void centre(float (&rows)[R][S::E], typename S::Index q, const Config& f, MeanOf mean_of_row) {
  if (f.norm != Norm::kLayer) return;
  float minus[S::E];
#pragma unroll
  for (int e = 0; e < S::E; ++e) minus[e] = q * S::E + e < S::c(f) ? -1.0f : 0.0f;
#pragma unroll
  for (int r = 0; r < R; ++r) add_scaled(rows[r], minus, mean_of_row(r));
}

template <typename S>
__device__ __forceinline__ void find_means(const Scratch<S>& s, const Sums& sums, const Rows<S>& h, const Config& f,
                                           const Team& team) {
  constexpr int R = kTileRows<S>;
  const int n = S::n(f);
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    float v[R] = {};
    each_group<S>(team, f, [&](typename S::Index q) {
#pragma unroll
      for (int r = 0; r < R; ++r) {
        float row[S::E];
        h.get(row, min(i0 + r, n - 1), q);
#pragma unroll
        for (int e = 0; e < S::E; ++e) v[r] += row[e];
      }
    });
    sums.add<R>(team, v, [&](int r) { return i0 + r < n ? i0 + r : -1; });
  }
  team.sync();
#pragma unroll 1
  for (int i = team.rank; i < f.n; i += team.size) s.mean()[i] = sums.total(team, i) / f.c;
  team.sync();
}

// Dot products of segments with the projection's columns, and their squares: slot i * (columns + 1) + column, squares last.
template <typename S>
__device__ __forceinline__ void project(const Scratch<S>& s, const Sums& sums, const Rows<S>& h, const BlockWeights<S>& w,
                                        const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, G = kTileColumns<S>;
  const int n = S::n(f), columns = w.columns();
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R)
#pragma unroll 1
    for (int k0 = 0; k0 < columns; k0 += G) {
      float v[R * (G + 1)] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(i0 + r, n - 1), q);
        centre<S>(rows, q, f, [&](int r) { return s.mean()[min(i0 + r, n - 1)]; });
#pragma unroll
        for (int r = 0; r < R; ++r) v[r * (G + 1) + G] = dot(rows[r], rows[r], v[r * (G + 1) + G]);
#pragma unroll
        for (int g = 0; g < G; ++g) {
          keep_order();
          float column[S::E];
          w.get(column, min(k0 + g, columns - 1), q);
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * (G + 1) + g] = dot(rows[r], column, v[r * (G + 1) + g]);
        }
      });
      sums.add<R * (G + 1)>(team, v, [&](int value) {
        const int i = i0 + value / (G + 1), g = value % (G + 1), column = g == G ? columns : k0 + g;
        const bool kept = i < n && (g == G ? k0 == 0 : column < columns);
        return kept ? i * (columns + 1) + column : -1;
      });
    }
}

// From those sums to the coefficients.
__device__ __noinline__ inline void activate(const Connection& a, const Team team, float* alpha_out, float* beta_out) {
  const Config& f = a.f;
  const Scratch<AnyKind> s(a, team);
  const Sums sums(a.plan, team);
  const int n = f.n, k = f.k(), columns = a.plan.columns;
#pragma unroll 1
  for (int each = team.rank; each < slots_of(n, k); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1), in_alpha = i * k + j;
    const bool is_alpha = j < k;
    float value = *(is_alpha ? a.w.static_alpha + in_alpha : a.w.static_beta + i);
    if (is_alpha ? f.dynamic_alpha : f.dynamic_beta) {
      const int column = is_alpha ? j : columns - 1;
      const float square = sums.total(team, i * (columns + 1) + columns) / f.c;
      const float inverse = f.norm == Norm::kNone ? 1.0f : 1.0f / sqrtf(square + f.epsilon);
      const float u = sums.total(team, i * (columns + 1) + column) * inverse + bias_of(a.plan)[column];
      const float active = f.use_tanh ? tanhf(u) : u;
      const float* scale = is_alpha ? a.w.scale_alpha : a.w.scale_beta;
      value += (scale ? *scale : 1.0f) * active;
      s.logits()[each] = u;
      s.active()[each] = active;
      if (column == 0) s.inverse()[i] = inverse;
    }
    s.coefficients()[each] = value;
    float* out = is_alpha ? alpha_out : beta_out;
    if (out) out[is_alpha ? in_alpha : i] = value;
  }
}

// Fills alpha and beta, and what the gradient needs of how they came about. The team has met when it returns. The outputs are
// this token's rows; null where the coefficient is static, or not wanted.
template <typename S>
__device__ __forceinline__ void find_coefficients(const Scratch<S>& s, const Sums& sums, const Rows<S>& h,
                                                  const BlockWeights<S>& w, const Config& f, const Team& team,
                                                  float* alpha_out, float* beta_out) {
  if (f.dynamic()) {
    if (f.norm == Norm::kLayer) find_means(s, sums, h, f, team);
    project(s, sums, h, w, f, team);
    team.sync();
  }
  activate(w.a, team, alpha_out, beta_out);
  team.sync();
}

}  // namespace frac::cuda
