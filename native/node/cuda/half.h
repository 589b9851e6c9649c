// float32 to and from the two half-precision types on the host, rounded to nearest, ties to even, as the device rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/cuda/cuda.h"

namespace frac::node::gpu {

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

constexpr uint16_t kNaN = 0x7fff;  // the device's, of either type

// x with its last `drop` bits rounded away.
inline uint32_t round_bits(uint32_t x, int drop) { return (x + (1u << (drop - 1)) - 1 + (x >> drop & 1)) >> drop; }

inline uint16_t to_bfloat16(float x) {
  const uint32_t bits = bits_of(x);
  return (bits & 0x7fffffff) > 0x7f800000 ? kNaN : uint16_t(round_bits(bits, 16));
}

inline float from_bfloat16(uint16_t x) { return float_of(uint32_t{x} << 16); }

inline uint16_t to_float16(float x) {
  const uint32_t bits = bits_of(x), size = bits & 0x7fffffff;
  const uint16_t sign = uint16_t(bits >> 16 & 0x8000);
  if (size > 0x7f800000) return kNaN;
  if (size >= 0x477ff000) return sign | 0x7c00;                                   // from 65520: infinity
  if (size >= 0x38800000) return sign | uint16_t(round_bits(size - 0x38000000, 13));  // normal: the bias is 112 less
  // Subnormal: a sum with 0.5 has 2^-24, the unit of these, as its last place, so the addition rounds.
  return sign | uint16_t(bits_of(float_of(size) + 0.5f) - bits_of(0.5f));
}

inline float from_float16(uint16_t x) {
  const uint32_t sign = uint32_t(x & 0x8000u) << 16, size = x & 0x7fffu;
  if (size >= 0x7c00) return float_of(sign | 0x7f800000 | (size & 0x3ff) << 13);
  if (size >= 0x400) return float_of(sign | ((size << 13) + 0x38000000));
  const float small = float(size) * 0x1p-24f;
  return sign ? -small : small;
}

// to: `count` values of the type
inline void convert(void* to, const float* from, size_t count, cuda::Dtype dtype) {
  auto* out = static_cast<uint16_t*>(to);
  switch (dtype) {
    case cuda::Dtype::kFloat32: std::memcpy(to, from, count * sizeof(float)); break;
    case cuda::Dtype::kBfloat16:
      for (size_t i = 0; i < count; ++i) out[i] = to_bfloat16(from[i]);
      break;
    case cuda::Dtype::kFloat16:
      for (size_t i = 0; i < count; ++i) out[i] = to_float16(from[i]);
      break;
  }
}

// from: `count` values of the type
inline void convert(float* to, const void* from, size_t count, cuda::Dtype dtype) {
  const auto* in = static_cast<const uint16_t*>(from);
  switch (dtype) {
    case cuda::Dtype::kFloat32: std::memcpy(to, from, count * sizeof(float)); break;
    case cuda::Dtype::kBfloat16:
      for (size_t i = 0; i < count; ++i) to[i] = from_bfloat16(in[i]);
      break;
    case cuda::Dtype::kFloat16:
      for (size_t i = 0; i < count; ++i) to[i] = from_float16(in[i]);
      break;
  }
}

}  // namespace frac::node::gpu
