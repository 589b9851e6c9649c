#include "test/cuda/reference.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "test/cuda/device_run.h"

namespace frac::test {

namespace {

struct Reference {
  std::string name;
  std::map<std::string, std::string> config;
  Arrays tensors;  // inputs.h, outputs.x, grads.w_alpha, ...

  int64_t integer(const char* key) const { return std::stoll(config.at(key)); }
  bool flag(const char* key) const { return config.at(key) == "true" || config.at(key) == "1"; }
  const Values& input(const std::string& name) const {
    static const Values none;
    const auto found = tensors.find("inputs." + name);
    return found == tensors.end() ? none : found->second;
  }
};

std::vector<Reference> read(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<Reference> all;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind, name, value;
    words >> kind >> name;
    if (kind == "case") all.push_back({name, {}, {}});
    if (kind == "config" && words >> value) all.back().config[name] = value;
    if (kind != "tensor") continue;
    std::getline(in, line);
    std::istringstream numbers(line);
    Values& values = all.back().tensors[name];
    for (double number; numbers >> number;) values.push_back(number);
  }
  if (all.empty()) throw std::runtime_error("no cases in " + file);
  return all;
}

Config config_of(const Reference& r) {
  Config f{};
  f.m = int(r.integer("fractions")), f.n = int(r.integer("streams")) * f.m, f.c = r.integer("dim") / f.m;
  f.tokens = int64_t(r.input("h").size()) / f.state();
  f.dynamic_alpha = r.flag("dynamic_alpha"), f.dynamic_beta = r.flag("dynamic_beta"), f.use_tanh = r.flag("tanh");
  const std::string norm = r.config.at("norm");
  f.norm = norm == "none" ? Norm::kNone : norm == "rms" ? Norm::kRms : Norm::kLayer;
  f.epsilon = float(std::stod(r.config.at("epsilon"))), f.prenorm_epsilon = 1e-5f;
  return f;
}

// The op returns static coefficients once; the reference has them for every token.
double distance(const std::vector<float>& got, const Values& want) {
  if (got.empty() || want.size() % got.size() != 0) return INFINITY;
  double difference = 0, norm = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double off = got[i % got.size()] - want[i];
    difference += off * off;
    norm += want[i] * want[i];
  }
  return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

// The loss is sum(x * grad_x) + sum(out * grad_out), out = depth(h, y, alpha, beta) and x, alpha, beta = width(h).
bool check_one(const Reference& r, cudaStream_t stream) {
  const Config f = config_of(r);
  DeviceArrays in(Dtype::kFloat32, stream), out(Dtype::kFloat32, stream), grad(Dtype::kFloat32, stream);
  for (const char* name : {"h", "y", "grad_x", "grad_out"}) in.add(name, r.input(name), 0);
  for (const char* name : kWeights) in.add(name, r.input(name), 0), grad.add(name, r.input(name).size(), 0);
  const int64_t alpha = f.n * f.k() * (f.dynamic_alpha ? f.tokens : 1), beta = f.n * (f.dynamic_beta ? f.tokens : 1);
  out.add("x", f.tokens * f.dim(), 0), out.add("out", f.tokens * f.state(), 0);
  out.add("alpha", alpha, 0), out.add("beta", beta, 0);
  grad.add("h", f.tokens * f.state(), 0), grad.add("y", f.tokens * f.dim(), 0);
  DeviceArrays through(Dtype::kFloat32, stream);
  through.add("state", f.tokens * f.state(), 0), through.add("alpha", alpha, 0), through.add("beta", beta, 0);

  const auto present = [](const DeviceArrays& arrays) { return [&](const char* name) { return arrays.present(name); }; };
  const auto w = weight_pointers<const float>(present(in));
  const auto dw = weight_pointers<float>(present(grad));
  const Coefficients mix{out.floats("alpha"), out.floats("beta"), f.dynamic_alpha, f.dynamic_beta};
  const size_t bytes = std::max(cuda::frac_width_grad_workspace(f, w, Dtype::kFloat32),
                                cuda::frac_depth_grad_workspace(f, mix, Dtype::kFloat32));
  const DeviceArray workspace(Dtype::kFloat32, (bytes + 3) / 4, 0);
  const cuda::Launch launch{Dtype::kFloat32, stream, workspace.data()};
  cuda::frac_width(out.rows("x"), out.floats("alpha"), out.floats("beta"), in.rows("h"), w, f, launch);
  cuda::frac_depth(out.rows("out"), in.rows("h"), in.rows("y"), mix, f, launch);
  cuda::frac_depth_grad(through.rows("state"), grad.rows("y"), through.floats("alpha"), through.floats("beta"),
                        in.rows("h"), in.rows("y"), mix, in.rows("grad_out"), f, launch);
  cuda::frac_width_grad(grad.rows("h"), dw, in.rows("h"), w, in.rows("grad_x"), through.floats("alpha"),
                        through.floats("beta"), through.rows("state"), f, launch);

  const Results got_out = out.download(), got_grad = grad.download();
  bool ok = true;
  const auto expect = [&](const std::string& name, double off, double most) {
    if (off <= most) return;
    ok = false;
    std::printf("reference %s: %s is off by %g\n", r.name.c_str(), name.c_str(), off);
  };
  for (auto& [name, want] : r.tensors) {
    const auto last = name.substr(name.find('.') + 1);
    if (name.rfind("outputs.", 0) == 0) expect(name, distance(got_out.at(last), want), 1e-5);
    if (name.rfind("grads.", 0) == 0) expect(name, distance(got_grad.at(last), want), 1e-4);
  }
  return ok;
}

}  // namespace

bool check_reference(const std::string& file, cudaStream_t stream) {
  const std::vector<Reference> all = read(file);
  size_t right = 0;
  for (const Reference& each : all) right += check_one(each, stream);
  std::printf("%zu of %zu reference cases right\n", right, all.size());
  return right == all.size();
}

}  // namespace frac::test
