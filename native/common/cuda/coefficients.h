// alpha and beta of a token, read off its rows by a team; the same mathematics as common/coefficients.h.
#pragma once

#include "common/cuda/weights.h"

namespace frac::cuda {

// What a team knows of its token; in shared memory.
template <typename S>
struct alignas(kAccess) Scratch {
  float alpha[S::N * S::K], beta[S::N];
  float mean[S::N];                    // of each segment; zeros unless LayerNorm
  float inverse[S::N];                 // 1 / deviation
  float logits[S::N * S::kColumns];    // u: [N, columns]
  float active[S::N * S::kColumns];    // tanh(u)
  // of the gradient
  float upstream[S::N * S::kColumns];  // du: [N, columns]
  alignas(kAccess) float through[S::kColumns * S::N];  // du / deviation: [columns, N]
  float along[S::N], shift[S::N];      // factors of the segment itself, and of every value
  float totals[2 * S::N * S::M + S::M];  // h . dx and h . x, [N, M] each, and the squares of x's blocks
};

// The dot products that find_coefficients and the gradients add up at a time: of so many segments,
template <typename S>
constexpr int kTileRows = S::N < 4 ? S::N : 4;
// with so many of the projection's columns, as even a part of them as the kind's tile allows.
template <typename S>
constexpr int kTileColumns = (S::kColumns + (S::kColumns + S::kTile - 1) / S::kTile - 1) /
                             ((S::kColumns + S::kTile - 1) / S::kTile);

// Sums that a team may have under way at once.
template <typename S>
inline __host__ __device__ int sum_slots(const Config& f) {
  const int width = f.n * (columns_of(f) + 1), reads = 2 * f.n * f.m + f.m, depth = f.n * f.n + f.n;
  return width > reads ? (width > depth ? width : depth) : (reads > depth ? reads : depth);
}

// The segment as the norm's projection sees it: less its mean, which is 0 unless LayerNorm.
template <typename S>
__device__ __forceinline__ void centre(float (&h)[S::E], float mean, typename S::Index q, const Config& f) {
  if (f.norm != Norm::kLayer) return;
#pragma unroll
  for (int e = 0; e < S::E; ++e) h[e] = q * S::E + e < S::c(f) ? h[e] - mean : 0.0f;  // the padding stays 0
}

template <typename S>
__device__ inline void find_means(Scratch<S>& s, const Sums& sums, const Rows<S>& h, const Config& f, const Team& team) {
  float v[S::N] = {};
  each_group<S>(team, f, [&](typename S::Index q) {
    each_segment<S>(f, [&](int i) {
      float row[S::E];
      h.get(row, i, q);
#pragma unroll
      for (int e = 0; e < S::E; ++e) v[i] += row[e];
    });
  });
  sums.add<S::N>(team, v, [&](int i) { return i < f.n ? i : -1; });
  team.sync();
#pragma unroll 1
  for (int i = team.rank; i < f.n; i += team.size) s.mean[i] = sums.total(team, i) / f.c;
  team.sync();
}

// Dot products of segments with the projection's columns, and their squares: slot i * (columns + 1) + column, squares last.
template <typename S>
__device__ inline void project(const Scratch<S>& s, const Sums& sums, const Rows<S>& h, const BlockWeights<S>& w,
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
        for (int r = 0; r < R; ++r) {
          const int i = min(i0 + r, n - 1);
          h.get(rows[r], i, q);
          centre<S>(rows[r], s.mean[i], q, f);
          v[r * (G + 1) + G] = dot(rows[r], rows[r], v[r * (G + 1) + G]);
        }
#pragma unroll
        for (int g = 0; g < G; ++g) {
          keep_order();
          float column[S::E];
          w.get(column, min(k0 + g, columns - 1), q, f);
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

// Fills s.alpha and s.beta, and what the gradient needs of how they came about. The team has met when it returns. The outputs
// are this token's rows; null where the coefficient is static, or not wanted.
template <typename S>
__device__ inline void find_coefficients(Scratch<S>& s, const Sums& sums, const Rows<S>& h, const BlockWeights<S>& w,
                                         const Config& f, const Team& team, float* alpha_out, float* beta_out) {
  const int n = S::n(f), k = S::k(f), columns = w.columns();
  if (f.dynamic()) {
    if (f.norm == Norm::kLayer) find_means(s, sums, h, f, team);
    project(s, sums, h, w, f, team);
    team.sync();
  }
#pragma unroll 1
  for (int each = team.rank; each < n * (k + 1); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1);
    const bool is_alpha = j < k;
    float value = is_alpha ? w.given.static_alpha[i * k + j] : w.given.static_beta[i];
    if (is_alpha ? f.dynamic_alpha : f.dynamic_beta) {
      const int column = is_alpha ? j : columns - 1;
      const float square = sums.total(team, i * (columns + 1) + columns) / f.c;
      const float inverse = f.norm == Norm::kNone ? 1.0f : 1.0f / sqrtf(square + f.epsilon);
      const float u = sums.total(team, i * (columns + 1) + column) * inverse + w.bias()[column];
      const float active = f.use_tanh ? tanhf(u) : u;
      const float* scale = is_alpha ? w.given.scale_alpha : w.given.scale_beta;
      value += (scale ? *scale : 1.0f) * active;
      s.logits[i * columns + column] = u;
      s.active[i * columns + column] = active;
      if (column == 0) s.inverse[i] = inverse;
    }
    float* out = is_alpha ? alpha_out : beta_out;
    const int at = is_alpha ? i * k + j : i;
    (is_alpha ? s.alpha : s.beta)[at] = value;
    if (out) out[at] = value;
  }
  team.sync();
}

}  // namespace frac::cuda
