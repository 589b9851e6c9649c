// A token's width connection, forward and backward, by one team. frac_depth_width runs the same.
#pragma once

#include "common/cuda/coefficients.h"
#include "common/cuda/sums_over_tokens.h"

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
// meets; of kDx that is h . dx, where tensor cores have not done so. `put` is as activate's.
template <typename S, bool kDx, typename F, typename Put>
__device__ __forceinline__ void find_coefficients(const Scratch<S>& s, const Sums& sums, const State<S>& h, const Rows<S>& dx,
                                                  const BlockWeights<S>& w, const Team& team, F and_sums, Put put) {
  const Config& f = w.a.f;
  const Slots<S> slots(w.a);
  if (f.dynamic() && f.norm == Norm::kLayer) find_means(s, sums, h, f, team);
  if constexpr (S::kProducts)
    if (slots.products && (f.dynamic() || kDx)) multiply_state<S, kDx>(s, sums, h, dx, w.a, slots, team);
  if (f.dynamic() && !slots.products) project(s, sums, h, w, slots, team);
  and_sums();
  team.sync();
  activate(s, sums, w.a, team, put);
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

// x: [M, C], h: [N, C]; x may lie where h does. `put` takes coefficients, as activate's does.
template <typename S, typename Put>
__device__ __forceinline__ void width_token(const Results<S>& x, const State<S>& h, const BlockWeights<S>& w, const Team& team,
                                            Put put) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  find_coefficients<S, false>(s, sums, h, h.rows, w, team, [] {}, put);
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

// Block j of the gradient of x, times the pre-norm's gain if there is one.
template <typename S>
__device__ __forceinline__ void get_dx(float (&dx)[S::E], const Rows<S>& rows, int j, const BlockWeights<S>& w,
                                       typename S::Index q) {
  rows.get(dx, j, q);
  if (!w.prenorm()) return;
  float gamma[S::E];
  w.get_gamma(gamma, j, q);
#pragma unroll
  for (int e = 0; e < S::E; ++e) dx[e] *= gamma[e];
}

// Adds up h[i] . b[j] in slots first + i * M + j: b is the gradient of x, or where kX is true x itself, whose squares then go to
// the slots behind them.
template <typename S, bool kX>
__device__ __forceinline__ void block_dots(const Scratch<S>& s, const Sums& sums, int first, const State<S>& h, const Rows<S>& dx,
                                           const BlockWeights<S>& w, const Config& f, const Team& team) {
  constexpr int R = kTileRows<S>, B = S::kSmall ? S::M : S::M < 2 ? 1 : 2, kDots = R * B, kSums = kDots + (kX ? B : 0);
  const int n = S::n(f), m = S::m(f);
#pragma unroll 1
  for (int j0 = 0; j0 < m; j0 += B)
#pragma unroll 1
    for (int i0 = 0; i0 < n; i0 += R) {
      float v[kSums] = {};
      each_group<S>(team, f, [&](typename S::Index q) {
        float rows[R][S::E];
#pragma unroll
        for (int r = 0; r < R; ++r) h.get(rows[r], min(i0 + r, n - 1), q);
#pragma unroll
        for (int b = 0; b < B; ++b) {
          keep_order();
          const int j = min(j0 + b, m - 1);
          float block[S::E];
          if constexpr (!kX) {
            get_dx(block, dx, j, w, q);
          } else {
#pragma unroll
            for (int e = 0; e < S::E; ++e) block[e] = 0;
            in_turn<S, S::N>(n, [&](int i) {
              float row[S::E];
              h.get(row, i, q);
              add_scaled(block, row, s.alpha(i, j));
            });
            v[kDots + b] = dot(block, block, v[kDots + b]);
          }
#pragma unroll
          for (int r = 0; r < R; ++r) v[r * B + b] = dot(rows[r], block, v[r * B + b]);
        }
      });
      sums.add<kSums>(team, v, [&](int value) {
        if constexpr (S::kSmall) return first + value;
        const int i = i0 + value / B, j = j0 + value % B;
        if (j >= m) return -1;
        if (value >= kDots) return i0 == 0 ? first + n * m + j : -1;
        return i < n ? first + i * m + j : -1;
      });
    }
}

// The way back through x = u gamma, u = x / rms(x):  dx = (g - u mean(g u)) / rms, g = gamma times the gradient.
struct PrenormGradient {
  float inverse = 1, mean = 0;  // 1 / rms, mean(g u); without a pre-norm they change nothing
};

// By every warp, from the sums of block_dots.
template <typename S>
__device__ __forceinline__ PrenormGradient prenorm_gradient(const Scratch<S>& s, const Sums& sums, const Connection& a,
                                                            const Team& team) {
  const Config& f = a.f;
  const Slots<S> slots(a);
  const int m = S::m(f), count = S::n(f) * m, lane = threadIdx.x % kWarp;
  float along = 0, squares = 0;  // g . x, from h . g
#pragma unroll 1
  for (int i = lane; i < count; i += kWarp) along = fmaf(s.alpha(i / m, i % m), sums.total(team, slots.reads() + i), along);
#pragma unroll 1
  for (int j = lane; j < m; j += kWarp) squares += sums.total(team, slots.squares() + j);
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) {
    along += __shfl_xor_sync(0xffffffffu, along, step);
    squares += __shfl_xor_sync(0xffffffffu, squares, step);
  }
  PrenormGradient d;
  d.inverse = inverse_rms<S>(squares, a);
  d.mean = along * d.inverse * (Constants(a).share() / m);
  return d;
}

// From these sums and the gradients of alpha and beta to those of the logits: fills what Scratch has of the gradient
// and adds to the totals. given(i, column) is the gradient of a dynamic coefficient, beta's as column K; of those that are static what
// comes from outside reaches the weights once, not a token. A thread takes the slots that it has activated.
template <typename S, typename Given>
__device__ __forceinline__ void logit_gradients(const Scratch<S>& s, const Sums& sums, const Connection& a, const Team& team,
                                                const PrenormGradient& prenorm, Given given) {
  const Config& f = a.f;
  const Slots<S> slots(a);
  const Constants constants(a);
  const Totals totals(a, team);
  const int n = S::n(f), m = S::m(f), k = S::k(f);
#pragma unroll 1
  for (int slot = team.rank; slot < slots_of(n, k); slot += team.size) {
    const int i = slot / (k + 1), j = slot % (k + 1);
    const bool is_alpha = j < k;
    const bool dynamic = is_alpha ? f.dynamic_alpha : f.dynamic_beta;
    float upstream = dynamic ? given(i, j) : 0.0f;
    if (j < m) {
      float read = sums.total(team, slots.read(i, j, a.w.prenorm_gamma));
      if (a.w.prenorm_gamma)
        read = prenorm.inverse *
               (read - prenorm.mean * prenorm.inverse * sums.total(team, slots.blocks() + i * m + j));
      upstream += read;
    }
    totals.coefficients()[slot] += upstream;
    float du = 0, through = 0;
    if (dynamic) {
      const float active = s.active()[slot];
      du = upstream * constants.scales()[is_alpha ? 0 : 1];
      if (f.use_tanh) du *= 1.0f - active * active;
      totals.scales()[slot] += upstream * active;
      totals.logits()[slot] += du;
      const float inverse = s.through()[j * n + i];  // as this thread has left it there
      through = du * inverse;
      if (j == (f.dynamic_alpha ? 0 : k)) s.inverse()[i] = inverse;
    }
    s.upstream()[slot] = du;
    s.through()[j * n + i] = through;
  }
  team.sync();
  if (!f.dynamic()) return;
#pragma unroll 1
  for (int i = team.rank; i < n; i += team.size) {
    float along = 0, shift = 0;
    in_turn<S, S::K + 1>(k + 1, [&](int j) {
      const float du = s.upstream()[i * (k + 1) + j];
      along = fmaf(du, s.logits()[i * (k + 1) + j], along);
      if (f.norm == Norm::kLayer) shift = fmaf(du, constants.column_sums()[j], shift);
    });
    const float inverse = s.inverse()[i];
    s.along()[i] = f.norm == Norm::kNone ? 0.0f : -along * inverse * inverse * constants.share();
    s.shift()[i] = f.norm == Norm::kLayer ? -shift * inverse * constants.share() : 0.0f;
  }
  team.sync();
}

// How many segments' gradients a thread works out at a time.
template <typename S>
constexpr int kHeld = S::kCommon ? S::N : 4;

// What lies by columns for each segment, for those from i0 on.
template <typename S>
__device__ __forceinline__ void get_factors(float (&to)[kHeld<S>], const float* column, int i0, const Config& f) {
  if constexpr (S::kCommon) {
    load_floats(to, column);
  } else {
#pragma unroll
    for (int r = 0; r < kHeld<S>; ++r) to[r] = i0 + r < f.n ? column[i0 + r] : 0.0f;
  }
}

// From the gradient of x and what is in Scratch to that of the segments, in a column group.
template <typename S>
__device__ __forceinline__ void segment_gradients(const Results<S>& dh, ColumnSums<S>& columns, const Scratch<S>& s,
                                                  const State<S>& h, const Rows<S>& dx, const Rows<S>& dstate,
                                                  bool has_dstate, const PrenormGradient& prenorm,
                                                  const BlockWeights<S>& w, const Team& team, typename S::Index q) {
  constexpr int R = kHeld<S>;
  const Config& f = w.a.f;
  const int n = S::n(f);
  const Segments<S> all(h, q);
#pragma unroll 1
  for (int i0 = 0; i0 < n; i0 += R) {
    const auto at = [&](int r) { return S::kCommon ? r : min(i0 + r, n - 1); };
    float segments[R][S::E], d[R][S::E], factors[R];
#pragma unroll
    for (int r = 0; r < R; ++r) {
      if constexpr (S::kCommon) {
#pragma unroll
        for (int e = 0; e < S::E; ++e) segments[r][e] = all.held[r][e];
      } else {
        h.get(segments[r], at(r), q);
      }
#pragma unroll
      for (int e = 0; e < S::E; ++e) d[r][e] = 0;
      if (has_dstate) dstate.get(d[r], at(r), q);
    }
    in_turn<S, S::M>(S::m(f), [&](int j) {
      keep_order();
      float block[S::E];
      get_dx(block, dx, j, w, q);
      if (w.prenorm()) {
        float u[S::E], plain[S::E];
        read_block(u, all, j, s, f);
        dx.get(plain, j, q);
#pragma unroll
        for (int e = 0; e < S::E; ++e) {
          u[e] *= prenorm.inverse;
          block[e] = (block[e] - u[e] * prenorm.mean) * prenorm.inverse;
        }
        if (i0 == 0)
          columns.to_prenorm(j, q, [&](float(&sum)[S::E]) {
#pragma unroll
            for (int e = 0; e < S::E; ++e) sum[e] = fmaf(plain[e], u[e], sum[e]);
          });
      }
      get_factors<S>(factors, s.coefficients() + j * n, i0, f);
#pragma unroll
      for (int r = 0; r < R; ++r) add_scaled(d[r], block, factors[r]);
    });
    if (f.dynamic()) {
      if (f.norm == Norm::kLayer) {
        centre<S>(segments, {q, team.size}, f, [&](int r) { return s.mean()[at(r)]; });
        centre<S>(d, {q, team.size}, f, [&](int r) { return -s.shift()[at(r)]; });
      }
      get_factors<S>(factors, s.along(), i0, f);
#pragma unroll
      for (int r = 0; r < R; ++r) add_scaled(d[r], segments[r], factors[r]);
      each_column<S>(f, [&](int column) {
        keep_order();
        float projection[S::E];
        w.get(projection, column, q);
        get_factors<S>(factors, s.through() + column * n, i0, f);
#pragma unroll
        for (int r = 0; r < R; ++r) add_scaled(d[r], projection, factors[r]);
        columns.to_outer(column, q, [&](float(&sum)[S::E]) {
#pragma unroll
          for (int r = 0; r < R; ++r) add_scaled(sum, segments[r], factors[r]);
        });
      });
    }
#pragma unroll
    for (int r = 0; r < R; ++r)
      if (S::kCommon || i0 + r < n) dh.put(d[r], i0 + r, q);
  }
}

// dh: [N, C]; may lie where h or dstate do. dx: [M, C]. dstate: [N, C], if there is one. `given` as in logit_gradients.
template <typename S, typename Given>
__device__ __forceinline__ void width_token_gradient(const Results<S>& dh, ColumnSums<S>& columns, const State<S>& h,
                                                     const Rows<S>& dx, Given given, const Rows<S>& dstate,
                                                     bool has_dstate, const BlockWeights<S>& w, const Team& team) {
  const Config& f = w.a.f;
  const Scratch<S> s(w.a, team);
  const Sums sums(w.a.plan, team);
  const Slots<S> slots(w.a);
  const auto reads = [&] {
    if (!slots.has_reads(w.prenorm())) block_dots<S, false>(s, sums, slots.reads(), h, dx, w, f, team);
  };
  find_coefficients<S, true>(s, sums, h, dx, w, team, reads, [](int, int, float) {});
  PrenormGradient prenorm;
  if (w.prenorm()) {
    team.sync();
    block_dots<S, true>(s, sums, slots.blocks(), h, dx, w, f, team);
    team.sync();
    prenorm = prenorm_gradient(s, sums, w.a, team);
  }
  logit_gradients(s, sums, w.a, team, prenorm, given);
  each_group<S>(team, f, [&](typename S::Index q) {
    segment_gradients(dh, columns, s, h, dx, dstate, has_dstate, prenorm, w, team, q);
  });
}

}  // namespace frac::cuda
