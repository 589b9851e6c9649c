#include "ops/frac_depth_width/frac_depth_width_kinds.h"

#include "common/cuda/finish.h"
#include "common/cuda/kinds.h"
#include "common/cuda/tokens.h"
#include "ops/frac_depth/frac_depth_token.cuh"
#include "ops/frac_width/frac_width_token.cuh"
#include "ops/frac_width/frac_width_token_grad.cuh"

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

  // Loads the rows of h, then those of y. In shared memory x overwrites y, or h if there is no depth connection.
  template <typename F>
  __device__ __forceinline__ void load(int at, F copy) {
    copy(parts.rows(at, 0), a.h, S::N);
    if (a.y) copy(parts.rows(at, S::N), a.y, S::M);
  }
  __device__ void load_floats(int64_t t, int at) {
    const int n = S::n(f), k = S::k(f);
    if (a.y) stage_coefficients<S>(parts.floats(at), a.given, t, f, team);
    if (f.alpha_rows) stage(next_alpha(at), a.next.w.static_alpha + alpha_row(t, f), n * k, team);
  }
  // The token's own alpha to read with, behind the coefficients of the depth connection.
  __device__ float* next_alpha(int at) const { return parts.floats(at) + (a.y ? slots_of(S::n(f), S::k(f)) : 0); }
  __device__ Rows<S> x_rows(int at) const { return parts.rows(at, a.y ? S::n(f) : 0); }

  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    Rows<S> h{}, y{};
    Mix<S> mix{a.given.alpha_of(t, f), a.given.beta_of(t, f)};
    State<S> state;
    if constexpr (S::kCommon) {
      h = state.rows = parts.rows(at, 0), y = x_rows(at);
      mix = {parts.floats(at), parts.floats(at) + n * k};
    } else {
      h = rows_in<S>(a.h, t, n, f), y = rows_in<S>(a.y, t, m, f);
      state.rows = rows_in<S>(a.out, t, n, f);
    }
    static_assert(!S::kHolds, "the state is among the rows");
    if (a.y) {
      const Results<S> out = results_of(h, a.out, t, n, a.next);
      const auto put = [&](auto& values, int i, typename S::Index q) {
        if (a.next.width() || !out.at_once) state.put(values, i, q);
        if (out.at_once) out.put(values, i, q);
      };
      depth_token(put, h, y, mix, f, team);
    } else {
      state.read(h, team.rank);
    }
    if (!a.next.width()) return;
    const float* own = S::kCommon ? next_alpha(at) : a.next.w.static_alpha + alpha_row(t, f);
    width_token(results_of(y, a.x, t, m, a.next), state, w, own, team, [&](int i, int j, float value) {
      if (j < k)
        a.alpha[t * n * k + i * k + j] = value;
      else
        a.beta[t * n + i] = value;
    });
  }

  template <typename F>
  __device__ __forceinline__ void write(int at, F copy) {
    if (a.y) copy(a.out, parts.rows(at, 0), S::N);
    if (a.next.width()) copy(a.x, x_rows(at), S::M);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_kernel(const __grid_constant__ DepthWidthArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  if (a.next.width()) {
    fill_weights<S>(a.next);
    fill_constants(a.next);
    if (blockIdx.x == 0) copy_static(a.alpha, a.beta, a.next);
  }
  clear_threads<S>(a.next);
  __syncthreads();
  DepthWidth<S> op{a, a.next.f, team, {a.next.plan, team, int(a.next.f.c)}, {a.next, team}};
  for_tokens<S>(op, a.next, team);
}

template <typename T>
struct DepthWidthGradArguments {
  T *dh, *dy;
  float *d_alpha, *d_beta, *partials;
  float* d_own;  // [T, N, K]  gradient of the given alpha to read with, if it has a row per token
  T* rows;  // [blocks, 2, N, C]  scratch rows of the general variant
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

  // Loads the rows of h, and those of dx, dout and y if they exist.
  template <typename F>
  __device__ __forceinline__ void load(int at, F copy) {
    copy(parts.rows(at, 0), a.h, S::N);
    if (a.next.width()) copy(parts.rows(at, S::N), a.dx, S::M);
    if (a.dout) copy(parts.rows(at, S::N + S::M), a.dout, S::N);
    if (a.y) copy(parts.rows(at, 2 * S::N + S::M), a.y, S::M);
  }
  __device__ void load_floats(int64_t t, int at) {
    const int n = S::n(f), k = S::k(f);
    float* floats = parts.floats(at);
    if (f.alpha_rows) stage(floats, a.next.w.static_alpha + alpha_row(t, f), n * k, team);
    if (f.dynamic_alpha) stage(floats, a.d_next_alpha + t * n * k, n * k, team);
    if (f.dynamic_beta) stage(floats + n * k, a.d_next_beta + t * n, n, team);
    if (a.y) stage_coefficients<S>(floats + n * (k + 1), a.given, t, f, team);
  }

  // Computes the state between the layers again; its gradient then overwrites dout. Without a depth connection that
  // state is h, and its gradient overwrites h.
  __device__ void compute(int64_t t, int at) {
    const int n = S::n(f), m = S::m(f), k = S::k(f);
    Mix<S> mix{a.given.alpha_of(t, f), a.given.beta_of(t, f)};
    Rows<S> h{}, y{}, dout{}, dx{}, d_between{};
    State<S> between;
    if constexpr (S::kCommon) {
      mix.alpha = parts.floats(at) + n * (k + 1), mix.beta = mix.alpha + n * k;
      h = parts.rows(at, 0), dx = parts.rows(at, n);
      dout = parts.rows(at, n + m), y = parts.rows(at, 2 * n + m);
      between.rows = parts.own_rows(), d_between = dout;
    } else {
      h = rows_in<S>(a.h, t, n, f), y = rows_in<S>(a.y, t, m, f);
      dout = rows_in<S>(a.dout, t, n, f), dx = rows_in<S>(a.dx, t, m, f);
      between.rows = rows_in<S>(a.rows, 2 * blockIdx.x, n, f), d_between = rows_in<S>(a.rows, 2 * blockIdx.x + 1, n, f);
    }
    const Results<S> dh = results_of(h, a.dh, t, n, a.next);
    if (a.next.width()) {
      if (a.y)
        depth_token(
            [&](auto& values, int i, typename S::Index q) {
              between.put(values, i, q);
              if (S::kHolds && on_tensor_cores<S>(a.next.plan)) between.rows.put(values, i, q);
            },
            h, y, mix, f, team);
      else
        between.read(h, team.rank);
      Results<S> d_state = dh;
      if (a.y) d_state.keep_in(d_between);
      const auto given = [&](int i, int j) {
        if constexpr (S::kCommon) return parts.floats(at)[j < k ? i * k + j : n * k + i];
        return j < k ? a.d_next_alpha[(t * n + i) * k + j] : a.d_next_beta[t * n + i];
      };
      const float* own = S::kCommon ? parts.floats(at) : a.next.w.static_alpha + alpha_row(t, f);
      width_token_gradient(d_state, columns, between, dx, given, own, a.d_own + alpha_row(t, f), dout, a.dout != nullptr, w,
                           team);
    } else if (!S::kCommon) {
      d_between = dout;
    }
    if (a.y)
      depth_token_gradient(
          dh, results_of(y, a.dy, t, m, a.next),
          [&](int i, int j, float gradient) {
            const bool per_token = j < k ? a.given.alpha_per_token : a.given.beta_per_token;
            if (per_token) (j < k ? a.d_alpha[(t * n + i) * k + j] : a.d_beta[t * n + i]) = gradient;
            return per_token;
          },
          a.next, h, y, mix, d_between, team);
  }

  template <typename F>
  __device__ __forceinline__ void write(int at, F copy) {
    copy(a.dh, parts.rows(at, 0), S::N);
    if (a.y) copy(a.dy, parts.rows(at, 2 * S::N + S::M), S::M);
  }
};

template <typename S>
__global__ void __launch_bounds__(S::kThreads, 1)
    depth_width_grad_kernel(const __grid_constant__ DepthWidthGradArguments<typename S::T> a) {
  const Team team = Team::here(a.next.plan);
  float* row = a.partials + blockIdx.x * a.at.size;
  if (a.next.width()) fill_weights<S>(a.next), fill_constants(a.next);
  clear_sums(a.next, row, S::kCommon ? 0 : a.at.depth);
  clear_threads<S>(a.next);
  ColumnSums<S> columns(row, a.at, a.next, team);
  __syncthreads();
  DepthWidthGrad<S> op{a, a.next.f, team, {a.next.plan, team, int(a.next.f.c)}, {a.next, team}, columns};
  for_tokens<S>(op, a.next, team);
  write_width_sums(row, columns, a.next, a.at, team);
}

Needs forward_needs(const Config& f, bool depth, const Weights& next) {
  const int floats = (depth ? slots_of(f.n, f.k()) : 0) + (f.alpha_rows ? f.n * f.k() : 0);
  return {f.n + (depth ? f.m : 0), floats, 0, has_width(next, f), next.prenorm_gamma != nullptr, false};
}

template <typename S>
bool plan_grad(Plan& plan, const Config& f, bool depth, bool dout, const Weights& next) {
  const int coefficients = f.n * f.k() + f.n;
  const bool width = has_width(next, f);
  const Needs needs{f.n + f.m + (dout ? f.n : 0) + (depth ? f.m : 0), (depth ? 2 : 1) * coefficients,
                    depth && width ? f.n : 0, width, next.prenorm_gamma != nullptr, true};
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
    if (!make_plan<S>(plan, depth_width_kernel<S>, forward_needs(f, y != nullptr, next), f)) return false;
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
  return with_kind<common, Pass::kGradient>(f, launch_.dtype, [&](auto kind) {
    using S = decltype(kind);
    using T = typename S::T;
    Plan plan;
    if (!plan_grad<S>(plan, f, y != nullptr, dout != nullptr, next)) return false;
    choose_access<T>(plan, f, dh, dy, h, y, dout, dx);
    const PartialLayout at(f, next.prenorm_gamma != nullptr);
    const Workspace space(at, plan.blocks);
    float* rows = static_cast<float*>(launch_.workspace);
    launch(depth_width_grad_kernel<S>, plan.blocks, plan.team_size * plan.teams, plan.shared_bytes, launch_.stream,
           DepthWidthGradArguments<T>{static_cast<T*>(dh), static_cast<T*>(dy), dalpha, dbeta, rows,
                                      f.alpha_rows ? dnext.static_alpha : nullptr, reinterpret_cast<T*>(rows + space.rest),
                                      static_cast<const T*>(h), static_cast<const T*>(y), given, {{f, plan}, next},
                                      static_cast<const T*>(dout), static_cast<const T*>(dx), dnext_alpha, dnext_beta, at});
    finish({rows, plan.blocks, at, f, next, dnext, dnext_alpha, dnext_beta, given.alpha_per_token ? nullptr : dalpha,
            given.beta_per_token ? nullptr : dbeta},
           launch_.stream);
    return true;
  });
}

template <bool common>
bool connection_grad_workspace(size_t& bytes, const Config& f, bool depth, bool dout, const Weights& next, Dtype dtype) {
  return with_kind<common, Pass::kGradient>(f, dtype, [&](auto kind) {
    using S = decltype(kind);
    Plan plan;
    if (!plan_grad<S>(plan, f, depth, dout, next)) return false;
    bytes = sizeof(float) * size_t(Workspace(PartialLayout(f, next.prenorm_gamma != nullptr), plan.blocks).rest);
    if (!S::kCommon && depth && has_width(next, f)) bytes += size_t(plan.blocks) * 2 * f.state() * sizeof(typename S::T);
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
