// A vectorised tanh with an error of about one unit in the last place. The standard library's tanh would cost more than
// all other work for a token.
#pragma once

#include "common/simd.h"

namespace frac::FRAC_TARGET {

template <typename To, typename From>
inline To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// 2^x for -126 <= x <= 0. The integer part of x becomes the exponent; a polynomial gives 2^r for the rest r in [-0.5,
// 0.5] (Chebyshev fit, relative error 3e-9).
inline Vec exp2_negative(Vec x) {
  constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const Vec shifted = x + round;
  const Vec r = x - (shifted - round);
  const VecInt exponent = (bits<VecInt>(shifted) - bits<int32_t>(round) + 127) << 23;
  Vec p = splat(0.00015469733f);
  p = p * r + 0.0013400433f;
  p = p * r + 0.0096180253f;
  p = p * r + 0.0555032715f;
  p = p * r + 0.2402265072f;
  p = p * r + 0.6931471825f;
  p = p * r + 1.0f;
  return p * bits<Vec>(exponent);
}

// For |x| <= 0.625 an odd polynomial (relative error 2e-8), because 1 - t would lose digits by cancellation. Above that
// (1 - t) / (1 + t) with t = e^-2|x|.
inline Vec tanh_of(Vec x) {
  const VecInt sign = bits<VecInt>(x) & INT32_MIN;
  const Vec size = bits<Vec>(bits<VecInt>(x) & INT32_MAX);
  const Vec y = x * x;
  Vec p = splat(-0.0061049592f);
  p = p * y + 0.0210036504f;
  p = p * y - 0.0538524985f;
  p = p * y + 0.1333278269f;
  p = p * y - 0.3333332837f;
  const Vec small = x + x * y * p;
  const Vec bounded = size < 20.0f ? size : splat(20.0f);  // tanh rounds to 1 from 9 on; for NaN the last line returns `small`
  const Vec t = exp2_negative(bounded * -2.8853900818f);
  const Vec large = (1.0f - t) / (1.0f + t);
  const Vec signed_large = bits<Vec>(bits<VecInt>(large) | sign);
  return size > 0.625f ? signed_large : small;
}

inline void tanh_all(float* to, const float* from, int64_t count) {
  for_each_lane(count, [&](const auto& lane, int64_t l) { lane.store(to + l, tanh_of(lane.load(from + l))); });
}

}  // namespace frac::FRAC_TARGET
