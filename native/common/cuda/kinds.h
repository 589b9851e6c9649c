// The kinds of kernel that there are, and the choice of one when an op is called.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/cuda.h"

namespace frac::cuda {

enum class Pass { kForward, kGradient };

// N, M, and for each pass: values that a thread has of a segment, threads of a block, and columns that it projects on at a time.
// As many as registers allow without spilling: a gradient's sums over tokens stay in registers too. A team spans a segment, so
// these also say how long one may be before the general kind has to take it. Eight values make halves' accesses 16 bytes wide, and
// halve what a token costs beside its arithmetic.
#define FRAC_KINDS(KIND)                \
  KIND(1, 1, (8, 512, 3), (8, 384, 3))  \
  KIND(2, 2, (8, 512, 5), (8, 384, 5))  \
  KIND(4, 4, (8, 512, 9), (8, 256, 9))  \
  KIND(8, 8, (8, 256, 5), (8, 256, 5))  \
  KIND(2, 1, (8, 512, 4), (8, 384, 4))  \
  KIND(4, 1, (8, 512, 6), (8, 256, 6))  \
  KIND(8, 1, (8, 256, 5), (8, 256, 5))

#define FRAC_UNPACK(E, THREADS, TILE) E, THREADS, TILE

template <Pass pass, typename T, typename F>
bool with_common_kind(const Config& c, F& body) {
#define FRAC_TRY(N, M, FORWARD, GRADIENT)                                                                             \
  if (c.n == N && c.m == M) {                                                                                         \
    if constexpr (pass == Pass::kForward) return body(Kind<T, N, M, FRAC_UNPACK FORWARD>{});                          \
    else return body(Kind<T, N, M, FRAC_UNPACK GRADIENT>{});                                                          \
  }
  FRAC_KINDS(FRAC_TRY)
#undef FRAC_TRY
  return false;
}

// Calls body(kind) with the kind for these sizes, a common one or the general one; body says whether it fits the device. An op's
// source is compiled twice, for `common` and for the other (CMakeLists.txt): the general kind's kernels alone are there as PTX too.
template <bool common, Pass pass, typename F>
bool with_kind(const Config& c, Dtype dtype, F body) {
  const auto with_type = [&](auto zero) {
    using T = decltype(zero);
    if constexpr (common)
      return with_common_kind<pass, T>(c, body);
    else
      return body(General<T>{});
  };
  switch (dtype) {
    case Dtype::kFloat32: return with_type(float{});
    case Dtype::kBfloat16: return with_type(bfloat16{});
    case Dtype::kFloat16: return with_type(float16{});
  }
  return false;
}

}  // namespace frac::cuda
