// Computes alpha and beta of a token, and the backward pass from their gradients to those of the hidden state and the
// weights.
//
// With hat = (h - mean) / deviation over a segment, the gain of the norm and the projection combine to one matrix. The
// dot products then use the hidden state itself, and the few results are scaled afterwards:
//     u[i,k] = sum_l hat[i,l] gamma[l] W[l,k] + sum_l norm_beta[l] W[l,k]
#pragma once

#include <memory>
#include <vector>

#include "common/config.h"
#include "common/mix.h"
#include "common/tanh.h"

namespace frac::FRAC_TARGET {

// The projection in the layout of the kernels, made once per call: one row of C values for each column of alpha, then
// for beta. The gain of the norm is multiplied in.
class Projection {
 public:
  Projection(const Weights& w, const Config& f)
      : columns((f.dynamic_alpha ? f.k() : 0) + (f.dynamic_beta ? 1 : 0)),
        rows(size_t(columns) * f.c),
        bias(columns),
        mean(columns) {
    std::vector<double> biases(columns), means(columns);  // floats would drift over a long row
    for (int64_t l = 0; l < f.c && columns > 0; ++l) {
      const float gain = f.norm == Norm::kNone ? 1 : w.norm_gamma[l], shift = w.norm_beta ? w.norm_beta[l] : 0;
      for (int k = 0; k < columns; ++k) {
        const float plain = at(w, f, k, l);
        rows[k * f.c + l] = plain * gain;
        biases[k] += plain * shift;
        means[k] += plain * gain;
      }
    }
    for (int k = 0; k < columns; ++k) bias[k] = float(biases[k]), mean[k] = float(means[k] / f.c);
  }

  // W[l, k] without the gain.
  static float at(const Weights& w, const Config& f, int k, int64_t l) {
    return f.dynamic_alpha && k < f.k() ? w.w_alpha[l * f.k() + k] : w.w_beta[l];
  }

  const int columns;
  AlignedFloats rows;       // [columns, C]
  std::vector<float> bias;  // [columns]  contribution of the norm's bias
  std::vector<float> mean;  // [columns]  of each row
};

// The results of the forward pass for a token. The backward pass needs only these and h.
struct TokenCoefficients {
  float inverse[kMaxSegments];                      // 1 / deviation
  float logits[kMaxSegments * kMaxColumns];         // u: [N, columns]
  float active[kMaxSegments * kMaxColumns];         // tanh(u)
  float alpha[kMaxSegments * (kMaxColumns - 1)];    // [N, K]
  float beta[kMaxSegments];                         // [N]
};

// Writes the coefficients of a width connection: one row per token, or a single copy if they are static.
class CoefficientRows {
 public:
  // Either is null where nobody wants it.
  CoefficientRows(float* alpha, float* beta, const Weights& w, const Config& f)
      : alpha_(f.dynamic_alpha ? alpha : nullptr), beta_(f.dynamic_beta ? beta : nullptr), f_(f) {
    if (alpha && !f.dynamic_alpha) std::memcpy(alpha, w.static_alpha, sizeof(float) * f.n * f.k());
    if (beta && !f.dynamic_beta) std::memcpy(beta, w.static_beta, sizeof(float) * f.n);
  }

  void write(int64_t t, const TokenCoefficients& token) {
    const int64_t size = f_.n * f_.k();
    if (alpha_) std::memcpy(alpha_ + t * size, token.alpha, sizeof(float) * size);
    if (beta_) std::memcpy(beta_ + t * f_.n, token.beta, sizeof(float) * f_.n);
  }

 private:
  float *alpha_, *beta_;
  const Config& f_;
};

inline float dot(const float* a, const float* b, int64_t c) {
  return sum_over(c, [&](const auto& lane, int64_t l) { return lane.load(a + l) * lane.load(b + l); });
}

// Subtracts the mean of each segment.
inline void centre(float* to, const float* h, const Config& f) {
  for (int i = 0; i < f.n; ++i, to += f.c, h += f.c) {
    const float mean = sum_over(f.c, [&](const auto& lane, int64_t l) { return lane.load(h + l); }) / f.c;
    for_each_lane(f.c, [&](const auto& lane, int64_t l) { lane.store(to + l, lane.load(h + l) - mean); });
  }
}

// sum_l (a[l] * scale) * b[l], for rows whose squares overflow or underflow: their products with b may do so before scaling.
inline float scaled_dot(const float* a, float scale, const float* b, int64_t c) {
  double sum = 0;
  for (int64_t l = 0; l < c; ++l) sum += a[l] * scale * b[l];
  return float(sum);
}

// Computes `token`, the one of index t, from h: [N, C]. For LayerNorm h must already be centred.
template <int N, int M>
inline void coefficients(TokenCoefficients& token, int64_t t, const float* h, const Projection& p, const Weights& w,
                         const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m, k = n + m;
  std::memcpy(token.alpha, w.static_alpha + alpha_row(t, f), sizeof(float) * n * k);
  if (w.static_beta) std::memcpy(token.beta, w.static_beta, sizeof(float) * n);
  if (!f.dynamic()) return;

  const int columns = p.columns;
  dots(token.logits, columns, h, n, p.rows.data(), columns, f.c, ahead);
  if (f.norm != Norm::kNone) squares(token.inverse, h, n, f.c);
  for (int i = 0; i < n; ++i) {
    const float inverse = f.norm == Norm::kNone ? 1 : 1 / std::sqrt(token.inverse[i] / f.c + f.epsilon);
    token.inverse[i] = inverse;
    const bool ordinary = inverse > 0 && inverse < HUGE_VALF;
    for (int j = 0; j < columns; ++j) {
      float& u = token.logits[i * columns + j];
      u = (ordinary ? u * inverse : scaled_dot(h + i * f.c, inverse, p.rows.data() + j * f.c, f.c)) + p.bias[j];
    }
  }
  if (f.use_tanh)
    tanh_all(token.active, token.logits, n * columns);
  else
    std::memcpy(token.active, token.logits, sizeof(float) * n * columns);

  const float scale_alpha = w.scale_alpha ? *w.scale_alpha : 1, scale_beta = w.scale_beta ? *w.scale_beta : 1;
  for (int i = 0; i < n; ++i) {
    const float* active = token.active + i * columns;
    if (f.dynamic_alpha)
      for (int j = 0; j < k; ++j) token.alpha[i * k + j] += scale_alpha * active[j];
    if (f.dynamic_beta) token.beta[i] += scale_beta * active[columns - 1];
  }
}

inline void add_to(float* to, const float* from, int64_t count) {
  for_each_lane(count, [&](const auto& lane, int64_t l) { lane.store(to + l, lane.load(to + l) + lane.load(from + l)); });
}

// Sums of the weights' gradients over some tokens.
class Partial {
 public:
  Partial(const Projection& p, const Config& f, bool prenorm)
      : alpha(f.n * f.k()),
        beta(f.n),
        outer(p.rows.size()),
        logits(p.columns),
        scales(2),
        prenorm(prenorm ? f.dim() : 0) {}

  void add(const Partial& other) {
    for (auto member : kMembers) add_to((this->*member).data(), (other.*member).data(), (other.*member).size());
  }
  // Adds `other` and sets it to zero.
  void take(Partial& other) {
    add(other);
    for (auto member : kMembers) std::fill((other.*member).begin(), (other.*member).end(), 0.0f);
  }

  AlignedFloats alpha;    // [N, K]   of the static alpha
  AlignedFloats beta;     // [N]      of the static beta
  AlignedFloats outer;    // [columns, C]   sum of du[i,k] hat[i,l]
  AlignedFloats logits;   // [columns]      sum of du[i,k]
  AlignedFloats scales;   // of scale_alpha and scale_beta
  AlignedFloats prenorm;  // [D]

 private:
  static constexpr AlignedFloats Partial::*kMembers[] = {&Partial::alpha,  &Partial::beta,   &Partial::outer,
                                                         &Partial::logits, &Partial::scales, &Partial::prenorm};
};

// Adds the tokens of a chunk to its sums. A float to which thousands of values of one sign are added drifts. So of a long chunk,
// tokens are added in runs, runs in runs of runs, and only these to the chunk. The order depends on the sizes only.
class TokenSums {
 public:
  TokenSums(Partial& chunk, int64_t tokens) : chunk_(chunk) {
    if (tokens <= kTokens) return;
    Partial empty = chunk;  // so far the chunk is empty
    run_ = std::make_unique<Partial>(empty), runs_ = std::make_unique<Partial>(std::move(empty));
  }
  // The sums to which the next token is added. For each two tokens they are the same.
  Partial& next() {
    if (run_ && tokens_++ == kTokens) end_run(), tokens_ = 1;
    return current();
  }
  // Those of the last token.
  Partial& current() { return run_ ? *run_ : chunk_; }
  void finish() {
    if (!run_) return;
    end_run();
    chunk_.take(*runs_);
  }

 private:
  static constexpr int kTokens = 256, kRuns = 256;
  static_assert(kTokens % 2 == 0);

  void end_run() {
    runs_->take(*run_);
    if (++count_ == kRuns) chunk_.take(*runs_), count_ = 0;
  }

  Partial& chunk_;
  std::unique_ptr<Partial> run_, runs_;
  int tokens_ = 0, count_ = 0;
};

// The factors with which the gradients of alpha and beta contribute to the gradient of h.
struct LogitGradients {
  float through[kMaxSegments * kMaxColumns];  // [N, columns]  du / deviation: factors of the projection's rows
  float along[kMaxSegments];                  // [N]  factor of h itself
  float shift[kMaxSegments];                  // [N]  added to every value (LayerNorm)
};

// The outer products of du and hat, added to their sums. With few registers it is done for two tokens at a time: the sums do not fit
// into the L1 cache beside the rows of a token, and so are read and written half as often. A sum is the same as if its tokens had
// been added one by one. With more registers a token needs less time, and pairs would leave memory idle for each second one.
class OuterProducts {
 public:
  // Whether a token waits for the next. Its h must stay as it is until then.
  bool waits() const { return h_ != nullptr; }

  template <int N>
  void add(Partial& sums, const LogitGradients& d, const float* h, const Config& f, Ahead& ahead) {
    const int n = N ? N : f.n, columns = int(sums.logits.size());
    if constexpr (!kPairs)
      return accumulate(sums.outer.data(), columns, f.c, ahead, Term<N>{h, d.through, columns, 1, n});
    if (!waits()) {
      h_ = h;
      std::copy(d.through, d.through + n * columns, through_);
      return;
    }
    Ahead none;  // each second token does this; prefetches that are in step with others would come in bursts
    accumulate(sums.outer.data(), columns, f.c, none, Term<N>{h_, through_, columns, 1, n},
               Term<N>{h, d.through, columns, 1, n});
    h_ = nullptr;
  }

  // Adds the token that waits, if there is one, to the sums that the last call of add() was given.
  void finish(Partial& sums, const Config& f) {
    if (!waits()) return;
    Ahead none;
    const int columns = int(sums.logits.size());
    accumulate(sums.outer.data(), columns, f.c, none, Term<0>{h_, through_, columns, 1, f.n});
    h_ = nullptr;
  }

 private:
  static constexpr bool kPairs = kVectors > 1;

  const float* h_ = nullptr;
  float through_[kMaxSegments * kMaxColumns];
};

// d_alpha: [N, K] and d_beta: [N] are the complete gradients of this token's coefficients. Adds to `sums`; what of it is a gradient
// per token goes to `own` instead.
template <int N, int M>
inline void coefficient_gradients(LogitGradients& d, Partial& sums, float* own, OuterProducts& outer, const float* d_alpha,
                                  const float* d_beta, const TokenCoefficients& token, const float* h, const Projection& p,
                                  const Weights& w, const Config& f, Ahead& ahead) {
  const int n = N ? N : f.n, m = M ? M : f.m, k = n + m, columns = p.columns;
  if (f.alpha_rows)
    std::memcpy(own, d_alpha, sizeof(float) * n * k);
  else
    add_to(sums.alpha.data(), d_alpha, sums.alpha.size());
  add_to(sums.beta.data(), d_beta, sums.beta.size());
  if (!f.dynamic()) return;

  const float scale_alpha = w.scale_alpha ? *w.scale_alpha : 1, scale_beta = w.scale_beta ? *w.scale_beta : 1;
  // Local sums: the compiler must assume that a store to `sums` could change the inputs, which would force it to reload
  // them.
  float scales[2] = {}, logits[kMaxColumns] = {};
  const auto column = [&](int i, int j, float upstream, float scale, float& of_scale, float& along, float& shift) {
    const float active = token.active[i * columns + j];
    of_scale += upstream * active;
    const float du = upstream * scale * (f.use_tanh ? 1 - active * active : 1);
    logits[j] += du;
    along += du * (token.logits[i * columns + j] - p.bias[j]);
    shift += du * p.mean[j];
    d.through[i * columns + j] = du * token.inverse[i];
  };
  const bool normed = f.norm != Norm::kNone;
  for (int i = 0; i < n; ++i) {
    float along = 0, shift = 0;
    if (f.dynamic_alpha)
      for (int j = 0; j < k; ++j) column(i, j, d_alpha[i * k + j], scale_alpha, scales[0], along, shift);
    if (f.dynamic_beta) column(i, columns - 1, d_beta[i], scale_beta, scales[1], along, shift);
    d.along[i] = normed ? -along * token.inverse[i] * token.inverse[i] / f.c : 0;
    d.shift[i] = f.norm == Norm::kLayer ? -shift * token.inverse[i] : 0;
  }
  add_to(sums.scales.data(), scales, 2);
  add_to(sums.logits.data(), logits, columns);
  outer.add<N>(sums, d, h, f, ahead);
}

// Computes the gradients of the weights from the sums over all tokens.
inline void weight_gradients(const WeightGradients& d, const Partial& sums, const Weights& w, const Config& f) {
  const int k = f.k(), columns = int(sums.logits.size());
  if (!f.alpha_rows) std::memcpy(d.static_alpha, sums.alpha.data(), sizeof(float) * f.n * k);
  if (d.static_beta) std::memcpy(d.static_beta, sums.beta.data(), sizeof(float) * f.n);
  if (d.scale_alpha) *d.scale_alpha = sums.scales[0];
  if (d.scale_beta) *d.scale_beta = sums.scales[1];
  if (d.prenorm_gamma) std::memcpy(d.prenorm_gamma, sums.prenorm.data(), sizeof(float) * f.dim());
  for (int64_t l = 0; l < f.c; ++l) {
    float gain = 0, bias = 0;
    for (int j = 0; j < columns; ++j) {
      const float outer = sums.outer[j * f.c + l], weight = Projection::at(w, f, j, l);
      gain += weight * outer;
      bias += weight * sums.logits[j];
      float gradient = f.norm == Norm::kNone ? outer : outer * w.norm_gamma[l];
      if (f.norm == Norm::kLayer) gradient += w.norm_beta[l] * sums.logits[j];
      const bool is_alpha = f.dynamic_alpha && j < k;
      (is_alpha ? d.w_alpha[l * k + j] : d.w_beta[l]) = gradient;
    }
    if (d.norm_gamma) d.norm_gamma[l] = gain;
    if (d.norm_beta) d.norm_beta[l] = bias;
  }
}

// The sums of all chunks, which are added in a fixed order at the end.
class Partials {
 public:
  Partials(int chunks, const Projection& p, const Weights& w, const Config& f)
      : sums_(chunks + 1, Partial(p, f, w.prenorm_gamma != nullptr)) {}

  Partial& operator[](int chunk) { return sums_[chunk + 1]; }

  // Adds the chunks in order. The upstream gradient of a static coefficient is added once, not per token; it may be null.
  void finish(const WeightGradients& dw, const float* d_alpha, const float* d_beta, const Weights& w, const Config& f) {
    Partial& total = sums_[0];
    if (d_alpha && !f.dynamic_alpha)
      for (int i = 0; i < f.n * f.k(); ++i) total.alpha[i] += d_alpha[i];
    if (d_beta && !f.dynamic_beta)
      for (int i = 0; i < f.n; ++i) total.beta[i] += d_beta[i];
    for (size_t i = 1; i < sums_.size(); ++i) total.add(sums_[i]);
    weight_gradients(dw, total, w, f);
  }

 private:
  std::vector<Partial> sums_;  // the total, then one per chunk
};

}  // namespace frac::FRAC_TARGET
