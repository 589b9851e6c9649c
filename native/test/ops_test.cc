// Checks every op for every SIMD target of this machine, over many sizes and all options, against the loops of naive.h:
// outputs value by value, gradients along random directions (central differences in double precision). Arrays have
// exactly the size of the contract and any alignment, so that AddressSanitizer finds every access out of bounds.
// Results must be bitwise the same for any number of threads.
//
//   npm run test:sanitize
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "common/targets.h"
#include "common/thread_pool.h"
#include "test/problem.h"

namespace frac::test {

namespace {

// Exactly `size` floats in an allocation of their own, `shift` floats after an aligned address.
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

class Checker {
 public:
  explicit Checker(const Case& c) : problem_(c) {}

  bool run() {
    Blocks first_out, first_grad;
    bool first = true;
    for (const Target* target : supported_targets()) {
      set_target(target->name);
      for (int threads : {1, 2, 5}) {
        ThreadPool::shared().set_threads(threads);
        Blocks out, grad;
        call(out, grad);
        if (threads == 1) {
          for (auto& [name, block] : out) expect(target, name, problem_.output_error(name, block.data()), 1e-5);
          for (auto& [name, block] : grad)
            expect(target, "gradient of " + name, problem_.gradient_error(name, block.data()), 2e-4);
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
  void call(Blocks& out, Blocks& grad) {
    const Case& c = problem_.of();
    const Config& f = c.f;
    Blocks in, up;
    int shift = c.seed;
    for (auto& [name, values] : problem_.inputs()) in.emplace(name, Block(values, ++shift % 4));
    for (auto& [name, values] : problem_.upstream()) up.emplace(name, Block(values, ++shift % 4));
    for (auto& [name, values] : problem_.upstream()) out.emplace(name, Block(values.size(), ++shift % 4));
    for (auto& [name, values] : problem_.inputs()) grad.emplace(name, Block(values.size(), ++shift % 4));
    const auto i = [&](const char* name) { return in.at(name).data(); };
    const auto u = [&](const char* name) { return up.at(name).data(); };
    const auto o = [&](const char* name) { return out.at(name).data(); };
    const auto if_any = [&](Blocks& blocks, const char* name) { return c.given ? nullptr : blocks.at(name).data(); };
    const auto g = [&](const char* name) { return grad.at(name).data(); };
    const Coefficients mix{i("alpha"), i("beta"), c.alpha_per_token, c.beta_per_token};
    const Target& t = target();
    ThreadPool& pool = ThreadPool::shared();
    if (c.op == kDepth) {
      t.frac_depth(o("out"), i("h"), i("y"), mix, f, pool);
      t.frac_depth_grad(g("h"), g("y"), g("alpha"), g("beta"), i("h"), i("y"), mix, u("out"), f, pool);
      return;
    }
    const auto present = [](const Blocks& blocks) {
      return [&](const char* name) { return blocks.at(name).size() ? blocks.at(name).data() : nullptr; };
    };
    const auto w = weight_pointers<const float>(present(in));
    const auto dw = weight_pointers<float>(present(grad));
    if (c.op == kWidth) {
      t.frac_width(o("x"), if_any(out, "new_alpha"), if_any(out, "new_beta"), i("h"), w, f, pool);
      if (c.state) out.at("state") = Block(problem_.inputs().at("h"), 0);  // no kernel writes it
      t.frac_width_grad(g("h"), dw, i("h"), w, u("x"), if_any(up, "new_alpha"), if_any(up, "new_beta"),
                        c.state ? u("state") : nullptr, f, pool);
    } else {
      t.frac_depth_width(o("out"), o("x"), if_any(out, "new_alpha"), if_any(out, "new_beta"), i("h"), i("y"), mix, w, f, pool);
      t.frac_depth_width_grad(g("h"), g("y"), g("alpha"), g("beta"), dw, i("h"), i("y"), mix, w, u("out"), u("x"),
                              if_any(up, "new_alpha"), if_any(up, "new_beta"), f, pool);
    }
  }

  void same(const Target* target, const Blocks& first, const Blocks& again) {
    for (auto& [name, block] : first)
      expect(target, name + " with more threads",
             std::memcmp(block.data(), again.at(name).data(), block.size() * sizeof(float)) != 0, 0);
  }

  void expect(const Target* target, const std::string& what, double error, double most) {
    if (error <= most) return;
    ok_ = false;
    problem_.print(target->name, what, error);
  }

  const Problem problem_;
  bool ok_ = true;
};

int run_all() {
  int cases = 0, failed = 0;
  const int64_t tokens[] = {0, 1, 2, 3, 5}, widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67};
  unsigned i = 0;
  for (int n = 1; n <= kMaxSegments; ++n)
    for (int m = 1; m <= kMaxBlocks; ++m)
      for (int more = 0; more < (n % m == 0 ? 10 : 3); ++more) {
        i += 37;
        const auto bit = [i](int b) { return ((i >> b) & 1) != 0; };
        Config f{tokens[i % 5], n, m, widths[i % 15], bit(0), bit(1), !bit(2), Norm(i % 3), 1e-3f, 1e-3f};
        if (more == 6 && i % 3 == 0) f.c = 5, f.tokens = 40 + 2 * 16384 / f.state();  // several chunks, and so several threads
        Case c{Op((more + n) % 3), f, bit(4), bit(3), bit(5), bit(6), bit(7), i};
        if (more > 6) c = reading(c, bit(2)), c.op = more % 2 ? kWidth : kDepthWidth;
        if (n % m != 0 && more == 1) c = reading(c, true);
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
