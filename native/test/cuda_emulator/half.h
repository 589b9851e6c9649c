// The two half-precision types on the host. They round to nearest even, like the hardware.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace frac::cuda::emulator {

struct bfloat16 {
  uint16_t bits;
};
struct float16 {
  uint16_t bits;
};

inline uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float float_of(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace frac::cuda::emulator

inline float emulated_float(frac::cuda::emulator::bfloat16 x) {
  return frac::cuda::emulator::float_of(uint32_t(x.bits) << 16);
}

inline frac::cuda::emulator::bfloat16 emulated_bfloat16(float x) {
  if (std::isnan(x)) return {0x7fff};
  const uint32_t bits = frac::cuda::emulator::bits_of(x);
  return {uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

inline float emulated_float(frac::cuda::emulator::float16 x) {
  const uint32_t sign = uint32_t(x.bits & 0x8000) << 16, exponent = x.bits >> 10 & 31, fraction = x.bits & 0x3ff;
  if (exponent == 31) return frac::cuda::emulator::float_of(sign | 0x7f800000 | fraction << 13);
  if (exponent != 0) return frac::cuda::emulator::float_of(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = std::ldexp(float(fraction), -24);
  return sign ? -small : small;
}

inline frac::cuda::emulator::float16 emulated_float16(float x) {
  const uint16_t sign = uint16_t(frac::cuda::emulator::bits_of(x) >> 16 & 0x8000);
  if (std::isnan(x)) return {0x7fff};
  const float size = std::fabs(x);
  if (size == 0) return {sign};  // frexp gives no usable exponent for 0
  if (size >= 65520.0f) return {uint16_t(sign | 0x7c00)};
  int exponent;
  std::frexp(size, &exponent);                      // size = f * 2^exponent, f in [0.5, 1)
  const int unit = exponent - 11 < -24 ? -24 : exponent - 11;  // the last place is 2^unit
  const int steps = int(std::nearbyint(std::ldexp(size, -unit)));  // the default rounding mode is ties to even
  // Subnormal, or rounded up to the smallest normal number: the bit patterns are consecutive.
  if (unit == -24) return {uint16_t(sign | steps)};
  // 1024 <= steps <= 2048; a carry to 2048 correctly increments the exponent
  return {uint16_t(sign | (((unit + 25) << 10) + (steps - 1024)))};
}
