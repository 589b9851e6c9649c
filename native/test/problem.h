// A random case of one op, its expected results from the loops of naive.h, and the errors of given results: outputs
// value by value, gradients along random directions (central differences in double precision).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <string>

#include "test/naive.h"

namespace frac::test {

enum Op { kWidth, kDepth, kDepthWidth };
constexpr const char* kNames[] = {"frac_width", "frac_depth", "frac_depth_width"};
constexpr const char* kWeights[] = {"static_alpha", "static_beta", "norm_gamma",  "norm_beta",    "w_alpha",
                                    "w_beta",       "scale_alpha", "scale_beta", "prenorm_gamma"};

struct Case {
  Op op;
  Config f;
  bool prenorm, scale, alpha_per_token, beta_per_token, state;
  unsigned seed;
  bool given = false;  // the width connection only reads, with a given alpha: frac_read, frac_depth_read
};

// The same case with alpha given, a row per token or one for all.
inline Case reading(Case c, bool per_token) {
  c.f.dynamic_alpha = c.f.dynamic_beta = false;
  c.f.alpha_rows = per_token;
  c.given = true;
  return c;
}

class Problem {
 public:
  // round: rounds the inputs to the storage type
  explicit Problem(const Case& c, float (*round)(float) = [](float x) { return x; })
      : c_(c), f_(c_.f), round_(round), random_(c.seed) {
    const int64_t alpha = f_.n * f_.k();
    add(in_, "h", f_.tokens * f_.state());
    add(in_, "y", c.op == kWidth ? 0 : f_.tokens * f_.dim());
    add(in_, "alpha", c.op == kWidth ? 0 : alpha * (c.alpha_per_token ? f_.tokens : 1));
    add(in_, "beta", c.op == kWidth ? 0 : f_.n * (c.beta_per_token ? f_.tokens : 1));
    const bool w = c.op != kDepth, norm = f_.dynamic() && f_.norm != Norm::kNone;
    const int64_t sizes[] = {alpha * (f_.alpha_rows ? f_.tokens : 1), c.given ? 0 : f_.n, norm * f_.c, (norm && f_.norm == Norm::kLayer) * f_.c,
                             f_.dynamic_alpha * f_.c * f_.k(), f_.dynamic_beta * f_.c,
                             f_.dynamic_alpha && c.scale, f_.dynamic_beta && c.scale, c.prenorm * f_.dim()};
    for (int i = 0; i < 9; ++i) add(in_, kWeights[i], w * sizes[i]);
    want_ = forward(in_);
    for (auto& [name, values] : want_) add(up_, name, values.size());
    for (auto& [name, values] : in_) add_direction(name, values.size());
  }

  const Case& of() const { return c_; }
  const Arrays& inputs() const { return in_; }   // an absent weight is an empty array
  const Arrays& upstream() const { return up_; }  // the gradients of the outputs, by the names of the outputs

  // |got - want| relative to max(|want|, 1)
  double output_error(const std::string& name, const float* got) const {
    const Values& want = want_.at(name);
    double difference = 0, norm = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      difference += (got[i] - want[i]) * (got[i] - want[i]);
      norm += want[i] * want[i];
    }
    return std::sqrt(difference) / std::max(1.0, std::sqrt(norm));
  }

  // The difference between the gradient along the direction and the change of the loss, relative to the magnitude of
  // the summed terms.
  double gradient_error(const std::string& name, const float* gradient) const {
    const Values& direction = directions_.at(name);
    double got = 0, norm = 0;
    for (size_t i = 0; i < direction.size(); ++i) got += direction[i] * gradient[i], norm += gradient[i] * gradient[i];
    return std::abs(got - changes_.at(name)) / std::max({1.0, 1.0 * f_.tokens, std::sqrt(norm)});
  }

  void print(const char* where, const std::string& what, double by) const {
    std::printf("%s, %s%s, T %lld N %d M %d C %lld, dynamic %d %d, tanh %d, norm %d, prenorm %d: %s is off by %g\n",
                kNames[c_.op], where, !c_.given ? "" : f_.alpha_rows ? ", alpha given per token" : ", alpha given", (long long)f_.tokens, f_.n, f_.m, (long long)f_.c, f_.dynamic_alpha,
                f_.dynamic_beta, f_.use_tanh, int(f_.norm), c_.prenorm, what.c_str(), by);
  }

 private:
  void add(Arrays& to, const std::string& name, int64_t size) {
    std::normal_distribution<double> normal(0, 0.5);
    Values values(size);
    for (double& v : values) v = round_(float(normal(random_) + (name.find("gamma") != std::string::npos)));
    to[name] = values;
  }

  Arrays forward(const Arrays& in) const {
    Arrays out;
    if (c_.op == kWidth) {
      width(out, in.at("h"), in, f_);
      if (c_.state) out["state"] = in.at("h");
    } else {
      out["out"] = depth(in, c_.alpha_per_token, c_.beta_per_token, f_);
      if (c_.op == kDepthWidth) {
        const Values between = out["out"];
        width(out, between, in, f_);
      }
    }
    return out;
  }

  double loss(const Arrays& in) const {
    double sum = 0;
    for (auto& [name, values] : forward(in))
      for (size_t i = 0; i < values.size(); ++i) sum += values[i] * up_.at(name)[i];
    return sum;
  }

  // A random direction for one input, and the change of the loss in this direction.
  void add_direction(const std::string& name, size_t size) {
    std::normal_distribution<double> normal;
    const double step = 1e-5;
    Arrays more = in_, less = in_;
    Values& direction = directions_[name];
    direction.resize(size);
    for (size_t i = 0; i < size; ++i) {
      direction[i] = normal(random_);
      more[name][i] += step * direction[i], less[name][i] -= step * direction[i];
    }
    changes_[name] = size == 0 ? 0 : (loss(more) - loss(less)) / (2 * step);
  }

  const Case c_;
  const Config& f_;
  float (*round_)(float);
  std::mt19937 random_;
  Arrays in_, up_, want_, directions_;
  std::map<std::string, double> changes_;
};

// The nine weights from named arrays. pointer(name) is null for an absent weight.
template <typename F, typename Pointer>
WeightPointers<F> weight_pointers(Pointer pointer) {
  F* all[9];
  for (int i = 0; i < 9; ++i) all[i] = pointer(kWeights[i]);
  return {all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8]};
}

}  // namespace frac::test
