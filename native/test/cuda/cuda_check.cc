#include "test/cuda/cuda_check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "test/cuda/device_run.h"
#include "test/cuda/reference.h"

namespace frac::test {

namespace {

// The tolerance in addition to that of float32 sums: half a unit in the last place of a stored value (2^-8 of it for
// bfloat16, 2^-11 for float16). In half precision the fused op rounds the state between the layers, which the loops in
// double precision do not do. A difference of large numbers can then have any error. So tests compare the fused op with
// its two parts, and the parts with the loops.
double unit_of(Dtype dtype) { return dtype == Dtype::kFloat32 ? 0 : dtype == Dtype::kBfloat16 ? 1.0 / 256 : 1.0 / 2048; }
double of_output(Dtype dtype, bool stored) { return 1e-5 + (stored ? unit_of(dtype) : 0); }
double of_gradient(Dtype dtype, bool stored) { return 2e-4 + unit_of(dtype) * (stored ? 2 : 0); }

class Checker {
 public:
  Checker(const Case& c, Dtype dtype, bool aligned, cudaStream_t stream)
      : problem_(c, dtype == Dtype::kFloat32    ? rounded<Dtype::kFloat32>
                    : dtype == Dtype::kBfloat16 ? rounded<Dtype::kBfloat16>
                                                : rounded<Dtype::kFloat16>),
        dtype_(dtype),
        aligned_(aligned),
        stream_(stream) {}

  bool run() {
    const bool fused = problem_.of().op == kDepthWidth;
    const DeviceResults first = run_on_device(problem_, dtype_, aligned_, stream_);
    if (!fused || dtype_ == Dtype::kFloat32) compare_with_loops(first);
    if (fused) compare_with_parts(first);
    if (!fused && dtype_ != Dtype::kFloat32) compare_with_float32(first);
    another_order();
    const DeviceResults again = run_on_device(problem_, dtype_, aligned_, stream_);
    same(first.out, again.out, "in another run"), same(first.grad, again.grad, "in another run");
    return ok_;
  }

  // Whether the bits of the fused op were compared with those of its parts.
  bool compared() const { return compared_; }

 private:
  // On an emulated device, makes threads run in another order.
  static void another_order() {
#if defined(FRAC_CUDA_EMULATED)
    ++cuda::emulator::Block::seed();
#endif
  }

  void compare_with_loops(const DeviceResults& got) {
    for (auto& [name, values] : got.out)
      expect(name, problem_.output_error(name, values.data()), of_output(dtype_, DeviceArrays::stored(name)));
    for (auto& [name, values] : got.grad)
      expect("gradient of " + name, problem_.gradient_error(name, values.data()),
             of_gradient(dtype_, DeviceArrays::stored(name)));
  }

  // The half-precision types are for storage only. With the same inputs, float32 kernels give the same coefficients and
  // gradients of weights. Stored values are the rounded ones of float32, except some near the midpoint of two
  // half-precision values.
  void compare_with_float32(const DeviceResults& half) {
    const DeviceResults whole = run_on_device(problem_, Dtype::kFloat32, false, stream_);
    const auto compare = [&](const std::string& what, const Results& a, const Results& b) {
      for (auto& [name, values] : a) {
        const std::vector<float>& other = b.at(name);
        if (!DeviceArrays::stored(name)) {
          expect("apart from float32: " + what + name, distance(other, values, double(problem_.of().f.tokens)), 2e-5);
          continue;
        }
        double differ = 0;
        for (size_t i = 0; i < values.size(); ++i) differ += values[i] != from_half_bits(dtype_, half_bits(dtype_, other[i]));
        expect("values not rounded from float32's: " + what + name, differ, 2 + 0.02 * values.size());
      }
    };
    compare("", half.out, whole.out), compare("gradient of ", half.grad, whole.grad);
  }

  // Compares bits if the variants are the same and the result is per token. Gradients of weights depend on the
  // distribution of tokens.
  void compare_with_parts(const DeviceResults& fused) {
    const DeviceResults parts = run_separately(problem_, dtype_, stream_);
    const auto compare = [&](const std::string& what, const Results& a, const Results& b) {
      for (auto& [name, values] : a)
        expect("apart from its parts: " + what + name, distance(values, b.at(name)),
               5e-5 + (DeviceArrays::stored(name) ? unit_of(dtype_) / 8 : 0));
    };
    compare("", parts.out, fused.out), compare("gradient of ", parts.grad, fused.grad);
    const cuda::KindsTaken a = fused.kinds, b = parts.kinds;
    if (a.common == a.general || a.common != b.common || a.general != b.general) return;
    Results grad;
    for (const char* name : {"h", "y"}) grad[name] = parts.grad.at(name);
    if (problem_.of().alpha_per_token) grad["alpha"] = parts.grad.at("alpha");
    if (problem_.of().beta_per_token) grad["beta"] = parts.grad.at("beta");
    same(parts.out, fused.out, "than of its parts"), same(grad, fused.grad, "than of its parts");
    compared_ = true;
  }

  // The largest difference of two results, relative to their magnitude, which counts as at least `least`.
  static double distance(const std::vector<float>& a, const std::vector<float>& b, double least = 1) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < a.size(); ++i) difference += std::pow(double(a[i]) - b[i], 2), norm += double(a[i]) * a[i];
    return std::sqrt(difference) / std::max({1.0, least, std::sqrt(norm)});
  }

  void same(const Results& first, const Results& again, const char* what) {
    for (auto& [name, values] : first) {
      const float* other = again.at(name).data();
      const bool differ = !values.empty() && std::memcmp(values.data(), other, values.size() * sizeof(float)) != 0;
      expect("other bits " + std::string(what) + ": " + name, differ, 0);
    }
  }

  void expect(const std::string& what, double error, double most) {
    if (error <= most) return;
    ok_ = false;
    problem_.print(name_of(dtype_), what, error);
  }

  const Problem problem_;
  Dtype dtype_;
  bool aligned_, ok_ = true, compared_ = false;
  cudaStream_t stream_;
};

// Widths up to one lane, around vectors of 4 and 8, with and without a tail; of several warps; and longer than a team
// of a common variant spans.
std::vector<Case> cases(bool small) {
  std::vector<Case> all;
  const int64_t tokens[] = {0, 1, 2, 3, 5}, widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 67};
  unsigned i = 0;
  const auto add = [&](Op op, int n, int m, int64_t t, int64_t c) {
    i += 37;
    const auto bit = [i](int b) { return ((i >> b) & 1) != 0; };
    const Config f{t, n, m, c, bit(0), bit(1), !bit(2), Norm(i % 3), 1e-3f, 1e-3f};
    all.push_back({op, f, bit(4), bit(3), bit(5), bit(6), bit(7), i});
  };
  const auto read = [](Case& c, bool per_token) {
    if (c.op == kDepth) c.op = kWidth;
    c = reading(c, per_token);
  };
  for (int n = 1; n <= kMaxSegments; ++n)
    for (int m = 1; m <= kMaxBlocks; ++m)
      for (int more = 0; more < (n % m == 0 ? 7 : 1); ++more) {
        add(Op((more + n) % 3), n, m, tokens[(i + more) % 5], widths[(i / 37 + more) % 16]);
        if (more == 6 || (n % m != 0 && m % 2 == 0)) read(all.back(), n % 3 != 0);
      }
  // Every combination of dynamic coefficients for common variants: more columns than a warp has lanes, and fewer.
  const int common[][2] = {{1, 1}, {2, 2}, {4, 4}, {8, 8}, {2, 1}, {4, 1}, {8, 1}, {6, 3}};
  for (auto [n, m] : common)
    for (int op = 0; op < 3; ++op)
      for (int64_t c : {296, 72}) {
        add(Op(op), n, m, 3, c);
        all.back().f.dynamic_alpha = all.back().f.dynamic_beta = true;
        all.push_back(all.back());
        read(all.back(), true);
      }
  // Backward passes that would not fit the shared memory of an H100 with both forms of the projection.
  for (auto [op, n, c] : {std::tuple(kDepthWidth, 4, 1800), std::tuple(kWidth, 8, 1024)}) {
    add(op, n, n, 2, c);
    all.back().f.dynamic_alpha = all.back().f.dynamic_beta = true;
  }
  if (small) return all;
  for (auto [n, m] : common)
    for (int op = 0; op < 3; ++op) {
      for (int64_t c : {32, 40, 256}) add(Op(op), n, m, 150, c);  // several tokens per team
      for (int64_t c : {200, 257, 1000}) add(Op(op), n, m, 3, c);
    }
  for (int op = 0; op < 3; ++op) add(Op(op), 4, 4, 2, 2304), add(Op(op), 2, 1, 2, 4200);
  return all;
}

}  // namespace

bool check_on_device(bool small, bool half, const std::string& reference) {
  cudaStream_t stream;
  FRAC_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  int count = 0, failed = 0, fused = 0, compared = 0;
  bool aligned = true;
  for (const Case& c : cases(small))
    for (const Dtype dtype : kDtypes) {
      aligned = !aligned;  // for each type in every other case
      if (half && dtype == Dtype::kFloat32) continue;
      ++count;
      Checker checker(c, dtype, aligned, stream);
      if (!checker.run()) ++failed;
      if (c.op == kDepthWidth) ++fused;
      if (checker.compared()) ++compared;
    }
  std::printf("%d of %d cases right; of %d fused ones %d have the bits of their parts\n", count - failed, count, fused, compared);
  if (compared * 10 < fused * 9) ++failed;  // a few use another variant than their parts
  if (!reference.empty() && !check_reference(reference, stream)) ++failed;
  FRAC_CUDA_CHECK(cudaStreamDestroy(stream));
  return failed == 0;
}

}  // namespace frac::test
