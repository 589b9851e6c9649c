#include "ops/frac_width/frac_width_cpu.h"

#include "common/chunks.h"
#include "ops/frac_width/frac_width.h"

namespace frac::FRAC_TARGET {

void frac_width(float* x, float* alpha, float* beta, const float* h, const Weights& w, const Config& f,
                ThreadPool& pool) {
  const Projection p(w, f);
  CoefficientRows coefficients(alpha, beta, w, f);
  with_sizes(f, [&](auto n, auto m) {
    Chunks(f).run(pool, [&](int, int64_t first, int64_t end) {
      WidthScratch scratch(f);
      TokenCoefficients token;
      // A pre-norm reads x again.
      ResultRows x_rows(x, f.dim(), worth_streaming(f), w.prenorm_gamma ? 1 : f.c);
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) ahead.add(h + (t + 1) * f.state(), f.state());
        width_token<n(), m()>(x_rows.at(t), token, t, h + t * f.state(), p, w, scratch, f, ahead);
        x_rows.finish(t);
        coefficients.write(t, token);
      }
      end_streaming();
    });
  });
}

namespace {

// kState: whether there is dstate.
template <bool kState>
void width_grad(float* dh, const WeightGradients& dw, const float* h, const Weights& w, const float* dx,
                const float* dalpha, const float* dbeta, const float* dstate, const Config& f, ThreadPool& pool) {
  const Projection p(w, f);
  const Chunks chunks(f);
  Partials sums(chunks.count, p, w, f);
  with_sizes(f, [&](auto n, auto m) {
    chunks.run(pool, [&](int chunk, int64_t first, int64_t end) {
      WidthScratch scratch(f);
      ResultRows dh_rows(dh, f.state(), worth_streaming(f), f.c);
      TokenSums token_sums(sums[chunk], end - first);
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) {
          ahead.add(h + (t + 1) * f.state(), f.state());
          ahead.add(dx + (t + 1) * f.dim(), f.dim());
          if (kState) ahead.add(dstate + (t + 1) * f.state(), f.state());
        }
        width_token_gradient<n(), m(), kState>(
            dh_rows.at(t), token_sums.next(), dw.static_alpha + alpha_row(t, f), t, h + t * f.state(), dx + t * f.dim(),
            f.dynamic_alpha ? dalpha + t * f.n * f.k() : nullptr, f.dynamic_beta ? dbeta + t * f.n : nullptr,
            kState ? dstate + t * f.state() : nullptr, p, w, scratch, f, ahead);
        dh_rows.finish(t);
      }
      scratch.outer.finish(token_sums.current(), f);
      token_sums.finish();
      end_streaming();
    });
  });
  sums.finish(dw, dalpha, dbeta, w, f);
}

}  // namespace

void frac_width_grad(float* dh, const WeightGradients& dw, const float* h, const Weights& w, const float* dx,
                     const float* dalpha, const float* dbeta, const float* dstate, const Config& f, ThreadPool& pool) {
  (dstate ? width_grad<true> : width_grad<false>)(dh, dw, h, w, dx, dalpha, dbeta, dstate, f, pool);
}

}  // namespace frac::FRAC_TARGET
