// One op, forward and backward, on a device.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/cuda/either_kind.h"
#include "ops/frac_depth/frac_depth_cuda.h"
#include "ops/frac_depth_width/frac_depth_width_cuda.h"
#include "ops/frac_width/frac_width_cuda.h"
#include "test/cuda/device_array.h"
#include "test/problem.h"

namespace frac::test {

using Results = std::map<std::string, std::vector<float>>;

// Arrays by name. Rows of the state and of the layer have the storage type; all other arrays are float32.
class DeviceArrays {
 public:
  DeviceArrays(Dtype dtype, cudaStream_t stream) : dtype_(dtype), stream_(stream) {}

  static bool stored(const std::string& name) {
    return name == "h" || name == "y" || name == "x" || name == "out" || name == "state";
  }
  void add(const std::string& name, size_t size, int shift) {
    arrays_[name] = std::make_unique<DeviceArray>(stored(name) ? dtype_ : Dtype::kFloat32, size, shift);
  }
  void add(const std::string& name, const Values& values, int shift) {
    add(name, values.size(), shift);
    arrays_[name]->upload(values, stream_);
  }
  void* rows(const std::string& name) const { return arrays_.at(name)->data(); }
  float* floats(const std::string& name) const { return arrays_.at(name)->floats(); }
  float* present(const std::string& name) const { return has(name) && arrays_.at(name)->size() ? floats(name) : nullptr; }
  bool has(const std::string& name) const { return arrays_.count(name) > 0; }
  Results download() const {
    Results all;
    for (auto& [name, array] : arrays_) all[name] = array->download(stream_);
    return all;
  }

 private:
  Dtype dtype_;
  cudaStream_t stream_;
  std::map<std::string, std::unique_ptr<DeviceArray>> arrays_;
};

struct DeviceResults {
  Results out, grad;
  cuda::KindsTaken kinds;
};

// Runs the two parts of the fused op one after the other.
inline DeviceResults run_separately(const Problem& problem, Dtype dtype, cudaStream_t stream) {
  const Case& c = problem.of();
  const Config& f = c.f;
  DeviceArrays in(dtype, stream), up(dtype, stream), out(dtype, stream), grad(dtype, stream), weights(dtype, stream);
  cuda::kinds_taken = {};
  for (auto& [name, values] : problem.inputs()) in.add(name, values, 0);
  for (const char* name : kWeights) weights.add(name, problem.inputs().at(name).size(), 0);
  for (auto& [name, values] : problem.upstream()) up.add(name, values, 0), out.add(name, values.size(), 0);
  for (const char* name : {"h", "y", "alpha", "beta"}) grad.add(name, problem.inputs().at(name).size(), 0);
  DeviceArrays between(dtype, stream);
  between.add("state", size_t(f.tokens * f.state()), 0);
  const auto present = [](const DeviceArrays& arrays) { return [&](const char* name) { return arrays.present(name); }; };
  const auto w = weight_pointers<const float>(present(in));
  const auto dw = weight_pointers<float>(present(weights));
  const Coefficients mix{in.floats("alpha"), in.floats("beta"), c.alpha_per_token, c.beta_per_token};
  const size_t bytes =
      std::max(cuda::frac_width_grad_workspace(f, w, dtype), cuda::frac_depth_grad_workspace(f, mix, dtype));
  const DeviceArray workspace(Dtype::kFloat32, (bytes + 3) / 4, 0);
  const cuda::Launch launch{dtype, stream, workspace.data()};
  cuda::frac_depth(out.rows("out"), in.rows("h"), in.rows("y"), mix, f, launch);
  cuda::frac_width(out.rows("x"), out.present("new_alpha"), out.present("new_beta"), out.rows("out"), w, f, launch);
  cuda::frac_width_grad(between.rows("state"), dw, out.rows("out"), w, up.rows("x"), up.present("new_alpha"),
                        up.present("new_beta"), up.rows("out"), f, launch);
  cuda::frac_depth_grad(grad.rows("h"), grad.rows("y"), grad.floats("alpha"), grad.floats("beta"), in.rows("h"),
                        in.rows("y"), mix, between.rows("state"), f, launch);
  DeviceResults results{out.download(), weights.download(), cuda::kinds_taken};
  for (auto& [name, values] : grad.download()) results.grad[name] = values;
  return results;
}

// With `aligned` every array is aligned for 16-byte accesses; otherwise it has any alignment.
inline DeviceResults run_on_device(const Problem& problem, Dtype dtype, bool aligned, cudaStream_t stream) {
  const Case& c = problem.of();
  const Config& f = c.f;
  DeviceArrays in(dtype, stream), up(dtype, stream), out(dtype, stream), grad(dtype, stream);
  cuda::kinds_taken = {};
  int shift = aligned ? 0 : int(c.seed);
  const auto next = [&] { return aligned ? 0 : ++shift % 3; };
  for (auto& [name, values] : problem.inputs()) in.add(name, values, next()), grad.add(name, values.size(), next());
  for (auto& [name, values] : problem.upstream()) {
    up.add(name, values, next());
    if (name != "state") out.add(name, values.size(), next());  // no kernel writes `state`, so it must not be read
  }
  const auto present = [](const DeviceArrays& arrays) { return [&](const char* name) { return arrays.present(name); }; };
  const auto w = weight_pointers<const float>(present(in));
  const auto dw = weight_pointers<float>(present(grad));
  const Coefficients mix{in.floats("alpha"), in.floats("beta"), c.alpha_per_token, c.beta_per_token};
  const size_t bytes = c.op == kWidth   ? cuda::frac_width_grad_workspace(f, w, dtype)
                       : c.op == kDepth ? cuda::frac_depth_grad_workspace(f, mix, dtype)
                                        : cuda::frac_depth_width_grad_workspace(f, mix, w, dtype);
  const DeviceArray workspace(Dtype::kFloat32, (bytes + 3) / 4, 0);
  const cuda::Launch launch{dtype, stream, workspace.data()};
  if (c.op == kWidth) {
    cuda::frac_width(out.rows("x"), out.present("new_alpha"), out.present("new_beta"), in.rows("h"), w, f, launch);
    cuda::frac_width_grad(grad.rows("h"), dw, in.rows("h"), w, up.rows("x"), up.present("new_alpha"),
                          up.present("new_beta"), c.state ? up.rows("state") : nullptr, f, launch);
  } else if (c.op == kDepth) {
    cuda::frac_depth(out.rows("out"), in.rows("h"), in.rows("y"), mix, f, launch);
    cuda::frac_depth_grad(grad.rows("h"), grad.rows("y"), grad.floats("alpha"), grad.floats("beta"), in.rows("h"),
                          in.rows("y"), mix, up.rows("out"), f, launch);
  } else {
    cuda::frac_depth_width(out.rows("out"), out.rows("x"), out.present("new_alpha"), out.present("new_beta"),
                           in.rows("h"), in.rows("y"), mix, w, f, launch);
    cuda::frac_depth_width_grad(grad.rows("h"), grad.rows("y"), grad.floats("alpha"), grad.floats("beta"), dw,
                                in.rows("h"), in.rows("y"), mix, w, up.rows("out"), up.rows("x"),
                                up.present("new_alpha"), up.present("new_beta"), f, launch);
  }
  return {out.download(), grad.download(), cuda::kinds_taken};
}

}  // namespace frac::test
