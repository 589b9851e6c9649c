// The table of kernel variants ("kinds"), and the choice of one for a call of an op.
#pragma once

#include "common/cuda/kind.h"
#include "common/cuda/cuda.h"

namespace frac::cuda {

enum class Pass { kForward, kGradient };

// N, M, and for the forward and the backward pass: values per thread of a segment, threads per block, and columns of
// the projection at a time. These are the largest numbers for which no register spills; in the backward pass the sums
// over tokens are in registers too. A team spans a segment, so these numbers also limit the length of a segment; the
// general variant takes longer ones. With eight values per thread, accesses to half-precision rows are 16 bytes wide.
// Compared to four, the cost of a token apart from its arithmetic is half as large.
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

// Calls body(kind) with the common or the general variant for these sizes; body returns whether it fits the device. The
// source of an op is compiled twice, once for each value of `common` (CMakeLists.txt). Only the kernels of the general
// variant are also built as PTX.
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
