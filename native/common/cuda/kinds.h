// The kinds of kernel that there are, and the choice of one when an op is called.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/cuda.h"

namespace frac::cuda {

enum class Pass { kForward, kGradient };

// Values a thread has of a segment, and threads of a block: so that registers hold a thread's part of a token and, in a
// gradient, of the sums over tokens, and teams reach segments of 2048 values or more. A gradient adds up fewer dot products at a
// time, since the sums take registers of their own.
template <Pass pass, typename T, typename F>
bool with_common_kind(const Config& c, F& body) {
#define FRAC_KIND(N, M, E, THREADS) \
  if (c.n == N && c.m == M) return body(Kind<T, N, M, E, THREADS, pass == Pass::kForward ? 10 : 5>{});
  FRAC_KIND(1, 1, 8, 512)
  FRAC_KIND(2, 2, 8, 512)
  FRAC_KIND(4, 4, 4, 512)
  FRAC_KIND(8, 8, 4, 256)
  FRAC_KIND(2, 1, 8, 512)
  FRAC_KIND(4, 1, 4, 512)
  FRAC_KIND(8, 1, 4, 512)
#undef FRAC_KIND
  return false;
}

// Calls body(kind) with the kind for these sizes, until it returns true: it is false where a kind does not fit the device.
template <Pass pass, typename F>
void with_kind(const Config& c, Dtype dtype, F body) {
  const auto with_type = [&](auto zero) {
    using T = decltype(zero);
    if (!with_common_kind<pass, T>(c, body) && !body(General<T>{}))
      throw Error(0, "no kernel for these sizes: a token's coefficients do not fit the device's shared memory");
  };
  switch (dtype) {
    case Dtype::kFloat32: return with_type(float{});
    case Dtype::kBfloat16: return with_type(bfloat16{});
    case Dtype::kFloat16: return with_type(float16{});
  }
}

}  // namespace frac::cuda
