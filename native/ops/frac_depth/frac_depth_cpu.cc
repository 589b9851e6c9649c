#include "ops/frac_depth/frac_depth_cpu.h"

#include <vector>

#include "common/chunks.h"
#include "common/coefficient_sums.h"
#include "ops/frac_depth/frac_depth.h"

namespace frac::FRAC_TARGET {

void frac_depth(float* out, const float* h, const float* y, const Coefficients& coefficients, const Config& f,
                ThreadPool& pool) {
  with_sizes(f, [&](auto n, auto m) {
    Chunks(f).run(pool, [&](int, int64_t first, int64_t end) {
      ResultRows rows(out, f.state(), worth_streaming(f), f.c);
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) {
          ahead.add(h + (t + 1) * f.state(), f.state());
          ahead.add(y + (t + 1) * f.dim(), f.dim());
        }
        depth_token<n(), m()>(rows.at(t), h + t * f.state(), y + t * f.dim(), coefficients.alpha_of(t, f),
                              coefficients.beta_of(t, f), f, ahead);
        rows.finish(t);
      }
      end_streaming();
    });
  });
}

void frac_depth_grad(float* dh, float* dy, float* dalpha, float* dbeta, const float* h, const float* y,
                     const Coefficients& coefficients, const float* dout, const Config& f, ThreadPool& pool) {
  const Chunks chunks(f);
  CoefficientSums sums(dalpha, dbeta, coefficients, chunks.count, f);
  with_sizes(f, [&](auto n, auto m) {
    chunks.run(pool, [&](int chunk, int64_t first, int64_t end) {
      ResultRows dh_rows(dh, f.state(), worth_streaming(f), f.c), dy_rows(dy, f.dim(), worth_streaming(f), f.c);
      float own_a[kMaxSegments * (kMaxColumns - 1)] = {}, own_b[kMaxSegments];  // gradients of static coefficients
      for (int64_t t = first; t < end; ++t) {
        Ahead ahead;
        if (t + 1 < end) {
          ahead.add(h + (t + 1) * f.state(), f.state());
          ahead.add(y + (t + 1) * f.dim(), f.dim());
          ahead.add(dout + (t + 1) * f.state(), f.state());
        }
        float *da = sums.alpha_of(t), *db = sums.beta_of(t);
        depth_token_gradient<n(), m()>(dh_rows.at(t), dy_rows.at(t), da ? da : own_a, db ? db : own_b,
                                       h + t * f.state(), y + t * f.dim(), coefficients.alpha_of(t, f),
                                       coefficients.beta_of(t, f), dout + t * f.state(), f, ahead);
        dh_rows.finish(t);
        dy_rows.finish(t);
        sums.add(chunk, own_a, own_b);
      }
      end_streaming();
    });
  });
  sums.finish();
}

}  // namespace frac::FRAC_TARGET
