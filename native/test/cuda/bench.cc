#include "test/cuda/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>

#include "ops/frac_depth/frac_depth_cuda.h"
#include "ops/frac_depth_width/frac_depth_width_cuda.h"
#include "ops/frac_width/frac_width_cuda.h"
#include "test/cuda/device_array.h"
#include "test/problem.h"

namespace frac::test {

namespace {

struct Setting {
  Op op;
  bool gradient, dynamic, prenorm, dstate;
  Dtype dtype;
  int64_t tokens, dim;
  int n, m;
};

// The least that an op must read and write per token, in units of `dim` values.
double units(const Setting& s) {
  const double state = double(s.n) / s.m;  // size of the hidden state in these units
  switch (s.op) {
    case kWidth: return s.gradient ? 2 * state + 1 + (s.dstate ? state : 0) : state + 1;
    case kDepth: return s.gradient ? 3 * state + 2 : 2 * state + 1;
    default: return s.gradient ? 3 * state + 3 : 2 * state + 2;
  }
}

// Two buffers, each larger than the L2 cache of any device so far.
class Sweep {
 public:
  explicit Sweep(cudaStream_t stream) : stream_(stream) {
    for (const auto& each : both_) FRAC_CUDA_CHECK(cudaMemsetAsync(each.data(), 0, kBytes, stream));
  }
  // Moves 1 GiB in total. That takes 0.3 ms and more, during which the host queues the work to be timed.
  void run() const { copy(1, 0), copy(0, 1); }

 private:
  static constexpr size_t kBytes = size_t{256} << 20;
  void copy(int to, int from) const {
    FRAC_CUDA_CHECK(cudaMemcpyAsync(both_[to].data(), both_[from].data(), kBytes, cudaMemcpyDeviceToDevice, stream_));
  }
  cudaStream_t stream_;
  const DeviceArray both_[2] = {{Dtype::kFloat32, kBytes / 4, 0}, {Dtype::kFloat32, kBytes / 4, 0}};
};

class Stopwatch {
 public:
  explicit Stopwatch(cudaStream_t stream) : stream_(stream), sweep_(stream) {
    FRAC_CUDA_CHECK(cudaEventCreateWithFlags(&start_, 0));
    FRAC_CUDA_CHECK(cudaEventCreateWithFlags(&stop_, 0));
  }
  ~Stopwatch() { cudaEventDestroy(start_), cudaEventDestroy(stop_); }

  // Microseconds per call. A single call starts with a cold cache, and is queued before the timing starts. For many
  // calls the result is the host's time if that is longer.
  double time(const std::function<void()>& work, int calls) {
    if (calls == 1) sweep_.run();
    FRAC_CUDA_CHECK(cudaEventRecord(start_, stream_));
    for (int i = 0; i < calls; ++i) work();
    FRAC_CUDA_CHECK(cudaEventRecord(stop_, stream_));
    FRAC_CUDA_CHECK(cudaEventSynchronize(stop_));
    float ms = 0;
    FRAC_CUDA_CHECK(cudaEventElapsedTime(&ms, start_, stop_));
    return 1e3 * ms / calls;
  }

 private:
  cudaStream_t stream_;
  cudaEvent_t start_, stop_;
  const Sweep sweep_;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// The arrays of one setting, with values of the magnitude of activations.
class Bench {
 public:
  Bench(const Setting& s, cudaStream_t stream) : s_(s), stream_(stream) {
    f_ = {s.tokens, s.n, s.m, s.dim / s.m, s.dynamic, s.dynamic, true, Norm::kRms, 1e-5f, 1e-5f};
    const size_t state = size_t(f_.tokens * f_.state()), dim = size_t(f_.tokens * f_.dim());
    const size_t coefficients = size_t(f_.n * f_.k()), rows = s.dynamic ? size_t(f_.tokens) : 1;
    for (const char* name : {"h", "dout", "dstate", "out"}) add(name, s.dtype, state);
    for (const char* name : {"y", "dx", "x", "dy"}) add(name, s.dtype, dim);
    add("dh", s.dtype, state);
    for (const char* name : {"alpha", "dalpha", "new_alpha", "up_alpha"}) add(name, Dtype::kFloat32, coefficients * rows);
    for (const char* name : {"beta", "dbeta", "new_beta", "up_beta"}) add(name, Dtype::kFloat32, f_.n * rows);
    const size_t sizes[] = {coefficients, size_t(f_.n), s.dynamic * size_t(f_.c), 0,
                            s.dynamic * size_t(f_.c * f_.k()), s.dynamic * size_t(f_.c), s.dynamic, s.dynamic,
                            s.prenorm * size_t(f_.dim())};
    for (int i = 0; i < 9; ++i) add(kWeights[i], Dtype::kFloat32, sizes[i]), add(d(kWeights[i]), Dtype::kFloat32, sizes[i]);
    w_ = weight_pointers<const float>([&](const char* name) { return present(name); });
    dw_ = weight_pointers<float>([&](const char* name) { return present(d(name)); });
    mix_ = {floats("alpha"), floats("beta"), s.dynamic, s.dynamic};
    const size_t bytes = !s.gradient        ? 0
                         : s.op == kWidth   ? cuda::frac_width_grad_workspace(f_, w_, s.dtype)
                         : s.op == kDepth   ? cuda::frac_depth_grad_workspace(f_, mix_, s.dtype)
                                            : cuda::frac_depth_width_grad_workspace(f_, mix_, w_, s.dtype);
    add("workspace", Dtype::kFloat32, (bytes + 3) / 4);
    launch_ = {s.dtype, stream, rows_("workspace")};
  }

  void run() const {
    const auto r = [&](const char* name) { return rows_(name); };
    const auto p = [&](const char* name) { return floats(name); };
    if (s_.op == kWidth && !s_.gradient)
      cuda::frac_width(r("x"), p("new_alpha"), p("new_beta"), r("h"), w_, f_, launch_);
    if (s_.op == kWidth && s_.gradient)
      cuda::frac_width_grad(r("dh"), dw_, r("h"), w_, r("dx"), p("up_alpha"), p("up_beta"),
                            s_.dstate ? r("dstate") : nullptr, f_, launch_);
    if (s_.op == kDepth && !s_.gradient) cuda::frac_depth(r("out"), r("h"), r("y"), mix_, f_, launch_);
    if (s_.op == kDepth && s_.gradient)
      cuda::frac_depth_grad(r("dh"), r("dy"), p("dalpha"), p("dbeta"), r("h"), r("y"), mix_, r("dout"), f_, launch_);
    if (s_.op == kDepthWidth && !s_.gradient)
      cuda::frac_depth_width(r("out"), r("x"), p("new_alpha"), p("new_beta"), r("h"), r("y"), mix_, w_, f_, launch_);
    if (s_.op == kDepthWidth && s_.gradient)
      cuda::frac_depth_width_grad(r("dh"), r("dy"), p("dalpha"), p("dbeta"), dw_, r("h"), r("y"), mix_, w_, r("dout"),
                                  r("dx"), p("up_alpha"), p("up_beta"), f_, launch_);
  }

  double bytes() const { return units(s_) * double(s_.tokens) * double(s_.dim) * double(cuda::size_of(s_.dtype)); }

 private:
  static std::string d(const std::string& name) { return "d_" + name; }
  void add(const std::string& name, Dtype dtype, size_t size) {
    arrays_[name] = std::make_unique<DeviceArray>(dtype, size, 0);
    std::mt19937 random(unsigned(arrays_.size()));
    std::normal_distribution<double> normal(0, 0.5);
    // Repeats a few thousand values. That does not change the speed of kernels, and is quick to make.
    Values some(std::min<size_t>(size, 4096));
    for (double& v : some) v = normal(random);
    arrays_[name]->fill(some, stream_);
  }
  void* rows_(const std::string& name) const { return arrays_.at(name)->data(); }
  float* floats(const std::string& name) const { return arrays_.at(name)->floats(); }
  float* present(const std::string& name) const { return arrays_.at(name)->size() ? floats(name) : nullptr; }

  const Setting s_;
  cudaStream_t stream_;
  Config f_;
  Weights w_;
  WeightGradients dw_;
  Coefficients mix_;
  cuda::Launch launch_;
  std::map<std::string, std::unique_ptr<DeviceArray>> arrays_;
};

// Runs until the device's clock has reached its full rate.
void warm_up(const std::function<void()>& work, cudaStream_t stream) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(50);
  do {
    for (int i = 0; i < 3; ++i) work();
    FRAC_CUDA_CHECK(cudaStreamSynchronize(stream));
  } while (Clock::now() < end);
}

void measure(const Setting& s, Stopwatch& watch, cudaStream_t stream, std::ofstream& rows) {
  const Bench bench(s, stream);
  const size_t half = size_t(bench.bytes() / 2) / 4 + 1;
  const DeviceArray from(Dtype::kFloat32, half, 0), to(Dtype::kFloat32, half, 0);
  const auto copy = [&] {
    FRAC_CUDA_CHECK(cudaMemcpyAsync(to.data(), from.data(), 4 * half, cudaMemcpyDeviceToDevice, stream));
  };
  const auto op = [&] { bench.run(); };
  const int calls = s.tokens * s.dim < (int64_t{1} << 20) ? 20 : 1;  // for few tokens most of the time is that of launches
  FRAC_CUDA_CHECK(cudaMemsetAsync(from.data(), 0, 4 * half, stream));
  warm_up([&] { op(), copy(); }, stream);
  std::vector<double> op_us, copy_us;
  for (int i = 0; i < 15; ++i) op_us.push_back(watch.time(op, calls)), copy_us.push_back(watch.time(copy, calls));
  const double us = median(op_us), copied = median(copy_us);
  char line[512];
  std::snprintf(line, sizeof line,
                "{\"op\":\"%s\",\"pass\":\"%s\",\"dtype\":\"%s\",\"N\":%lld,\"d\":%lld,\"n\":%d,\"m\":%d,\"options\":"
                "\"%s%s%s\",\"calls\":%d,\"us\":%.2f,\"gbps\":%.1f,\"copyUs\":%.2f,\"percentOfCopy\":%.1f}",
                kNames[s.op], s.gradient ? "gradient" : "forward", name_of(s.dtype), (long long)s.tokens,
                (long long)s.dim, s.n, s.m, s.dynamic ? "dynamic" : "static", s.prenorm ? " prenorm" : "",
                s.dstate ? " dstate" : "", calls, us, bench.bytes() / us / 1e3, copied, 100 * copied / us);
  rows << line << std::endl;
  std::printf("%s\n", line);
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  const auto every_op = [&](Dtype dtype, int64_t tokens, int64_t dim, int n, int m, bool dynamic) {
    for (const Op op : {kWidth, kDepth, kDepthWidth})
      for (const bool gradient : {false, true})
        for (const bool prenorm : {false, true})
          if (!(prenorm && op == kDepth)) all.push_back({op, gradient, dynamic, prenorm, false, dtype, tokens, dim, n, m});
    all.push_back({kWidth, true, dynamic, false, true, dtype, tokens, dim, n, m});
  };
  constexpr int64_t kTokens = 16384;
  for (const int64_t dim : {2048, 4096})  // the shapes for which there are goals
    for (const Dtype dtype : {Dtype::kFloat32, Dtype::kBfloat16}) every_op(dtype, kTokens, dim, 4, 4, true);
  every_op(Dtype::kFloat16, kTokens, 2048, 4, 4, true);
  every_op(Dtype::kBfloat16, kTokens, 2048, 4, 4, false);
  for (const int m : {1, 2, 8}) every_op(Dtype::kBfloat16, kTokens, 2048, m, m, true);
  for (const int n : {2, 4, 8}) every_op(Dtype::kBfloat16, kTokens / n, 2048, n, 1, true);
  every_op(Dtype::kFloat32, kTokens, 1000, 4, 4, true);  // in half precision a segment is not a multiple of 16 bytes
  every_op(Dtype::kFloat32, kTokens, 1536, 3, 3, true);  // the general variant
  for (const Dtype dtype : {Dtype::kFloat32, Dtype::kBfloat16})  // from 1 token on: cost of a launch, and no sudden slowdown
    for (int64_t tokens = 1; tokens <= 262144; tokens *= 4)
      for (const bool gradient : {false, true})
        all.push_back({kDepthWidth, gradient, true, true, false, dtype, tokens, 1024, 4, 4});
  return all;
}

}  // namespace

void bench_on_device(const std::string& file) {
  std::ofstream rows(file);
  if (!rows) throw std::runtime_error("cannot write " + file);
  cudaStream_t stream;
  FRAC_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  {
    Stopwatch watch(stream);
    for (const Setting& each : settings()) measure(each, watch, stream, rows);
  }
  FRAC_CUDA_CHECK(cudaStreamDestroy(stream));
}

}  // namespace frac::test
