// The gradients of alpha and beta of a depth connection. Per-token gradients are written to their rows; static ones are
// summed per chunk.
#pragma once

#include <algorithm>
#include <vector>

#include "common/config.h"

namespace frac {

class CoefficientSums {
 public:
  CoefficientSums(float* d_alpha, float* d_beta, const Coefficients& given, int chunks, const Config& f)
      : d_alpha_(d_alpha), d_beta_(d_beta), given_(given), alpha_size_(f.n * f.k()), beta_size_(f.n), chunks_(chunks) {
    // A depth connection does not use the columns Y, so nothing else writes their gradients. They are zero.
    const int64_t rows = given.alpha_per_token ? f.tokens : 1;
    std::fill(d_alpha, d_alpha + rows * alpha_size_, 0.0f);
    if (!given.beta_per_token) std::fill(d_beta, d_beta + beta_size_, 0.0f);
    if (!given.alpha_per_token) alpha_.resize(size_t(chunks) * alpha_size_);
    if (!given.beta_per_token) beta_.resize(size_t(chunks) * beta_size_);
  }

  // The row of a token's gradient. Null if the coefficient is static; then call add().
  float* alpha_of(int64_t t) const { return given_.alpha_per_token ? d_alpha_ + t * alpha_size_ : nullptr; }
  float* beta_of(int64_t t) const { return given_.beta_per_token ? d_beta_ + t * beta_size_ : nullptr; }

  void add(int chunk, const float* alpha, const float* beta) {
    if (!given_.alpha_per_token)
      for (int i = 0; i < alpha_size_; ++i) alpha_[chunk * alpha_size_ + i] += alpha[i];
    if (!given_.beta_per_token)
      for (int i = 0; i < beta_size_; ++i) beta_[chunk * beta_size_ + i] += beta[i];
  }

  // Adds the sums of the chunks, in order.
  void finish() {
    if (!given_.alpha_per_token) finish(d_alpha_, alpha_, alpha_size_);
    if (!given_.beta_per_token) finish(d_beta_, beta_, beta_size_);
  }

 private:
  void finish(float* to, const std::vector<double>& from, int size) const {
    for (int i = 0; i < size; ++i) {
      double sum = 0;
      for (int chunk = 0; chunk < chunks_; ++chunk) sum += from[chunk * size + i];
      to[i] = float(sum);
    }
  }

  float *d_alpha_, *d_beta_;
  const Coefficients& given_;
  int alpha_size_, beta_size_, chunks_;
  // [chunks, ...]; floats would drift over many tokens
  std::vector<double> alpha_, beta_;
};

}  // namespace frac
