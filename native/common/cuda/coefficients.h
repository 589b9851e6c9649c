// A team computes alpha and beta of its token. The equations are those of common/coefficients.h.
#pragma once

#include "common/cuda/products.h"
#include "common/cuda/weights.h"

namespace frac::cuda {

// A team's scratch values for its token, in shared memory: five arrays of [N, K + 1] for the coefficients and their
// intermediate values, and four of [N] for the segments.
template <typename S>
struct Scratch {
  float* start;
  const Config& f;

  __device__ Scratch(const Setting& a, const Team& team)
      : start(reinterpret_cast<float*>(team_memory(a.plan, team))), f(a.f) {}
  __device__ float* of_slots(int i) const { return start + i * slots_of(S::n(f), S::k(f)); }
  __device__ float* of_segments(int i) const { return of_slots(5) + i * S::n(f); }

  // The first two are stored by columns, [K + 1, N]: alpha and beta, then du / deviation.
  __device__ float* coefficients() const { return of_slots(0); }
  __device__ float* through() const { return of_slots(1); }
  __device__ float alpha(int i, int column) const { return coefficients()[column * S::n(f) + i]; }
  __device__ float* logits() const { return of_slots(2); }      // u, without the bias
  __device__ float* active() const { return of_slots(3); }      // tanh(u)
  __device__ float* upstream() const { return of_slots(4); }    // du
  __device__ float* mean() const { return of_segments(0); }     // of each segment, for LayerNorm
  __device__ float* inverse() const { return of_segments(1); }  // 1 / deviation
  // for the backward pass: the factor of the segment itself, and the value added to each of its values
  __device__ float* along() const { return of_segments(2); }
  __device__ float* shift() const { return of_segments(3); }
};

inline int scratch_floats(const Config& f) { return 5 * slots_of(f.n, f.k()) + 4 * f.n; }

// The block of dot products that find_coefficients and the gradients compute at a time: the number of segments,
template <typename S>
constexpr int kTileRows = S::N < 4 ? S::N : 4;
// and the number of the projection's columns, which are split into parts of nearly equal size, none larger than kTile.
template <typename S>
constexpr int kTileColumns = (S::kColumns + (S::kColumns + S::kTile - 1) / S::kTile - 1) /
                             ((S::kColumns + S::kTile - 1) / S::kTile);

// The slots of a team's sums. The sums of a width connection have consecutive slots; a depth connection starts again at
// slot 0.
template <typename S>
struct Slots {
  const Config& f;
  const bool products;  // whether tensor cores compute: the slots then start with products of the columns, the state and dx

  __device__ explicit Slots(const Setting& a) : f(a.f), products(on_tensor_cores<S>(a.plan)) {}
  // for x: h . dx and h . x, [N, M] each, and the squares of x's blocks
  __device__ int reads() const { return products ? at().count(S::N + S::M) : S::n(f) * (S::k(f) + 2); }
  __device__ int blocks() const { return reads() + S::n(f) * S::m(f); }
  __device__ int squares() const { return blocks() + S::n(f) * S::m(f); }
  // squares of the centred segments, when the products have those of the segments themselves
  __device__ int centred() const { return squares() + S::m(f); }

  // Whether the products include h . dx. They have dx itself, so not with a pre-norm, whose gain multiplies dx.
  __device__ bool has_reads(bool prenorm) const { return products && !prenorm; }
  __device__ int read(int i, int j, bool prenorm) const {
    return has_reads(prenorm) ? at().of_row(S::N + j, i) : reads() + i * S::m(f) + j;
  }

  // Without tensor cores: [N, K + 2], where the last column has the squares.
  __device__ int projected(int i, int column) const { return i * (S::k(f) + 2) + column; }
  __device__ float projection(const Sums& sums, const Team& team, int i, int column) const {
    return sums.total(team, products ? at().of_column(column, i) : projected(i, column));
  }
  __device__ float square(const Sums& sums, const Team& team, int i) const {
    const int slot = !products                 ? projected(i, S::k(f) + 1)
                     : f.norm == Norm::kLayer ? centred() + i
                                              : at().of_row(i, i);
    return sums.total(team, slot);
  }

 private:
  static constexpr ProductSlots at() { return {S::N, {S::N, S::M}}; }
};
inline int sum_slots(const Config& f, bool products) {
  const ProductSlots slots(f.n, {f.n, f.m});
  const int reads = products ? slots.count(f.n + f.m) : f.n * (f.k() + 2);
  const int width = reads + 2 * f.n * f.m + f.m + (products ? f.n : 0);
  const int depth = products ? slots.count(2 * f.n + f.m) : f.n * f.n + f.n;
  return width > depth ? width : depth;
}

// For LayerNorm, subtracts the means from the segments. The padding stays 0.
template <typename S, int R, typename MeanOf>
__device__ __forceinline__ void centre(float (&rows)[R][S::E], const Columns<S>& columns, const Config& f,
                                       MeanOf mean_of_row) {
  if (f.norm != Norm::kLayer) return;
  float minus[S::E];
#pragma unroll
  for (int e = 0; e < S::E; ++e) minus[e] = columns.of_value(e) < S::c(f) ? -1.0f : 0.0f;
#pragma unroll
  for (int r = 0; r < R; ++r) add_scaled(rows[r], minus, mean_of_row(r));
}

template <typename S>
__device__ __forceinline__ void find_means(const Scratch<S>& s, const Sums& sums, const State<S>& h, const Config& f,
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

// Computes only the squares of the centred segments.
template <typename S>
__device__ __forceinline__ void centred_squares(const Scratch<S>& s, const Sums& sums, const State<S>& h, const Slots<S>& slots,
                                                const Team& team) {
  constexpr int R = kTileRows<S>;
  const Config& f = slots.f;
#pragma unroll 1
  for (int i0 = 0; i0 < S::N; i0 += R) {
    float rows[R][S::E], v[R] = {};
#pragma unroll
    for (int r = 0; r < R; ++r) h.get(rows[r], i0 + r, team.rank);
    centre<S>(rows, {team.rank, team.size}, f, [&](int r) { return s.mean()[i0 + r]; });
#pragma unroll
    for (int r = 0; r < R; ++r) v[r] = dot(rows[r], rows[r]);
    sums.add<R>(team, v, [&](int r) { return slots.centred() + i0 + r; });
  }
}

// Computes the dot products of the segments with the projection's columns, and the squares of the segments.
template <typename S>
__device__ __forceinline__ void project(const Scratch<S>& s, const Sums& sums, const State<S>& h, const BlockWeights<S>& w,
                                        const Slots<S>& slots, const Team& team) {
  constexpr int R = kTileRows<S>, G = kTileColumns<S>, kSums = R * (G + 1);
  const Config& f = slots.f;
  const int n = S::n(f), columns = S::k(f) + 1;
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R)
#pragma unroll 1
    for (int k0 = 0; k0 < columns; k0 += G) {
      float v[kSums] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(i0 + r, n - 1), q);
        centre<S>(rows, {q, team.size}, f, [&](int r) { return s.mean()[min(i0 + r, n - 1)]; });
#pragma unroll
        for (int r = 0; r < R; ++r) v[r * (G + 1) + G] = dot(rows[r], rows[r], v[r * (G + 1) + G]);
#pragma unroll
        for (int g = 0; g < G; ++g) {
          keep_order();
          float column[S::E];
          w.get(column, G == S::kColumns ? g : min(k0 + g, columns - 1), q);
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * (G + 1) + g] = dot(rows[r], column, v[r * (G + 1) + g]);
        }
      });
      sums.add<kSums>(team, v, [&](int value) {
        if constexpr (S::kCommon && G == S::kColumns) return i0 * (G + 1) + value;
        const int i = i0 + value / (G + 1), g = value % (G + 1), column = g == G ? columns : k0 + g;
        const bool kept = i < n && (g == G ? k0 == 0 : column < columns);
        return kept ? slots.projected(i, column) : -1;
      });
    }
}

// Computes the coefficients from these sums, one per thread. Calls put(i, column, value) for the dynamic ones; beta is
// column K. own: [N, K], the token's row of alpha, if alpha is given with a row per token.
template <typename S, typename Put>
__device__ __forceinline__ void activate(const Scratch<S>& s, const Sums& sums, const Connection& a, const float* own,
                                         const Team& team, Put put) {
  const Config& f = a.f;
  const Constants constants(a);
  const Slots<S> slots(a);
  const int n = S::n(f), k = S::k(f);
#pragma unroll 1
  for (int each = team.rank; each < slots_of(n, k); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1);
    const bool is_alpha = j < k;
    float value = f.alpha_rows && is_alpha ? own[i * k + j] : constants.fixed()[each], logit = 0;
    if (is_alpha ? f.dynamic_alpha : f.dynamic_beta) {
      const float inverse =
          f.norm == Norm::kNone ? 1.0f : inverse_root(slots.square(sums, team, i) * constants.share() + f.epsilon);
      logit = slots.projection(sums, team, i, j);
      if (slots.products && f.norm == Norm::kLayer) logit = fmaf(-s.mean()[i], constants.column_sums()[j], logit);
      logit *= inverse;
      const float u = logit + constants.bias()[j];
      const float active = f.use_tanh ? tanhf(u) : u;
      value = fmaf(constants.scales()[is_alpha ? 0 : 1], active, value);
      s.active()[each] = active;
      s.through()[j * n + i] = inverse;  // this thread multiplies it by du in the backward pass
      put(i, j, value);
    }
    s.logits()[each] = logit;
    s.coefficients()[j * n + i] = value;
  }
}

}  // namespace frac::cuda
