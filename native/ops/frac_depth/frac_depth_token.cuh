// The depth connection of a token, forward and backward, by one team. frac_depth_width uses the same functions.
#pragma once

#include "common/cuda/products.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// The coefficients of a token, in the layout of the op's inputs: alpha [N, K], whose columns from M on mix the
// segments, and beta [N].
template <typename S>
struct Mix {
  const float *alpha, *beta;

  // The number of neighbouring columns of alpha's row that one access can read.
  static constexpr int kTogether = !S::kCommon || S::M % 2 != 0 || S::N % 2 != 0 ? 1 : S::M % 4 == 0 && S::N % 4 == 0 ? 4 : 2;

  __device__ float at(int from, int i, const Config& f) const { return alpha[from * S::k(f) + S::m(f) + i]; }
  // Loads alpha[from][M ...]. For common variants.
  __device__ __forceinline__ void row(float (&to)[S::N], int from) const {
    load<kTogether>(to, alpha + from * S::K + S::M);
  }
};

// The forward pass. Calls put(values, segment, q) with the new state; put may overwrite h. h: [N, C], y: [M, C]
template <typename S, typename Put>
__device__ __forceinline__ void depth_token(Put put, const Rows<S>& h, const Rows<S>& y, const Mix<S>& mix,
                                            const Config& f, const Team& team) {
  const int m = S::m(f);
  each_group<S>(team, f, [&](typename S::Index q) {
    const Segments<S, Rows<S>> segments(h, q);
    if constexpr (S::kSmall) {
      float alpha[S::N][S::N], block[S::E];
      each<S::N>([&](int from) { mix.row(alpha[from], from); });
      each<S::N>([&](int i) {
        if (i < S::M) y.get(block, i, q);  // if there is one block, all segments use it
        if (S::M > 1 && i >= S::M) y.get(block, i % S::M, q);
        float sum[S::E] = {};
        add_scaled(sum, block, mix.beta[i]);
        each<S::N>([&](int from) { add_scaled(sum, segments.held[from], alpha[from][i]); });
        put(sum, i, q);
      });
    } else {
      each_in_turn(S::n(f), [&](int i) {
        keep_order();
        float sum[S::E] = {}, block[S::E];
        y.get(block, i % m, q);
        add_scaled(sum, block, mix.beta[i]);
        segments.each_one(f, [&](int from, const auto& segment) { add_scaled(sum, segment, mix.at(from, i, f)); });
        put(sum, i, q);
      });
    }
  });
}

// Computes dot products for variants that are not small: h[k] . dout[i] in slot k * N + i, y[i mod M] . dout[i] in slot
// N * N + i.
template <typename S>
__device__ __forceinline__ void depth_dots(const Sums& sums, const Rows<S>& h, const Rows<S>& y, const Rows<S>& dout,
                                           const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, G = S::kCommon ? 8 : 4;
  const int n = S::n(f), m = S::m(f);
#pragma unroll 1
  for (int k0 = 0; k0 < n; k0 += R)
#pragma unroll 1
    for (int i0 = 0; i0 < n; i0 += G) {
      float v[R * G] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(k0 + r, n - 1), q);
#pragma unroll
        for (int g = 0; g < G; ++g) {
          keep_order();
          float d[S::E];
          dout.get(d, min(i0 + g, n - 1), q);
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * G + g] = dot(rows[r], d, v[r * G + g]);
        }
      });
      sums.add<R * G>(team, v, [&](int value) {
        const int from = k0 + value / G, i = i0 + value % G;
        return from < n && i < n ? from * n + i : -1;
      });
    }
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    float v[R] = {};
    each_group<S>(team, f, [&](typename S::Index q) {
#pragma unroll
      for (int r = 0; r < R; ++r) {
        const int i = min(i0 + r, n - 1);
        float block[S::E], d[S::E];
        y.get(block, i % m, q);
        dout.get(d, i, q);
        v[r] = dot(block, d, v[r]);
      }
    });
    sums.add<R>(team, v, [&](int r) { return i0 + r < n ? n * n + i0 + r : -1; });
  }
}

// Computes these dot products on tensor cores: the rows of h, then those of y, with those of dout.
template <typename S>
__device__ __forceinline__ void depth_products(const Sums& sums, const Plan& plan, const Rows<S>& h, const Rows<S>& y,
                                               const Rows<S>& dout, const Team& team) {
  __syncwarp();  // the rows of dout are complete
  const auto row_of = [&](int r) {
    return r < S::N ? dout.data + r * S::E : r < 2 * S::N ? h.data + (r - S::N) * S::E : y.data + (r - 2 * S::N) * S::E;
  };
  multiply_rows<S, false, 2 * S::N + S::M, S::N / 8>(sums, team, plan, row_of);
  __syncwarp();  // the code after this overwrites the rows
}

// Computes the gradients of a token's alpha, whose first M columns are 0, and beta from these sums. Calls put(i,
// column, gradient); beta is column K. If put returns false, the coefficient is static, and the gradient is added to
// the totals.
template <typename S, typename Put>
__device__ __forceinline__ void depth_coefficients(const Sums& sums, const Setting& a, const Team& team, Put put) {
  const int n = S::n(a.f), m = S::m(a.f), k = S::k(a.f);
  float* totals = Totals(a, team).depth();
  const bool products = on_tensor_cores<S>(a.plan);
  const ProductSlots slots(n, {n, m});
#pragma unroll 1
  for (int each = team.rank; each < slots_of(n, k); each += team.size) {
    const int i = each / (k + 1), j = each % (k + 1);
    const int of_beta = products ? slots.of_row(2 * n + i % m, i) : n * n + i;
    const int of_alpha = products ? slots.of_row(n + i, j - m) : i * n + j - m;
    const float sum = j < m ? 0.0f : sums.total(team, j == k ? of_beta : of_alpha);
    if (!put(i, j, sum)) totals[each] += sum;
  }
}

// Computes dh and dy. They may overwrite h and y.
template <typename S>
__device__ __forceinline__ void mix_back(const Results<S>& dh, const Results<S>& dy, const Mix<S>& mix, const Segments<S, Rows<S>>& d,
                                         const Config& f, typename S::Index q) {
  const int m = S::m(f);
  in_turn<S, S::M>(m, [&](int j) {
    keep_order();
    float sum[S::E] = {};
    d.each_one(f, [&](int i, const auto& segment) {
      if (i % m == j) add_scaled(sum, segment, mix.beta[i]);
    });
    dy.put(sum, j, q);
  });
  in_turn<S, S::N>(S::n(f), [&](int from) {
    keep_order();
    float sum[S::E] = {};
    if constexpr (S::kSmall) {
      float alpha[S::N];
      mix.row(alpha, from);
      each<S::N>([&](int i) { add_scaled(sum, d.held[i], alpha[i]); });
    } else {
      d.each_one(f, [&](int i, const auto& segment) { add_scaled(sum, segment, mix.at(from, i, f)); });
    }
    dh.put(sum, from, q);
  });
}

// Does the work of depth_dots and mix_back, but loads each row once.
template <typename S>
__device__ __forceinline__ void depth_dots_and_back(const Results<S>& dh, const Results<S>& dy, const Mix<S>& mix,
                                                    const Sums& sums, const Rows<S>& h, const Rows<S>& y,
                                                    const Rows<S>& dout, const Config& f, const Team& team) {
  constexpr int N = S::N;
  const int q = team.rank;
  const Segments<S, Rows<S>> d(dout, q);
  float v[N * N + N] = {};
  each<N>([&](int from) {
    float row[S::E];
    h.get(row, from, q);
    each<N>([&](int i) { v[from * N + i] = dot(row, d.held[i], v[from * N + i]); });
  });
  each<S::M>([&](int j) {
    float row[S::E];
    y.get(row, j, q);
    each<N>([&](int i) {
      if (i % S::M == j) v[N * N + i] = dot(row, d.held[i], v[N * N + i]);
    });
  });
  mix_back(dh, dy, mix, d, f, q);
  sums.add<N * N + N>(team, v, [](int slot) { return slot; });
}

// Computes the dot products, dh and dy. dh and dy may overwrite h and y.
template <typename S>
__device__ __forceinline__ void dots_and_back(const Results<S>& dh, const Results<S>& dy, const Mix<S>& mix, const Sums& sums,
                                              const Rows<S>& h, const Rows<S>& y, const Rows<S>& dout, const Setting& a,
                                              const Team& team) {
  const Config& f = a.f;
  if constexpr (S::kProducts)
    if (on_tensor_cores<S>(a.plan)) {
      depth_products(sums, a.plan, h, y, dout, team);
      return mix_back(dh, dy, mix, Segments<S, Rows<S>>(dout, team.rank), f, team.rank);
    }
  if constexpr (S::kSmall) {
    depth_dots_and_back(dh, dy, mix, sums, h, y, dout, f, team);
  } else {
    depth_dots(sums, h, y, dout, f, team);
    each_group<S>(team, f, [&](typename S::Index q) { mix_back(dh, dy, mix, Segments<S, Rows<S>>(dout, q), f, q); });
  }
}

// The backward pass. For `put` see depth_coefficients.
template <typename S, typename Put>
__device__ __forceinline__ void depth_token_gradient(const Results<S>& dh, const Results<S>& dy, Put put, const Setting& a,
                                                     const Rows<S>& h, const Rows<S>& y, const Mix<S>& mix,
                                                     const Rows<S>& dout, const Team& team) {
  const Sums sums(a.plan, team);
  dots_and_back(dh, dy, mix, sums, h, y, dout, a, team);
  team.sync();
  depth_coefficients<S>(sums, a, team, put);
}

}  // namespace frac::cuda
