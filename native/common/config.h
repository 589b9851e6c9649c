// The sizes, options and weights of a connection, for the kernels of every device.
//
// Sizes in all native code: T tokens, N segments per token, M blocks that the layer reads and writes, C values per
// segment, K = M + N columns of alpha, D = M * C values of the layer. All tensors are float32, row-major and
// contiguous.
#pragma once

#include <cstdint>

namespace frac {

constexpr int kMaxSegments = 16;
constexpr int kMaxBlocks = 8;
constexpr int kMaxColumns = kMaxSegments + kMaxBlocks + 1;  // those of alpha, and one for beta

enum class Norm { kNone, kRms, kLayer };

struct Config {
  int64_t tokens;  // T
  int n, m;        // N, M
  int64_t c;       // C
  bool dynamic_alpha, dynamic_beta;
  bool use_tanh;
  Norm norm;
  float epsilon;
  float prenorm_epsilon;
  bool alpha_rows = false;  // whether static_alpha has a row per token; only where alpha is given (Reading)

  constexpr int64_t state() const { return n * c; }  // values of the hidden state per token
  constexpr int64_t dim() const { return m * c; }    // D
  constexpr int k() const { return m + n; }          // K
  constexpr bool dynamic() const { return dynamic_alpha || dynamic_beta; }
};

// The weights of one connection. An absent optional weight is null.
template <typename F>
struct WeightPointers {
  F* static_alpha;   // [N, K], or [T, N, K] if Config::alpha_rows
  F* static_beta;    // [N]  null where alpha is given
  F* norm_gamma;     // [C]  any norm but kNone
  F* norm_beta;      // [C]  kLayer
  F* w_alpha;        // [C, K]  dynamic_alpha
  F* w_beta;         // [C]     dynamic_beta
  F* scale_alpha;    // [1]  optional
  F* scale_beta;     // [1]  optional
  F* prenorm_gamma;  // [D]  optional: if given, x is RMSNorm(x) * prenorm_gamma
};
using Weights = WeightPointers<const float>;
using WeightGradients = WeightPointers<float>;  // null if the weight is null

// Values of static_alpha before those of token t.
constexpr int64_t alpha_row(int64_t t, const Config& f) { return f.alpha_rows ? t * f.n * f.k() : 0; }

// What a layer reads with where alpha is given, not made from the hidden state: one row per token, or one for all tokens. To the
// kernels it is a static width connection without beta.
template <typename F>
struct ReadingPointers {
  F* alpha;          // [T, N, K], or [N, K]; the layer reads with the first M columns
  F* prenorm_gamma;  // [D]  optional
  bool per_token;

  constexpr WeightPointers<F> weights() const {
    WeightPointers<F> w{};
    w.static_alpha = alpha;
    w.prenorm_gamma = prenorm_gamma;
    return w;
  }
  constexpr Config config(Config f) const {
    f.dynamic_alpha = f.dynamic_beta = false;
    f.alpha_rows = per_token;
    return f;
  }
};
using Reading = ReadingPointers<const float>;
using ReadingGradients = ReadingPointers<float>;  // shapes of the inputs; the other columns of alpha's are 0

// The coefficients of a depth connection: one row per token, or one for all tokens.
struct Coefficients {
  const float* alpha;  // [T, N, K], or [N, K]
  const float* beta;   // [T, N], or [N]
  bool alpha_per_token, beta_per_token;

  constexpr const float* alpha_of(int64_t t, const Config& f) const {
    return alpha + (alpha_per_token ? t * f.n * f.k() : 0);
  }
  constexpr const float* beta_of(int64_t t, const Config& f) const { return beta + (beta_per_token ? t * f.n : 0); }
};

}  // namespace frac
