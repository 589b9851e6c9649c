#include "ops/frac_depth_width/frac_depth_width_cuda.h"

#include "common/cuda/finish.h"
#include "common/cuda/kinds.h"
#include "common/cuda/tokens.h"
#include "ops/frac_depth/frac_depth_token.cuh"
#include "ops/frac_width/frac_width_token.cuh"

namespace frac::cuda {

namespace {

template <typename T>
struct DepthWidthArguments {
  T *out, *x;
  float *alpha, *beta;
  const T *h, *y;
  Coefficients given;
  Connection next;
};

template <typename S>
struct DepthWidth {
  using T = typename S::T;
  const DepthWidthArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;
  const BlockWeights<S> w;

  __device__ void load(int64_t t, int at) {
    stage<S>(parts.rows(at, 0), a.h, t, S::n(f), a.next, team);
    stage<S>(parts.rows(at, S::n(f)), a.y, t, S::m(f), a.next, team);
    stage_coefficients<S>(parts.floats(at), a.given, t, f, team);
  }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    float* next_alpha = f.dynamic_alpha ? a.alpha + t * n * k : nullptr;
    float* next_beta = f.dynamic_beta ? a.beta + t * n : nullptr;
    if constexpr (S::kCommon) {
      const Rows<S> state = parts.rows(at, 0), y = parts.rows(at, n);
      depth_token(state, state, y, parts.floats(at), parts.floats(at) + n * k, f, team);
      width_token(y, state, w, team, next_alpha, next_beta);
    } else {
      const Rows<S> out = rows_in<S>(a.out, t, n, f);
      depth_token(out, rows_in<S>(a.h, t, n, f), rows_in<S>(a.y, t, m, f), a.given.alpha_of(t, f),
                  a.given.beta_of(t, f), f, team);
      width_token(rows_in<S>(a.x, t, m, f), out, w, team, next_alpha, next_beta);
    }
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.out, t, parts.rows(at, 0), S::n(f), a.next, team);
    write_out<S>(a.x, t, parts.rows(at, S::n(f)), S::m(f), a.next, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_kernel(const __grid_constant__ DepthWidthArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  fill_weights(a.next, S::kCommon);
  if (blockIdx.x == 0) copy_static(a.alpha, a.beta, a.next);
  __syncthreads();
  DepthWidth<S> op{a, a.next.f, team, {a.next.plan, team}, {a.next}};
  for_tokens<S>(op, a.next, team);
}

template <typename T>
struct DepthWidthGradArguments {
  T *dh, *dy;
  float *d_alpha, *d_beta, *partials;
  T* rows;  // [blocks, 2, N, C]  the general kind's own
  const T *h, *y;
  Coefficients given;
  Connection next;
  const T *dout, *dx;
  const float *d_next_alpha, *d_next_beta;
  PartialLayout at;
};

template <typename S>
struct DepthWidthGrad {
  using T = typename S::T;
  const DepthWidthGradArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;
  const BlockWeights<S> w;
  ColumnSums<S>& columns;

  __device__ void load(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    stage<S>(parts.rows(at, 0), a.h, t, n, a.next, team);
    stage<S>(parts.rows(at, n), a.y, t, m, a.next, team);
    stage<S>(parts.rows(at, n + m), a.dout, t, n, a.next, team);
    stage<S>(parts.rows(at, 2 * n + m), a.dx, t, m, a.next, team);
    float* floats = parts.floats(at);
    stage_coefficients<S>(floats, a.given, t, f, team);
    if (f.dynamic_alpha) stage(floats + n * (k + 1), a.d_next_alpha + t * n * k, n * k, team);
    if (f.dynamic_beta) stage(floats + n * (k + 1) + n * k, a.d_next_beta + t * n, n, team);
  }

  // The state between the layers is computed again, then its gradient takes dout's place.
  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    const float *alpha = a.given.alpha_of(t, f), *beta = a.given.beta_of(t, f);
    const float *d_next_alpha = a.d_next_alpha + t * n * k, *d_next_beta = a.d_next_beta + t * n;
    Rows<S> h = rows_in<S>(a.h, t, n, f), y = rows_in<S>(a.y, t, m, f);
    Rows<S> dout = rows_in<S>(a.dout, t, n, f), dx = rows_in<S>(a.dx, t, m, f);
    Rows<S> dh = rows_in<S>(a.dh, t, n, f), dy = rows_in<S>(a.dy, t, m, f);
    Rows<S> between = rows_in<S>(a.rows, 2 * blockIdx.x, n, f), d_between = rows_in<S>(a.rows, 2 * blockIdx.x + 1, n, f);
    if constexpr (S::kCommon) {
      alpha = parts.floats(at), beta = alpha + n * k, d_next_alpha = beta + n, d_next_beta = d_next_alpha + n * k;
      h = dh = parts.rows(at, 0), y = dy = parts.rows(at, n);
      dout = d_between = parts.rows(at, n + m), dx = parts.rows(at, 2 * n + m);
      between = parts.own_rows();
    }
    depth_token(between, h, y, alpha, beta, f, team);
    width_token_gradient(d_between, columns, between, dx, f.dynamic_alpha ? d_next_alpha : nullptr,
                         f.dynamic_beta ? d_next_beta : nullptr, dout, w, team);
    depth_token_gradient(dh, dy, a.given.alpha_per_token ? a.d_alpha + t * n * k : nullptr,
                         a.given.beta_per_token ? a.d_beta + t * n : nullptr, a.next, true, h, y, alpha, beta, d_between,
                         team);
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.dh, t, parts.rows(at, 0), S::n(f), a.next, team);
    write_out<S>(a.dy, t, parts.rows(at, S::n(f)), S::m(f), a.next, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_grad_kernel(const __grid_constant__ DepthWidthGradArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  float* row = a.partials + blockIdx.x * a.at.size;
  fill_weights(a.next, S::kCommon);
  clear_sums(a.next, true, row, S::kCommon ? 0 : a.at.depth);
  ColumnSums<S> columns(row, a.at, a.next, team);
  __syncthreads();
  DepthWidthGrad<S> op{a, a.next.f, team, {a.next.plan, team}, {a.next}, columns};
  for_tokens<S>(op, a.next, team);
  write_width_sums(row, columns, a.next, a.at, team);
}

template <typename S>
bool plan_grad(Plan& plan, const Config& f, bool prenorm) {
  const Needs needs{2 * (f.n + f.m), 2 * (f.n * f.k() + f.n), f.n, true, prenorm, true};
  return make_plan<S>(plan, depth_width_grad_kernel<S>, needs, f);
}

}  // namespace

void frac_depth_width(void* out, void* x, float* alpha, float* beta, const void* h, const void* y,
                      const Coefficients& given, const Weights& next, const Config& f, const Launch& launch_) {
  with_kind<Pass::kForward>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    const Needs needs{f.n + f.m, f.n * f.k() + f.n, 0, true, next.prenorm_gamma != nullptr, false};
    if (!make_plan<S>(plan, depth_width_kernel<S>, needs, f)) return false;
    choose_access<T>(plan, f, out, x, h, y);
    launch(depth_width_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthWidthArguments<T>{static_cast<T*>(out), static_cast<T*>(x), alpha, beta, static_cast<const T*>(h),
                                  static_cast<const T*>(y), given, {{f, plan}, next}});
    return true;
  });
}

void frac_depth_width_grad(void* dh, void* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                           const void* h, const void* y, const Coefficients& given, const Weights& next,
                           const void* dout, const void* dx, const float* dnext_alpha, const float* dnext_beta,
                           const Config& f, const Launch& launch_) {
  with_kind<Pass::kFusedGradient>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    const bool prenorm = next.prenorm_gamma;
    Plan plan;
    if (!plan_grad<S>(plan, f, prenorm)) return false;
    choose_access<T>(plan, f, dh, dy, h, y, dout, dx);
    const PartialLayout at(f, true, prenorm);
    const Workspace space(at, plan.blocks);
    float* rows = static_cast<float*>(launch_.workspace);
    launch(depth_width_grad_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthWidthGradArguments<T>{static_cast<T*>(dh), static_cast<T*>(dy), dalpha, dbeta, rows,
                                      reinterpret_cast<T*>(rows + space.rest), static_cast<const T*>(h),
                                      static_cast<const T*>(y), given, {{f, plan}, next}, static_cast<const T*>(dout),
                                      static_cast<const T*>(dx), dnext_alpha, dnext_beta, at});
    float* total = rows + space.total;
    add_blocks(total, rows, plan.blocks, at.size, launch_.stream);
    finish_width(dnext, total, at, next, dnext_alpha, dnext_beta, f, launch_.stream);
    finish_depth(dalpha, dbeta, total, at, given, f, launch_.stream);
    return true;
  });
}

size_t frac_depth_width_grad_workspace(const Config& f, const Coefficients&, const Weights& next, Dtype dtype) {
  size_t bytes = 0;
  with_kind<Pass::kFusedGradient>(f, dtype, [&](auto kind) {
    using S = decltype(kind);
    Plan plan;
    if (!plan_grad<S>(plan, f, next.prenorm_gamma)) return false;
    const Workspace space(PartialLayout(f, true, next.prenorm_gamma), plan.blocks);
    bytes = sizeof(float) * size_t(space.rest);
    if (!S::kCommon) bytes += size_t(plan.blocks) * 2 * f.state() * sizeof(typename S::T);
    return true;
  });
  return bytes;
}

}  // namespace frac::cuda
