// A vectorised tanh with an error of about one unit in the last place. The standard library's tanh would cost more than
// all other work for a token.
#pragma once

#include "common/simd.h"

namespace frac::FRAC_TARGET {

template <typename V>
struct IntOf;
template <>
struct IntOf<Vec> {
  using type = VecInt;
};
template <>
struct IntOf<float> {
  using type = int32_t;
};

template <typename To, typename From>
inline To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// 2^x for -126 <= x <= 0. The integer part of x becomes the exponent; a polynomial gives 2^r for the rest r in [-0.5,
// 0.5] (Chebyshev fit, relative error 3e-9).
template <typename V>
inline V exp2_negative(V x) {
  using Int = typename IntOf<V>::type;
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const V shifted = x + round;
  const V r = x - (shifted - round);
  const Int exponent = (bits<Int>(shifted) - bits<int32_t>(round) + 127) << 23;
  V p = splat<V>(0.00015469733f);
  p = p * r + 0.0013400433f;
  p = p * r + 0.0096180253f;
  p = p * r + 0.0555032715f;
  p = p * r + 0.2402265072f;
  p = p * r + 0.6931471825f;
  p = p * r + 1.0f;
  return p * bits<V>(exponent);
}

// For |x| <= 0.625 an odd polynomial (relative error 2e-8), because 1 - t would lose digits by cancellation. Above that
// (1 - t) / (1 + t) with t = e^-2|x|.
template <typename V>
inline V tanh_of(V x) {
  using Int = typename IntOf<V>::type;
  const Int sign = bits<Int>(x) & INT32_MIN;
  const V size = bits<V>(bits<Int>(x) & INT32_MAX);
  const V y = x * x;
  V p = splat<V>(-0.0061049592f);
  p = p * y + 0.0210036504f;
  p = p * y - 0.0538524985f;
  p = p * y + 0.1333278269f;
  p = p * y - 0.3333332837f;
  const V small = x + x * y * p;
  const V bounded = size < 20.0f ? size : splat<V>(20.0f);  // tanh rounds to 1 from 9 on; for NaN the last line returns `small`
  const V t = exp2_negative<V>(bounded * -2.8853900818f);
  const V large = (1.0f - t) / (1.0f + t);
  const V signed_large = bits<V>(bits<Int>(large) | sign);
  return size > 0.625f ? signed_large : small;
}

inline void tanh_all(float* to, const float* from, int64_t count) {
  for_each_lane(count, [&](auto lane, int64_t l) {
    using V = decltype(lane);
    store<V>(to + l, tanh_of<V>(load<V>(from + l)));
  });
}

}  // namespace frac::FRAC_TARGET
