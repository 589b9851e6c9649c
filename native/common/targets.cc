#include "common/targets.h"

#include <atomic>
#include <cstdlib>

#if defined(__x86_64__) || defined(_M_X64)
#include "common/cpu.h"
#endif

namespace frac {

#define FRAC_DECLARE(NAME)                \
  namespace NAME {                        \
  Target target(bool (*supported)());     \
  }
#if defined(__x86_64__) || defined(_M_X64)
FRAC_DECLARE(avx512)
FRAC_DECLARE(avx2)
#endif
FRAC_DECLARE(baseline)
#undef FRAC_DECLARE

namespace {

// Best first. The last one needs only the baseline of the architecture: SSE2 on x86-64, NEON on arm64.
const std::vector<Target>& all_targets() {
  static const std::vector<Target> targets = {
#if defined(__x86_64__) || defined(_M_X64)
      avx512::target([] { return Cpu().avx512; }),
      avx2::target([] { return Cpu().avx2; }),
#endif
      baseline::target([] { return true; }),
  };
  return targets;
}

const Target* find(const std::string& name) {
  for (const Target* each : supported_targets())
    if (name == "auto" || name == each->name) return each;
  return nullptr;
}

std::atomic<const Target*>& chosen() {
  static std::atomic<const Target*> target = [] {
    const char* wanted = std::getenv("FRAC_CONNECTIONS_SIMD");
    const Target* found = wanted ? find(wanted) : nullptr;
    return found ? found : find("auto");
  }();
  return target;
}

}  // namespace

const Target& target() { return *chosen(); }

bool set_target(const std::string& name) {
  const Target* found = find(name);
  if (found) chosen() = found;
  return found != nullptr;
}

std::vector<const Target*> supported_targets() {
  std::vector<const Target*> supported;
  for (const Target& each : all_targets())
    if (each.supported()) supported.push_back(&each);
  return supported;
}

}  // namespace frac
