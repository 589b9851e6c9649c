#include "common/cuda/finish.h"

#include "common/cuda/device.h"

namespace frac::cuda {

namespace {

// A block sums several "strips" of 32 neighbouring values over the rows. It has four groups of eight warps: a group
// takes every fourth strip, and each of its warps every eighth row.
constexpr int kLanes = 32, kParts = 8, kGroups = 4, kThreads = kLanes * kParts * kGroups;
constexpr int kMostStrips = kMaxColumns + kMaxBlocks;

// The numbers of blocks: for strips of a segment's columns, for strips of alpha's and beta's slots, and one for the
// scales.
struct Grid {
  int columns, slots, scales;
  int all() const { return columns + slots + scales; }
};

struct Arguments : Finish {
  Grid grid;
};

__device__ int lane() { return threadIdx.x % kLanes; }
__device__ int warp() { return threadIdx.x / kLanes; }
__device__ float* parts() { return reinterpret_cast<float*>(shared_memory()); }         // [strips, parts, lanes]
__device__ float& total(int strip) { return parts()[strip * kParts * kLanes + lane()]; }  // valid after a barrier
__device__ float* logits() { return parts() + kMostStrips * kParts * kLanes; }          // [columns]
constexpr int kSharedFloats = kMostStrips * kParts * kLanes + kMaxColumns;

// Sums the strips; strip(j) is where the j-th strip begins in a row. Ends with a barrier of the block.
template <typename F>
__device__ void sum_strips(const Arguments& a, int strips, int width, F strip) {
  const int part = warp() % kParts;
  for (int j = warp() / kParts; j < strips; j += kGroups) {
    const float* at = a.rows + strip(j) + lane();
    double sum = 0;  // a float would drift over the blocks of very many tokens
    if (lane() < width) {
#pragma unroll 8
      for (int row = part; row < a.blocks; row += kParts) sum += at[row * a.at.size];
    }
    parts()[(j * kParts + part) * kLanes + lane()] = float(sum);
  }
  __syncthreads();
  for (int j = warp(); j < strips; j += kThreads / kLanes) {
    float sum = 0;
    for (int other = 0; other < kParts; ++other) sum += parts()[(j * kParts + other) * kLanes + lane()];
    total(j) = sum;
  }
  __syncthreads();
}

// A warp's part of the sum of each(i) for i < count. `warps` warps share the sum.
template <typename F>
__device__ float sum_over_warp(int part, int warps, int count, F each) {
  double all = 0;
#pragma unroll 4
  for (int i = part * kLanes + lane(); i < count; i += warps * kLanes) all += each(i);
  float sum = float(all);
#pragma unroll
  for (int step = kLanes / 2; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  return sum;
}

// Sums du of every column over rows and segments, for the bias of LayerNorm. Ends with a barrier of the block.
__device__ void sum_logits(const Arguments& a, int columns) {
  const int n = a.f.n;
  for (int j = warp(); j < columns; j += kThreads / kLanes) {
    const float sum = sum_over_warp(0, 1, a.blocks * n, [&](int i) {
      return a.rows[i / n * a.at.size + a.at.logits + i % n * columns + j];
    });
    if (lane() == 0) logits()[j] = sum;
  }
  __syncthreads();
}

// Equals weight_gradients in common/coefficients.h.
__device__ void finish_column(const Arguments& a, int64_t l) {
  const Config& f = a.f;
  const int k = f.k();
  const bool layer = f.norm == Norm::kLayer;
  float gain = 0, bias = 0;
  for (int j = 0; j < columns_of(f); ++j) {
    const bool is_alpha = j < k;
    if (!(is_alpha ? f.dynamic_alpha : f.dynamic_beta)) continue;
    const float outer = total(j), logit = layer ? logits()[j] : 0.0f;
    const float weight = is_alpha ? a.w.w_alpha[l * k + j] : a.w.w_beta[l];
    gain += weight * outer;
    bias += weight * logit;
    float gradient = f.norm == Norm::kNone ? outer : outer * a.w.norm_gamma[l];
    if (layer) gradient += a.w.norm_beta[l] * logit;
    if (is_alpha)
      a.d.w_alpha[l * k + j] = gradient;
    else
      a.d.w_beta[l] = gradient;
  }
  if (a.d.norm_gamma) a.d.norm_gamma[l] = gain;
  if (a.d.norm_beta) a.d.norm_beta[l] = bias;
}

__device__ void finish_columns(const Arguments& a, int64_t first) {
  const Config& f = a.f;
  const int columns = columns_of(f), prenorm = a.d.prenorm_gamma ? f.m : 0;
  const int width = int(min(int64_t{kLanes}, f.c - first));
  sum_strips(a, columns + prenorm, width, [&](int j) {
    return first + (j < columns ? a.at.outer + j * f.c : a.at.prenorm + (j - columns) * f.c);
  });
  if (f.norm == Norm::kLayer) sum_logits(a, columns);
  if (lane() >= width) return;
  if (warp() == 0) finish_column(a, first + lane());
  for (int j = warp(); j < prenorm; j += kThreads / kLanes)
    a.d.prenorm_gamma[j * f.c + first + lane()] = total(columns + j);
}

// Writes the gradients that have one value per segment and column: those of the coefficients.
__device__ void finish_slots(const Arguments& a, int first) {
  const Config& f = a.f;
  const int k = f.k(), slots = slots_of(f.n, k), slot = first + lane();
  sum_strips(a, 2, slots - first, [&](int j) { return (j == 0 ? a.at.depth : a.at.coefficients) + first; });
  if (warp() != 0 || slot >= slots) return;
  const int i = slot / (k + 1), j = slot % (k + 1), in_alpha = i * k + j;
  if (j < k && a.given_alpha) a.given_alpha[in_alpha] = total(0);
  if (j == k && a.given_beta) a.given_beta[i] = total(0);
  if (j < k && a.d.static_alpha && !f.alpha_rows)
    a.d.static_alpha[in_alpha] = total(1) + (a.d_alpha && !f.dynamic_alpha ? a.d_alpha[in_alpha] : 0.0f);
  if (j == k && a.d.static_beta) a.d.static_beta[i] = total(1) + (a.d_beta && !f.dynamic_beta ? a.d_beta[i] : 0.0f);
}

// Writes the gradients of the scales, sums over all slots. Half of the warps sum alpha's scale, the others beta's.
__device__ void finish_scales(const Arguments& a) {
  constexpr int kWarps = kThreads / kLanes / 2;
  const bool is_alpha = warp() < kWarps;
  const int n = a.f.n, k = a.f.k(), first = is_alpha ? 0 : k, each = is_alpha ? k : 1;
  const float sum = sum_over_warp(warp() % kWarps, kWarps, a.blocks * n * each, [&](int i) {
    const int row = i / (n * each), segment = i / each % n;
    return a.rows[row * a.at.size + a.at.scales + segment * (k + 1) + first + i % each];
  });
  if (lane() == 0) parts()[warp()] = sum;
  __syncthreads();
  float* to = is_alpha ? a.d.scale_alpha : a.d.scale_beta;
  if (threadIdx.x % (kWarps * kLanes) != 0 || !to) return;
  float all = 0;
  for (int i = 0; i < kWarps; ++i) all += parts()[warp() + i];
  *to = all;
}

__global__ void __launch_bounds__(kThreads, 1) finish_kernel(const __grid_constant__ Arguments a) {
  const int block = blockIdx.x, slots = block - a.grid.columns;
  if (slots < 0)
    finish_columns(a, int64_t{block} * kLanes);
  else if (slots < a.grid.slots)
    finish_slots(a, slots * kLanes);
  else
    finish_scales(a);
}

}  // namespace

void finish(const Finish& what, Stream stream) {
  const auto strips = [](int64_t count) { return int((count + kLanes - 1) / kLanes); };
  const bool coefficients = (what.d.static_alpha && !what.f.alpha_rows) || what.given_alpha || what.given_beta;
  Grid grid{};
  if (columns_of(what.f) > 0 || what.d.prenorm_gamma) grid.columns = strips(what.f.c);
  if (coefficients) grid.slots = strips(slots_of(what.f.n, what.f.k()));
  if (what.d.scale_alpha || what.d.scale_beta) grid.scales = 1;
  if (grid.all() > 0)
    launch(finish_kernel, grid.all(), kThreads, kSharedFloats * sizeof(float), stream, Arguments{what, grid});
}

}  // namespace frac::cuda
