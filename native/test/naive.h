// The equations of the papers as plain loops in double precision, over named arrays. Slow and simple on purpose.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "common/config.h"

namespace frac::test {

using Values = std::vector<double>;
using Arrays = std::map<std::string, Values>;  // an absent weight is an empty array

inline Values normed(const double* h, const Arrays& w, const Config& f) {
  Values z(h, h + f.c);
  if (f.norm == Norm::kNone) return z;
  double mean = 0, square = 0;
  if (f.norm == Norm::kLayer)
    for (double v : z) mean += v / f.c;
  for (double& v : z) {
    v -= mean;
    square += v * v / f.c;
  }
  for (int64_t l = 0; l < f.c; ++l) {
    z[l] = z[l] / std::sqrt(square + f.epsilon) * w.at("norm_gamma")[l];
    if (f.norm == Norm::kLayer) z[l] += w.at("norm_beta")[l];
  }
  return z;
}

// scale * tanh(z @ column), column k of a [C, columns] matrix
inline double dynamic(const Values& z, const Values& matrix, int columns, int k, const Values& scale, const Config& f) {
  double u = 0;
  for (int64_t l = 0; l < f.c; ++l) u += z[l] * matrix[l * columns + k];
  return (scale.empty() ? 1 : scale[0]) * (f.use_tanh ? std::tanh(u) : u);
}

// The width connection. h: [T, N, C]; writes x, new_alpha and new_beta. Where alpha is given there is no static_beta, and only x
// is written.
inline void width(Arrays& out, const Values& h, const Arrays& w, const Config& f) {
  const int n = f.n, m = f.m, k = f.k();
  const bool given = w.at("static_beta").empty();
  Values &x = out["x"], new_alpha, new_beta;
  x.assign(f.tokens * f.dim(), 0);
  new_alpha = f.dynamic_alpha ? Values() : w.at("static_alpha");
  new_beta = f.dynamic_beta ? Values() : w.at("static_beta");
  for (int64_t t = 0; t < f.tokens; ++t) {
    const double* ht = h.data() + t * f.state();
    const auto own = w.at("static_alpha").begin() + (f.alpha_rows ? t * n * k : 0);
    Values alpha(own, own + n * k), beta = w.at("static_beta");
    for (int i = 0; i < n && f.dynamic(); ++i) {
      const Values z = normed(ht + i * f.c, w, f);
      for (int j = 0; j < k && f.dynamic_alpha; ++j)
        alpha[i * k + j] += dynamic(z, w.at("w_alpha"), k, j, w.at("scale_alpha"), f);
      if (f.dynamic_beta) beta[i] += dynamic(z, w.at("w_beta"), 1, 0, w.at("scale_beta"), f);
    }
    double* xt = x.data() + t * f.dim();
    double square = 0;
    for (int j = 0; j < m; ++j)
      for (int64_t l = 0; l < f.c; ++l) {
        for (int i = 0; i < n; ++i) xt[j * f.c + l] += alpha[i * k + j] * ht[i * f.c + l];
        square += xt[j * f.c + l] * xt[j * f.c + l] / f.dim();
      }
    const Values& gamma = w.at("prenorm_gamma");
    for (size_t d = 0; d < gamma.size(); ++d) xt[d] *= gamma[d] / std::sqrt(square + f.prenorm_epsilon);
    if (f.dynamic_alpha) new_alpha.insert(new_alpha.end(), alpha.begin(), alpha.end());
    if (f.dynamic_beta) new_beta.insert(new_beta.end(), beta.begin(), beta.end());
  }
  if (!given) out["new_alpha"] = new_alpha, out["new_beta"] = new_beta;
}

// The depth connection: [T, N, C]
inline Values depth(const Arrays& in, bool alpha_per_token, bool beta_per_token, const Config& f) {
  const int n = f.n, m = f.m, k = f.k();
  const Values &h = in.at("h"), &y = in.at("y"), &alpha = in.at("alpha"), &beta = in.at("beta");
  Values out(f.tokens * f.state());
  for (int64_t t = 0; t < f.tokens; ++t)
    for (int i = 0; i < n; ++i)
      for (int64_t l = 0; l < f.c; ++l) {
        const int64_t a = alpha_per_token ? t : 0, b = beta_per_token ? t : 0;
        double sum = beta[b * n + i] * y[(t * m + i % m) * f.c + l];
        for (int s = 0; s < n; ++s) sum += alpha[(a * n + s) * k + m + i] * h[(t * n + s) * f.c + l];
        out[(t * n + i) * f.c + l] = sum;
      }
  return out;
}

}  // namespace frac::test
