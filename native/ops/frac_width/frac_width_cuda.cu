#include "ops/frac_width/frac_width_cuda.h"

#include "common/cuda/finish.h"
#include "common/cuda/kinds.h"
#include "common/cuda/tokens.h"
#include "ops/frac_width/frac_width_token.cuh"

namespace frac::cuda {

namespace {

template <typename T>
struct WidthArguments {
  T* x;
  float *alpha, *beta;
  const T* h;
  Connection connection;
};

template <typename S>
struct Width {
  using T = typename S::T;
  const WidthArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;
  const BlockWeights<S> w;

  __device__ void load(int64_t t, int at) { stage<S>(parts.rows(at, 0), a.h, t, S::n(f), a.connection, team); }

  __device__ void compute(int64_t t, int at) {
    const Rows<S> h = S::kCommon ? parts.rows(at, 0) : rows_in<S>(a.h, t, S::n(f), f);
    const Rows<S> x = S::kCommon ? h : rows_in<S>(a.x, t, S::m(f), f);
    width_token(x, h, w, team, f.dynamic_alpha ? a.alpha + t * S::n(f) * S::k(f) : nullptr,
                f.dynamic_beta ? a.beta + t * S::n(f) : nullptr);
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.x, t, parts.rows(at, 0), S::m(f), a.connection, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1) width_kernel(const __grid_constant__ WidthArguments<typename S::T> a) {
  const Team team = Team::here(a.connection.plan);
  fill_weights(a.connection, S::kCommon);
  if (blockIdx.x == 0) copy_static(a.alpha, a.beta, a.connection);
  __syncthreads();
  Width<S> op{a, a.connection.f, team, {a.connection.plan, team}, {a.connection}};
  for_tokens<S>(op, a.connection, team);
}

template <typename T>
struct WidthGradArguments {
  T* dh;
  float* partials;
  const T *h, *dx;
  const float *d_alpha, *d_beta;
  const T* dstate;
  Connection connection;
  PartialLayout at;
};

template <typename S>
struct WidthGrad {
  using T = typename S::T;
  const WidthGradArguments<T>& a;
  const Config& f;
  const Team& team;
  const Parts<S> parts;
  const BlockWeights<S> w;
  ColumnSums<S>& columns;

  __device__ void load(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f);
    stage<S>(parts.rows(at, 0), a.h, t, n, a.connection, team);
    stage<S>(parts.rows(at, n), a.dx, t, m, a.connection, team);
    if (a.dstate) stage<S>(parts.rows(at, n + m), a.dstate, t, n, a.connection, team);
    if (f.dynamic_alpha) stage(parts.floats(at), a.d_alpha + t * n * S::k(f), n * S::k(f), team);
    if (f.dynamic_beta) stage(parts.floats(at) + n * S::k(f), a.d_beta + t * n, n, team);
  }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    const float* d_alpha = S::kCommon ? parts.floats(at) : a.d_alpha + t * n * k;
    const float* d_beta = S::kCommon ? parts.floats(at) + n * k : a.d_beta + t * n;
    Rows<S> h = rows_in<S>(a.h, t, n, f), dx = rows_in<S>(a.dx, t, m, f), dstate = rows_in<S>(a.dstate, t, n, f);
    Rows<S> dh = rows_in<S>(a.dh, t, n, f);
    if constexpr (S::kCommon) {
      h = dh = parts.rows(at, 0), dx = parts.rows(at, n);
      if (a.dstate) dstate = parts.rows(at, n + m);
    }
    width_token_gradient(dh, columns, h, dx, f.dynamic_alpha ? d_alpha : nullptr, f.dynamic_beta ? d_beta : nullptr, dstate,
                         w, team);
  }

  __device__ void write(int64_t t, int at) {
    write_out<S>(a.dh, t, parts.rows(at, 0), S::n(f), a.connection, team);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    width_grad_kernel(const __grid_constant__ WidthGradArguments<typename S::T> a) {
  const Connection& connection = a.connection;
  const Team team = Team::here(connection.plan);
  float* row = a.partials + blockIdx.x * a.at.size;
  fill_weights(connection, S::kCommon);
  clear_sums(connection, true, row, S::kCommon ? 0 : a.at.depth);
  ColumnSums<S> columns(row, a.at, connection, team);
  __syncthreads();
  WidthGrad<S> op{a, connection.f, team, {connection.plan, team}, {connection}, columns};
  for_tokens<S>(op, connection, team);
  write_width_sums(row, columns, connection, a.at, team);
}

Needs width_needs(const Config& f, bool prenorm) { return {f.n, 0, 0, true, prenorm, false}; }

// With or without dstate: one workspace does for both.
template <typename S>
bool plan_grad(Plan& plan, const Config& f, bool prenorm, bool dstate) {
  const Needs needs{f.n + f.m + (dstate ? f.n : 0), f.n * f.k() + f.n, 0, true, prenorm, true};
  return make_plan<S>(plan, width_grad_kernel<S>, needs, f);
}

}  // namespace

void frac_width(void* x, float* alpha, float* beta, const void* h, const Weights& w, const Config& f,
                const Launch& launch_) {
  with_kind<Pass::kForward>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    if (!make_plan<S>(plan, width_kernel<S>, width_needs(f, w.prenorm_gamma), f)) return false;
    choose_access<T>(plan, f, x, h);
    launch(width_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           WidthArguments<T>{static_cast<T*>(x), alpha, beta, static_cast<const T*>(h), {{f, plan}, w}});
    return true;
  });
}

void frac_width_grad(void* dh, const WeightGradients& dw, const void* h, const Weights& w, const void* dx,
                     const float* dalpha, const float* dbeta, const void* dstate, const Config& f,
                     const Launch& launch_) {
  with_kind<Pass::kGradient>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    const bool prenorm = w.prenorm_gamma;
    Plan plan;
    if (!plan_grad<S>(plan, f, prenorm, dstate)) return false;
    choose_access<T>(plan, f, dh, h, dx, dstate);
    const PartialLayout at(f, true, prenorm);
    const Workspace space(at, plan.blocks);
    float* rows = static_cast<float*>(launch_.workspace);
    launch(width_grad_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           WidthGradArguments<T>{static_cast<T*>(dh), rows, static_cast<const T*>(h), static_cast<const T*>(dx),
                                 dalpha, dbeta, static_cast<const T*>(dstate), {{f, plan}, w}, at});
    add_blocks(rows + space.total, rows, plan.blocks, at.size, launch_.stream);
    finish_width(dw, rows + space.total, at, w, dalpha, dbeta, f, launch_.stream);
    return true;
  });
}

size_t frac_width_grad_workspace(const Config& f, const Weights& w, Dtype dtype) {
  size_t most = 0;
  for (const bool dstate : {false, true})
    with_kind<Pass::kGradient>(f, dtype, [&](auto kind) {
      using S = decltype(kind);
      Plan plan;
      if (!plan_grad<S>(plan, f, w.prenorm_gamma, dstate)) return false;
      const Workspace space(PartialLayout(f, true, w.prenorm_gamma), plan.blocks);
      most = std::max(most, sizeof(float) * size_t(space.rest));
      return true;
    });
  return most;
}

}  // namespace frac::cuda
