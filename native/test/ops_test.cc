// Every op on every instruction set that this machine runs, over many sizes and all options, against the loops of naive.h:
// outputs value by value, gradients along random directions (central differences in double precision). Arrays are exactly as
// long as the contract says and start anywhere, so that AddressSanitizer sees a value too many. Results must be the same bits
// with any number of threads.
//
//   npm run test:sanitize
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include "common/targets.h"
#include "common/thread_pool.h"
#include "test/naive.h"

namespace frac::test {

namespace {

enum Op { kWidth, kDepth, kDepthWidth };
const char* const kNames[] = {"frac_width", "frac_depth", "frac_depth_width"};
const char* const kWeights[] = {"static_alpha", "static_beta", "norm_gamma",  "norm_beta",    "w_alpha",
                                "w_beta",       "scale_alpha", "scale_beta", "prenorm_gamma"};

// Exactly `size` floats in memory of their own, `shift` floats off the allocator's alignment.
class Block {
 public:
  Block(size_t size, int shift) : memory_(new float[size + shift]), shift_(shift), size_(size) {}
  Block(const Values& values, int shift) : Block(values.size(), shift) {
    for (size_t i = 0; i < size_; ++i) data()[i] = float(values[i]);
  }
  float* data() const { return memory_.get() + shift_; }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<float[]> memory_;
  size_t shift_, size_;
};
using Blocks = std::map<std::string, Block>;

struct Case {
  Op op;
  Config f;
  bool prenorm, scale, alpha_per_token, beta_per_token, state;
  unsigned seed;
};

class Checker {
 public:
  explicit Checker(const Case& c) : c_(c), f_(c.f), random_(c.seed) {
    const int64_t alpha = f_.n * f_.k();
    add(in_, "h", f_.tokens * f_.state());
    add(in_, "y", c.op == kWidth ? 0 : f_.tokens * f_.dim());
    add(in_, "alpha", c.op == kWidth ? 0 : alpha * (c.alpha_per_token ? f_.tokens : 1));
    add(in_, "beta", c.op == kWidth ? 0 : f_.n * (c.beta_per_token ? f_.tokens : 1));
    const bool w = c.op != kDepth, norm = f_.dynamic() && f_.norm != Norm::kNone;
    const int64_t sizes[] = {alpha, f_.n, norm * f_.c, (norm && f_.norm == Norm::kLayer) * f_.c,
                             f_.dynamic_alpha * f_.c * f_.k(), f_.dynamic_beta * f_.c,
                             f_.dynamic_alpha && c.scale, f_.dynamic_beta && c.scale, c.prenorm * f_.dim()};
    for (int i = 0; i < 9; ++i) add(in_, kWeights[i], w * sizes[i]);
    for (auto& [name, values] : forward(in_)) add(up_, name, values.size());
    for (auto& [name, values] : in_) add_direction(name, values.size());
  }

  bool run() {
    const Arrays want = forward(in_);
    Blocks first_out, first_grad;
    bool first = true;
    for (const Target* target : supported_targets()) {
      set_target(target->name);
      for (int threads : {1, 2, 5}) {
        ThreadPool::shared().set_threads(threads);
        Blocks out, grad;
        call(out, grad);
        if (threads == 1) {
          for (auto& [name, values] : want) near(target, name, out.at(name), values);
          for (auto& [name, block] : grad) along(target, name, block);
          first_out = std::move(out), first_grad = std::move(grad);
        } else {
          same(target, first_out, out), same(target, first_grad, grad);
        }
        first = false;
      }
    }
    return ok_ && !first;
  }

 private:
  void add(Arrays& to, const std::string& name, int64_t size) {
    std::normal_distribution<double> normal(0, 0.5);
    Values values(size);
    for (double& v : values) v = float(normal(random_) + (name.find("gamma") != std::string::npos));
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

  template <typename F>
  static WeightPointers<F> pointers(const Blocks& blocks) {
    F* all[9];
    for (int i = 0; i < 9; ++i) all[i] = blocks.at(kWeights[i]).size() ? blocks.at(kWeights[i]).data() : nullptr;
    return {all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8]};
  }

  void call(Blocks& out, Blocks& grad) {
    Blocks in, up;
    int shift = c_.seed;
    for (auto& [name, values] : in_) in.emplace(name, Block(values, ++shift % 4));
    for (auto& [name, values] : up_) up.emplace(name, Block(values, ++shift % 4));
    for (auto& [name, values] : up_) out.emplace(name, Block(values.size(), ++shift % 4));
    for (auto& [name, values] : in_) grad.emplace(name, Block(values.size(), ++shift % 4));
    const auto i = [&](const char* name) { return in.at(name).data(); };
    const auto u = [&](const char* name) { return up.at(name).data(); };
    const auto o = [&](const char* name) { return out.at(name).data(); };
    const auto g = [&](const char* name) { return grad.at(name).data(); };
    const Coefficients mix{i("alpha"), i("beta"), c_.alpha_per_token, c_.beta_per_token};
    const Target& t = target();
    ThreadPool& pool = ThreadPool::shared();
    if (c_.op == kDepth) {
      t.frac_depth(o("out"), i("h"), i("y"), mix, f_, pool);
      t.frac_depth_grad(g("h"), g("y"), g("alpha"), g("beta"), i("h"), i("y"), mix, u("out"), f_, pool);
      return;
    }
    const auto w = pointers<const float>(in);
    const auto dw = pointers<float>(grad);
    if (c_.op == kWidth) {
      t.frac_width(o("x"), o("new_alpha"), o("new_beta"), i("h"), w, f_, pool);
      if (c_.state) out.at("state") = Block(in_.at("h"), 0);  // no kernel's work
      t.frac_width_grad(g("h"), dw, i("h"), w, u("x"), u("new_alpha"), u("new_beta"), c_.state ? u("state") : nullptr, f_,
                        pool);
    } else {
      t.frac_depth_width(o("out"), o("x"), o("new_alpha"), o("new_beta"), i("h"), i("y"), mix, w, f_, pool);
      t.frac_depth_width_grad(g("h"), g("y"), g("alpha"), g("beta"), dw, i("h"), i("y"), mix, w, u("out"), u("x"),
                              u("new_alpha"), u("new_beta"), f_, pool);
    }
  }

  void near(const Target* target, const std::string& name, const Block& got, const Values& want) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      difference += (got.data()[i] - want[i]) * (got.data()[i] - want[i]);
      norm += want[i] * want[i];
    }
    if (!(std::sqrt(difference) <= 1e-5 * std::max(1.0, std::sqrt(norm)))) fail(target, name, std::sqrt(difference));
  }

  // A random direction for one input, and the change of the loss that way.
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

  // The gradient along that direction against the change, relative to the size of what is summed.
  void along(const Target* target, const std::string& name, const Block& gradient) {
    double got = 0, norm = 0;
    for (size_t i = 0; i < gradient.size(); ++i) {
      const double g = gradient.data()[i];
      got += directions_.at(name)[i] * g, norm += g * g;
    }
    const double off = std::abs(got - changes_.at(name));
    if (!(off <= 2e-4 * std::max(1.0 * f_.tokens, std::sqrt(norm)))) fail(target, "gradient of " + name, off);
  }

  void same(const Target* target, const Blocks& first, const Blocks& again) {
    for (auto& [name, block] : first)
      if (std::memcmp(block.data(), again.at(name).data(), block.size() * sizeof(float)) != 0)
        fail(target, name + " with more threads", 1);
  }

  void fail(const Target* target, const std::string& what, double by) {
    ok_ = false;
    std::printf("%s, %s, T %lld N %d M %d C %lld, dynamic %d %d, tanh %d, norm %d, prenorm %d: %s is off by %g\n",
                kNames[c_.op], target->name, (long long)f_.tokens, f_.n, f_.m, (long long)f_.c, f_.dynamic_alpha,
                f_.dynamic_beta, f_.use_tanh, int(f_.norm), c_.prenorm, what.c_str(), by);
  }

  const Case& c_;
  const Config& f_;
  std::mt19937 random_;
  Arrays in_, up_, directions_;
  std::map<std::string, double> changes_;
  bool ok_ = true;
};

int run_all() {
  int cases = 0, failed = 0;
  const int64_t tokens[] = {0, 1, 2, 3, 5}, widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67};
  unsigned i = 0;
  for (int n = 1; n <= kMaxSegments; ++n)
    for (int m = 1; m <= kMaxBlocks; ++m)
      for (int more = 0; n % m == 0 && more < 7; ++more) {
        i += 37;
        const auto bit = [i](int b) { return ((i >> b) & 1) != 0; };
        Config f{tokens[i % 5], n, m, widths[i % 15], bit(0), bit(1), !bit(2), Norm(i % 3), 1e-3f, 1e-3f};
        if (more == 6 && i % 3 == 0) f.c = 5, f.tokens = 40 + 2 * 16384 / f.state();  // several chunks, so several threads
        const Case c{Op((more + n) % 3), f, bit(4), bit(3), bit(5), bit(6), bit(7), i};
        ++cases;
        if (!Checker(c).run()) ++failed;
      }
  std::printf("%d of %d cases right, on", cases - failed, cases);
  for (const Target* target : supported_targets()) std::printf(" %s", target->name);
  std::printf("\n");
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

}  // namespace frac::test

int main() { return frac::test::run_all(); }
