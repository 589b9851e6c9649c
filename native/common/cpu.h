// What the processor and the operating system support, on x86-64. The compiler's __builtin_cpu_supports needs a run-time library that
// not every toolchain has.
#pragma once

#include <cpuid.h>

#include <cstdint>

namespace frac {

class Cpu {
 public:
  Cpu() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    const bool fma = c >> 12 & 1, osxsave = c >> 27 & 1, avx = c >> 28 & 1;
    if (!osxsave || !avx || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    const uint32_t saved = saved_registers();
    const bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1;
    avx2 = fma && (b >> 5 & 1) && (saved & kAvx) == kAvx;
    avx512 = avx2 && f && dq && bw && vl && (saved & kAvx512) == kAvx512;
  }

  bool avx2 = false;    // and FMA
  bool avx512 = false;  // F, DQ, BW and VL

 private:
  // Bits of XCR0: the registers that the operating system saves when it switches threads. macOS turns on those of AVX-512 when a thread
  // first uses one, on each processor that has AVX-512.
#if defined(__APPLE__)
  static constexpr uint32_t kAvx = 0x06, kAvx512 = kAvx;
#else
  static constexpr uint32_t kAvx = 0x06, kAvx512 = 0xe6;
#endif

  static uint32_t saved_registers() {
    uint32_t low, high;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
  }
};

}  // namespace frac
