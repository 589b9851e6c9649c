#include "common/chunks.h"
#include "common/coefficient_sums.h"
#include "ops/frac_depth/frac_depth_cpu.h"
#include "ops/frac_depth_width/frac_depth_width.h"
#include "ops/frac_width/frac_width_cpu.h"

namespace frac::FRAC_TARGET {

void frac_depth_width(float* out, float* x, float* alpha, float* beta, const float* h, const float* y,
                      const Coefficients& coefficients, const Weights& next, const Config& f, ThreadPool& pool) {
  const Projection p(next, f);
  CoefficientRows next_coefficients(alpha, beta, next, f);
  with_sizes(f, [&](auto n, auto m) {
    Chunks(f).run(pool, [&](int, int64_t first, int64_t end) {
      WidthScratch scratch(f);
      TokenCoefficients token;
      // The width connection reads the state again, and a pre-norm reads x.
      ResultRows out_rows(out, f.state(), worth_streaming(f));
      ResultRows x_rows(x, f.dim(), worth_streaming(f), next.prenorm_gamma ? 1 : f.c);
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) {
          ahead.add(h + (t + 1) * f.state(), f.state());
          ahead.add(y + (t + 1) * f.dim(), f.dim());
        }
        float* between = out_rows.at(t).to;
        depth_token<n(), m()>(between, h + t * f.state(), y + t * f.dim(), coefficients.alpha_of(t, f),
                              coefficients.beta_of(t, f), f, ahead);
        width_token<n(), m()>(x_rows.at(t), token, t, between, p, next, scratch, f, ahead);
        out_rows.finish(t);
        x_rows.finish(t);
        next_coefficients.write(t, token);
      }
      end_streaming();
    });
  });
}

void frac_depth_width_grad(float* dh, float* dy, float* dalpha, float* dbeta, const WeightGradients& dnext,
                           const float* h, const float* y, const Coefficients& coefficients, const Weights& next,
                           const float* dout, const float* dx, const float* dnext_alpha, const float* dnext_beta,
                           const Config& f, ThreadPool& pool) {
  const Projection p(next, f);
  const Chunks chunks(f);
  CoefficientSums sums(dalpha, dbeta, coefficients, chunks.count, f);
  Partials next_sums(chunks.count, p, next, f);
  with_sizes(f, [&](auto n, auto m) {
    chunks.run(pool, [&](int chunk, int64_t first, int64_t end) {
      WidthScratch scratch(f);
      // The state between the two connections: of this token, and of one that waits for its outer product.
      AlignedFloats betweens(2 * f.state()), d_between(f.state());
      TokenSums token_sums(next_sums[chunk], end - first);
      ResultRows dh_rows(dh, f.state(), worth_streaming(f), f.c), dy_rows(dy, f.dim(), worth_streaming(f), f.c);
      float own_a[kMaxSegments * (kMaxColumns - 1)] = {}, own_b[kMaxSegments];  // gradients of static coefficients
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) {
          ahead.add(h + (t + 1) * f.state(), f.state());
          ahead.add(y + (t + 1) * f.dim(), f.dim());
          ahead.add(dout + (t + 1) * f.state(), f.state());
          ahead.add(dx + (t + 1) * f.dim(), f.dim());
        }
        const float *ht = h + t * f.state(), *yt = y + t * f.dim();
        const float *a = coefficients.alpha_of(t, f), *b = coefficients.beta_of(t, f);
        float* between = betweens.data() + (scratch.outer.waits() ? f.state() : 0);
        depth_token<n(), m()>(between, ht, yt, a, b, f, ahead);
        width_token_gradient<n(), m(), true>(d_between.data(), token_sums.next(), dnext.static_alpha + alpha_row(t, f), t,
                                             between, dx + t * f.dim(),
                                             f.dynamic_alpha ? dnext_alpha + t * f.n * f.k() : nullptr,
                                             f.dynamic_beta ? dnext_beta + t * f.n : nullptr, dout + t * f.state(), p,
                                             next, scratch, f, ahead);
        float *da = sums.alpha_of(t), *db = sums.beta_of(t);
        depth_token_gradient<n(), m()>(dh_rows.at(t), dy_rows.at(t), da ? da : own_a, db ? db : own_b, ht, yt, a, b,
                                       d_between.data(), f, ahead);
        dh_rows.finish(t);
        dy_rows.finish(t);
        sums.add(chunk, own_a, own_b);
      }
      scratch.outer.finish(token_sums.current(), f);
      token_sums.finish();
      end_streaming();
    });
  });
  sums.finish();
  next_sums.finish(dnext, dnext_alpha, dnext_beta, next, f);
}

}  // namespace frac::FRAC_TARGET
