#include "ops/frac_depth_width/frac_depth_width_kinds.h"

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

  // h's rows, then y's. Without a depth connection x takes h's place.
  __device__ void load(int64_t t, int at) {
    stage<S>(parts.rows(at, 0), a.h, t, S::n(f), a.next, team);
    if (!a.y) return;
    stage<S>(parts.rows(at, S::n(f)), a.y, t, S::m(f), a.next, team);
    stage_coefficients<S>(parts.floats(at), a.given, t, f, team);
  }
  __device__ Rows<S> x_rows(int at) const { return parts.rows(at, a.y ? S::n(f) : 0); }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    Rows<S> state{}, x{};
    if constexpr (S::kCommon) {
      state = parts.rows(at, 0), x = x_rows(at);
      if (a.y) depth_token(state, state, x, parts.floats(at), parts.floats(at) + n * k, f, team);
    } else {
      state = rows_in<S>(a.y ? a.out : a.h, t, n, f), x = rows_in<S>(a.x, t, m, f);
      if (a.y)
        depth_token(state, rows_in<S>(a.h, t, n, f), rows_in<S>(a.y, t, m, f), a.given.alpha_of(t, f),
                    a.given.beta_of(t, f), f, team);
    }
    width_token(x, state, w, team, f.dynamic_alpha ? a.alpha + t * n * k : nullptr,
                f.dynamic_beta ? a.beta + t * n : nullptr);
  }

  __device__ void write(int64_t t, int at) {
    if (a.y) write_out<S>(a.out, t, parts.rows(at, 0), S::n(f), a.next, team);
    write_out<S>(a.x, t, x_rows(at), S::m(f), a.next, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_kernel(const __grid_constant__ DepthWidthArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  if (S::kCommon) fill_weights(a.next);
  fill_bias(a.next);
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

  // Rows of h, of dx, of dout if there is one, and of y if there is a depth connection.
  __device__ void load(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    float* floats = parts.floats(at);
    stage<S>(parts.rows(at, 0), a.h, t, n, a.next, team);
    stage<S>(parts.rows(at, n), a.dx, t, m, a.next, team);
    if (a.dout) stage<S>(parts.rows(at, n + m), a.dout, t, n, a.next, team);
    if (f.dynamic_alpha) stage(floats, a.d_next_alpha + t * n * k, n * k, team);
    if (f.dynamic_beta) stage(floats + n * k, a.d_next_beta + t * n, n, team);
    if (!a.y) return;
    stage<S>(parts.rows(at, 2 * n + m), a.y, t, m, a.next, team);
    stage_coefficients<S>(floats + n * (k + 1), a.given, t, f, team);
  }

  // The state between the layers is computed again, then its gradient takes dout's place. Without a depth connection that state is
  // h, and its gradient takes h's place.
  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    const float *alpha = a.given.alpha_of(t, f), *beta = a.given.beta_of(t, f);
    const float *d_next_alpha = a.d_next_alpha + t * n * k, *d_next_beta = a.d_next_beta + t * n;
    Rows<S> h{}, y{}, dout{}, dx{}, dh{}, dy{}, between{}, d_between{};
    if constexpr (S::kCommon) {
      d_next_alpha = parts.floats(at), d_next_beta = d_next_alpha + n * k, alpha = d_next_beta + n, beta = alpha + n * k;
      h = dh = between = d_between = parts.rows(at, 0), dx = parts.rows(at, n);
      dout = parts.rows(at, n + m), y = dy = parts.rows(at, 2 * n + m);
      if (a.y) d_between = dout, between = parts.own_rows();
    } else {
      h = between = rows_in<S>(a.h, t, n, f), y = rows_in<S>(a.y, t, m, f);
      dout = rows_in<S>(a.dout, t, n, f), dx = rows_in<S>(a.dx, t, m, f);
      dh = d_between = rows_in<S>(a.dh, t, n, f), dy = rows_in<S>(a.dy, t, m, f);
      if (a.y) between = rows_in<S>(a.rows, 2 * blockIdx.x, n, f), d_between = rows_in<S>(a.rows, 2 * blockIdx.x + 1, n, f);
    }
    if (a.y) depth_token(between, h, y, alpha, beta, f, team);
    width_token_gradient(d_between, columns, between, dx, f.dynamic_alpha ? d_next_alpha : nullptr,
                         f.dynamic_beta ? d_next_beta : nullptr, dout, a.dout != nullptr, w, team);
    if (a.y)
      depth_token_gradient(dh, dy, a.given.alpha_per_token ? a.d_alpha + t * n * k : nullptr,
                           a.given.beta_per_token ? a.d_beta + t * n : nullptr, a.next, true, h, y, alpha, beta, d_between,
                           team);
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.dh, t, parts.rows(at, 0), S::n(f), a.next, team);
    if (a.y) write_out<S>(a.dy, t, parts.rows(at, 2 * S::n(f) + S::m(f)), S::m(f), a.next, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_grad_kernel(const __grid_constant__ DepthWidthGradArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  float* row = a.partials + blockIdx.x * a.at.size;
  if (S::kCommon) fill_weights(a.next);
  fill_bias(a.next);
  clear_sums(a.next, true, row, S::kCommon ? 0 : a.at.depth);
  ColumnSums<S> columns(row, a.at, a.next, team);
  __syncthreads();
  DepthWidthGrad<S> op{a, a.next.f, team, {a.next.plan, team}, {a.next}, columns};
  for_tokens<S>(op, a.next, team);
  write_width_sums(row, columns, a.next, a.at, team);
}

Needs forward_needs(const Config& f, bool depth, bool prenorm) {
  return {f.n + (depth ? f.m : 0), depth ? f.n * f.k() + f.n : 0, 0, true, prenorm, false};
}

template <typename S>
bool plan_grad(Plan& plan, const Config& f, bool depth, bool dout, bool prenorm) {
  const int coefficients = f.n * f.k() + f.n;
  const Needs needs{f.n + f.m + (dout ? f.n : 0) + (depth ? f.m : 0), (depth ? 2 : 1) * coefficients, depth ? f.n : 0,
                    true, prenorm, true};
  return make_plan<S>(plan, depth_width_grad_kernel<S>, needs, f);
}

}  // namespace

template <bool common>
bool connection_forward(void* out, void* x, float* alpha, float* beta, const void* h, const void* y,
                        const Coefficients& given, const Weights& next, const Config& f, const Launch& launch_) {
  return with_kind<common, Pass::kForward>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    if (!make_plan<S>(plan, depth_width_kernel<S>, forward_needs(f, y != nullptr, next.prenorm_gamma), f)) return false;
    choose_access<T>(plan, f, out, x, h, y);
    launch(depth_width_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthWidthArguments<T>{static_cast<T*>(out), static_cast<T*>(x), alpha, beta, static_cast<const T*>(h),
                                  static_cast<const T*>(y), given, {{f, plan}, next}});
    return true;
  });
}

template <bool common>
bool connection_grad(void* dh, void* dy, float* dalpha, float* dbeta, const WeightGradients& dnext, const void* h,
                     const void* y, const Coefficients& given, const Weights& next, const void* dout, const void* dx,
                     const float* dnext_alpha, const float* dnext_beta, const Config& f, const Launch& launch_) {
  return with_kind<common, Pass::kFusedGradient>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    const bool prenorm = next.prenorm_gamma;
    Plan plan;
    if (!plan_grad<S>(plan, f, y != nullptr, dout != nullptr, prenorm)) return false;
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
    if (y) finish_depth(dalpha, dbeta, total, at, given, f, launch_.stream);
    return true;
  });
}

template <bool common>
bool connection_grad_workspace(size_t& bytes, const Config& f, bool depth, bool dout, const Weights& next, Dtype dtype) {
  return with_kind<common, Pass::kFusedGradient>(f, dtype, [&](auto kind) {
    using S = decltype(kind);
    Plan plan;
    if (!plan_grad<S>(plan, f, depth, dout, next.prenorm_gamma)) return false;
    bytes = sizeof(float) * size_t(Workspace(PartialLayout(f, true, next.prenorm_gamma), plan.blocks).rest);
    if (!S::kCommon && depth) bytes += size_t(plan.blocks) * 2 * f.state() * sizeof(typename S::T);
    return true;
  });
}

template bool connection_forward<FRAC_COMMON_KINDS>(void*, void*, float*, float*, const void*, const void*,
                                                    const Coefficients&, const Weights&, const Config&, const Launch&);
template bool connection_grad<FRAC_COMMON_KINDS>(void*, void*, float*, float*, const WeightGradients&, const void*,
                                                 const void*, const Coefficients&, const Weights&, const void*,
                                                 const void*, const float*, const float*, const Config&, const Launch&);
template bool connection_grad_workspace<FRAC_COMMON_KINDS>(size_t&, const Config&, bool, bool, const Weights&, Dtype);

}  // namespace frac::cuda
