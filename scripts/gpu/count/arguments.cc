// What a kernel is given: its argument as it would go to an H100, the launch plan in it. The ops' own host code over the emulated
// machine's headers, with a device that is said below and a launch that prints.
//
//   arguments OP TYPE N M DIM PRENORM TOKENS      threads of a team, teams, bytes of the argument in hexadecimal
//
// TYPE is 0, 1, 2 for float32, bfloat16, float16; TOKENS are those of one team. Exits with 2 where no common kind takes the sizes.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/cuda/code.h"
#include "common/cuda/device.h"
#include "common/cuda/finish.h"

namespace frac::cuda {

namespace {

int64_t tokens_of_a_team;

constexpr Device kH100{0, 132, 227 << 10, true};

}  // namespace

const Device& current_device() { return kH100; }
int blocks_per_multiprocessor(const void*, int, size_t) { return 1; }
bool has_code(const void*) { return true; }
void finish(const Finish&, Stream) {}

// Preferred to device.h's, being the more special one.
template <typename Argument>
void launch(void (*)(Argument), int, int, size_t, Stream, const Argument& given) {
  Argument argument = given;
  const Plan& plan = argument.next.plan;
  argument.next.f.tokens = tokens_of_a_team * plan.teams * kH100.multiprocessors;
  std::printf("%d %d ", plan.team_size, plan.teams);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&argument);
  for (size_t i = 0; i < sizeof argument; ++i) std::printf("%02x", bytes[i]);
  std::printf("\n");
}

}  // namespace frac::cuda

#include "ops/frac_depth_width/frac_depth_width_cuda.cu"

namespace frac::cuda {

namespace {

// Another array at each call, none of them there.
uintptr_t last_array = 0x700000000000;
template <typename T = float>
T* array() {
  return reinterpret_cast<T*>(last_array += uintptr_t{1} << 32);
}

Config config_of(int n, int m, int64_t dim, bool width) {
  Config f{};
  f.tokens = 1 << 20, f.n = n, f.m = m, f.c = dim / m;
  f.dynamic_alpha = f.dynamic_beta = width;
  f.use_tanh = true, f.norm = Norm::kRms;
  f.epsilon = f.prenorm_epsilon = 1e-5f;
  return f;
}

Weights weights(bool prenorm) {
  Weights w{array(), array(), array(), nullptr, array(), array(), array(), array(), nullptr};
  if (prenorm) w.prenorm_gamma = array();
  return w;
}

// `op` is depth, width or depth_width, or one of these with _grad.
bool run(const std::string& op, const Config& f, const Weights& next, const Launch& to) {
  const bool depth = op.find("depth") == 0, width = next.static_alpha != nullptr;
  const Coefficients given{array(), array(), true, true};
  const void *h = array<void>(), *y = depth ? array<void>() : nullptr;
  void* x = width ? array<void>() : nullptr;
  float *alpha = array(), *beta = array();
  if (op.find("_grad") == std::string::npos)
    return connection_forward<true>(array<void>(), x, alpha, beta, h, y, given, next, f, to);
  const void* dout = depth ? array<void>() : nullptr;
  return connection_grad<true>(array<void>(), array<void>(), array(), array(), {}, h, y, given, next, dout, x, alpha, beta,
                               f, to);
}

}  // namespace

}  // namespace frac::cuda

int main(int count, char** words) {
  using namespace frac::cuda;
  if (count != 8) return 1;
  const std::string op = words[1];
  const auto number = [&](int i) { return std::atoi(words[i]); };
  tokens_of_a_team = number(7);
  const bool width = op.find("width") != std::string::npos;
  const frac::Weights next = width ? weights(number(6) != 0) : frac::Weights{};
  const Launch to{Dtype(number(2)), nullptr, array<void>()};
  return run(op, config_of(number(3), number(4), number(5), width), next, to) ? 0 : 2;
}
