#include "common/cuda/finish.h"

#include <algorithm>

#include "common/cuda/device.h"

namespace frac::cuda {

namespace {

constexpr int kLanes = 32, kRowsAtOnce = 8, kThreads = kLanes * kRowsAtOnce;

// Each of eight rows of threads adds every eighth row, the first of them adds up the eight.
__global__ void __launch_bounds__(kThreads) add_blocks_kernel(float* total, const float* rows, int blocks, int64_t size) {
  float* shared = reinterpret_cast<float*>(shared_memory());
  const int lane = threadIdx.x % kLanes, part = threadIdx.x / kLanes;
  const int64_t i = int64_t{blockIdx.x} * kLanes + lane;
  float sum = 0;
  if (i < size) {
#pragma unroll 8
    for (int row = part; row < blocks; row += kRowsAtOnce) sum += rows[row * size + i];
  }
  shared[part * kLanes + lane] = sum;
  __syncthreads();
  if (part != 0 || i >= size) return;
  for (int other = 1; other < kRowsAtOnce; ++other) sum += shared[other * kLanes + lane];
  total[i] = sum;
}

struct WidthFinish {
  WeightGradients d;
  const float* total;
  PartialLayout at;
  Weights w;
  const float *d_alpha, *d_beta;
  Config f;
};

// The scale of alpha, or of beta: the sum of what its coefficients say.
__device__ float scale_gradient(const WidthFinish& a, bool is_alpha) {
  const int k = a.f.k();
  float sum = 0;
  for (int i = 0; i < a.f.n; ++i)
    for (int j = is_alpha ? 0 : k; j < (is_alpha ? k : k + 1); ++j) sum += a.total[a.at.scales + i * (k + 1) + j];
  return sum;
}

// What is one a connection, or one a segment and column.
__device__ void finish_small(const WidthFinish& a) {
  const Config& f = a.f;
  const int k = f.k();
  for (int each = threadIdx.x; each < slots_of(f.n, k); each += blockDim.x) {
    const int i = each / (k + 1), j = each % (k + 1), in_alpha = i * k + j;
    const float sum = a.total[a.at.coefficients + each];
    if (j < k)
      a.d.static_alpha[in_alpha] = sum + (f.dynamic_alpha ? 0.0f : a.d_alpha[in_alpha]);
    else
      a.d.static_beta[i] = sum + (f.dynamic_beta ? 0.0f : a.d_beta[i]);
  }
  if (threadIdx.x == 0 && a.d.scale_alpha) *a.d.scale_alpha = scale_gradient(a, true);
  if (threadIdx.x == 0 && a.d.scale_beta) *a.d.scale_beta = scale_gradient(a, false);
}

// The same as weight_gradients in common/coefficients.h. logits: [columns]
__device__ void finish_column(const WidthFinish& a, const float* logits, int64_t l) {
  const Config& f = a.f;
  const int k = f.k(), columns = columns_of(f);
  float gain = 0, bias = 0;
  for (int j = 0; j < columns; ++j) {
    const bool is_alpha = j < k;
    if (!(is_alpha ? f.dynamic_alpha : f.dynamic_beta)) continue;
    const float outer = a.total[a.at.outer + j * f.c + l];
    const float weight = is_alpha ? a.w.w_alpha[l * k + j] : a.w.w_beta[l];
    gain += weight * outer;
    bias += weight * logits[j];
    float gradient = f.norm == Norm::kNone ? outer : outer * a.w.norm_gamma[l];
    if (f.norm == Norm::kLayer) gradient += a.w.norm_beta[l] * logits[j];
    if (is_alpha)
      a.d.w_alpha[l * k + j] = gradient;
    else
      a.d.w_beta[l] = gradient;
  }
  if (a.d.norm_gamma) a.d.norm_gamma[l] = gain;
  if (a.d.norm_beta) a.d.norm_beta[l] = bias;
}

__global__ void __launch_bounds__(kThreads) finish_width_kernel(const WidthFinish a) {
  float* logits = reinterpret_cast<float*>(shared_memory());
  const int k = a.f.k(), column = threadIdx.x;
  if (column < columns_of(a.f)) {
    const float* each = a.total + a.at.logits + column;
    float sum = 0;
    for (int i = 0; i < a.f.n; ++i) sum += each[i * (k + 1)];
    logits[column] = sum;
  }
  __syncthreads();
  if (blockIdx.x == 0) finish_small(a);
  const int64_t first = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t l = first; l < a.f.c; l += step) finish_column(a, logits, l);
  if (a.d.prenorm_gamma)
    for (int64_t i = first; i < a.f.dim(); i += step) a.d.prenorm_gamma[i] = a.total[a.at.prenorm + i];
}

// sums: [N, K + 1]
__global__ void __launch_bounds__(kThreads)
    finish_depth_kernel(float* d_alpha, float* d_beta, const float* sums, const Config f) {
  const int k = f.k();
  for (int each = threadIdx.x; each < slots_of(f.n, k); each += blockDim.x) {
    const int i = each / (k + 1), j = each % (k + 1);
    if (j < k && d_alpha) d_alpha[i * k + j] = sums[each];
    if (j == k && d_beta) d_beta[i] = sums[each];
  }
}

}  // namespace

void add_blocks(float* total, const float* rows, int blocks, int64_t size, Stream stream) {
  if (size == 0) return;
  launch(add_blocks_kernel, int((size + kLanes - 1) / kLanes), kThreads, kThreads * sizeof(float), stream, total, rows,
         blocks, size);
}

void finish_width(const WeightGradients& dw, const float* total, const PartialLayout& at, const Weights& w,
                  const float* dalpha, const float* dbeta, const Config& f, Stream stream) {
  const int64_t values = std::max(f.c, f.dim());
  const int blocks = int(std::min<int64_t>(1024, (values + kThreads - 1) / kThreads));
  launch(finish_width_kernel, blocks, kThreads, kMaxColumns * sizeof(float), stream, WidthFinish{dw, total, at, w, dalpha, dbeta, f});
}

void finish_depth(float* dalpha, float* dbeta, const float* total, const PartialLayout& at, const Coefficients& given,
                  const Config& f, Stream stream) {
  if (given.alpha_per_token && given.beta_per_token) return;
  launch(finish_depth_kernel, 1, kThreads, 0, stream, given.alpha_per_token ? nullptr : dalpha,
         given.beta_per_token ? nullptr : dbeta, total + at.depth, f);
}

}  // namespace frac::cuda
