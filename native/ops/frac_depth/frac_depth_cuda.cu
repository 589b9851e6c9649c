#include "ops/frac_depth/frac_depth_kinds.h"

#include "common/cuda/finish.h"
#include "common/cuda/kinds.h"
#include "common/cuda/tokens.h"
#include "ops/frac_depth/frac_depth_token.cuh"

namespace frac::cuda {

namespace {

template <typename T>
struct DepthArguments {
  T* out;
  const T *h, *y;
  Coefficients given;
  Setting setting;
};

template <typename S>
struct Depth {
  using T = typename S::T;
  const DepthArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;

  __device__ void load(int64_t t, int at) {
    stage<S>(parts.rows(at, 0), a.h, t, S::n(f), a.setting, team);
    stage<S>(parts.rows(at, S::n(f)), a.y, t, S::m(f), a.setting, team);
    stage_coefficients<S>(parts.floats(at), a.given, t, f, team);
  }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    if constexpr (S::kCommon) {
      const Rows<S> h = parts.rows(at, 0);
      depth_token(h, h, parts.rows(at, n), parts.floats(at), parts.floats(at) + n * k, f, team);
    } else {
      depth_token(rows_in<S>(a.out, t, n, f), rows_in<S>(a.h, t, n, f), rows_in<S>(a.y, t, m, f),
                  a.given.alpha_of(t, f), a.given.beta_of(t, f), f, team);
    }
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.out, t, parts.rows(at, 0), S::n(f), a.setting, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1) depth_kernel(const __grid_constant__ DepthArguments<typename S::T> a) {
  const Team team = Team::here(a.setting.plan);
  Depth<S> op{a, a.setting.f, team, {a.setting.plan, team}};
  for_tokens<S>(op, a.setting, team);
}

template <typename T>
struct DepthGradArguments {
  T *dh, *dy;
  float *d_alpha, *d_beta, *partials;
  const T *h, *y;
  Coefficients given;
  const T* dout;
  Setting setting;
  PartialLayout at;
};

template <typename S>
struct DepthGrad {
  using T = typename S::T;
  const DepthGradArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;

  __device__ void load(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f);
    stage<S>(parts.rows(at, 0), a.h, t, n, a.setting, team);
    stage<S>(parts.rows(at, n), a.y, t, m, a.setting, team);
    stage<S>(parts.rows(at, n + m), a.dout, t, n, a.setting, team);
    stage_coefficients<S>(parts.floats(at), a.given, t, f, team);
  }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    float* d_alpha = a.given.alpha_per_token ? a.d_alpha + t * n * k : nullptr;
    float* d_beta = a.given.beta_per_token ? a.d_beta + t * n : nullptr;
    if constexpr (S::kCommon) {
      const Rows<S> h = parts.rows(at, 0), y = parts.rows(at, n);
      depth_token_gradient(h, y, d_alpha, d_beta, a.setting, false, h, y, parts.floats(at), parts.floats(at) + n * k,
                           parts.rows(at, n + m), team);
    } else {
      depth_token_gradient(rows_in<S>(a.dh, t, n, f), rows_in<S>(a.dy, t, m, f), d_alpha, d_beta, a.setting, false,
                           rows_in<S>(a.h, t, n, f), rows_in<S>(a.y, t, m, f), a.given.alpha_of(t, f),
                           a.given.beta_of(t, f), rows_in<S>(a.dout, t, n, f), team);
    }
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.dh, t, parts.rows(at, 0), S::n(f), a.setting, team);
    write_out<S>(a.dy, t, parts.rows(at, S::n(f)), S::m(f), a.setting, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_grad_kernel(const __grid_constant__ DepthGradArguments<typename S::T> a) {
  const Team team = Team::here(a.setting.plan);
  clear_sums(a.setting, false, nullptr, 0);
  __syncthreads();
  DepthGrad<S> op{a, a.setting.f, team, {a.setting.plan, team}};
  for_tokens<S>(op, a.setting, team);
  __syncthreads();
  write_totals(a.partials + blockIdx.x * a.at.size, a.setting, false);
}

template <typename S>
bool plan_grad(Plan& plan, const Config& f) {
  const Needs needs{2 * f.n + f.m, f.n * f.k() + f.n, 0, false, false, true};
  return make_plan<S>(plan, depth_grad_kernel<S>, needs, f);
}

PartialLayout layout(const Config& f) { return PartialLayout(f, false, false); }

}  // namespace

template <bool common>
bool depth_forward(void* out, const void* h, const void* y, const Coefficients& given, const Config& f,
                   const Launch& launch_) {
  return with_kind<common, Pass::kForward>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    const Needs needs{f.n + f.m, f.n * f.k() + f.n, 0, false, false, false};
    if (!make_plan<S>(plan, depth_kernel<S>, needs, f)) return false;
    choose_access<T>(plan, f, out, h, y);
    launch(depth_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthArguments<T>{static_cast<T*>(out), static_cast<const T*>(h), static_cast<const T*>(y), given,
                             {f, plan}});
    return true;
  });
}

template <bool common>
bool depth_grad(void* dh, void* dy, float* dalpha, float* dbeta, const void* h, const void* y, const Coefficients& given,
                const void* dout, const Config& f, const Launch& launch_) {
  return with_kind<common, Pass::kGradient>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    if (!plan_grad<S>(plan, f)) return false;
    choose_access<T>(plan, f, dh, dy, h, y, dout);
    const PartialLayout at = layout(f);
    const Workspace space(at, plan.blocks);
    float* rows = static_cast<float*>(launch_.workspace);
    launch(depth_grad_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthGradArguments<T>{static_cast<T*>(dh), static_cast<T*>(dy), dalpha, dbeta, rows,
                                 static_cast<const T*>(h), static_cast<const T*>(y), given,
                                 static_cast<const T*>(dout), {f, plan}, at});
    add_blocks(rows + space.total, rows, plan.blocks, at.size, launch_.stream);
    finish_depth(dalpha, dbeta, rows + space.total, at, given, f, launch_.stream);
    return true;
  });
}

template <bool common>
bool depth_grad_workspace(size_t& bytes, const Config& f, Dtype dtype) {
  return with_kind<common, Pass::kGradient>(f, dtype, [&](auto kind) {
    using S = decltype(kind);
    Plan plan;
    if (!plan_grad<S>(plan, f)) return false;
    bytes = sizeof(float) * size_t(Workspace(layout(f), plan.blocks).rest);
    return true;
  });
}

template bool depth_forward<FRAC_COMMON_KINDS>(void*, const void*, const void*, const Coefficients&, const Config&,
                                               const Launch&);
template bool depth_grad<FRAC_COMMON_KINDS>(void*, void*, float*, float*, const void*, const void*, const Coefficients&,
                                            const void*, const Config&, const Launch&);
template bool depth_grad_workspace<FRAC_COMMON_KINDS>(size_t&, const Config&, Dtype);

}  // namespace frac::cuda
