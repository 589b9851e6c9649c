#include "node/huge_pages.h"

#if defined(__linux__)
#include <sys/mman.h>

#include <cstdint>
#endif

namespace frac::node {

void ask_for_huge_pages([[maybe_unused]] void* begin, [[maybe_unused]] size_t bytes) {
#if defined(__linux__)
  constexpr uintptr_t kHuge = uintptr_t{2} << 20;
  // malloc gives a large block a mapping of its own, which starts with malloc's own few bytes: the array starts just after.
  constexpr uintptr_t kHeader = 64;
  const uintptr_t start = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t first = (start - kHeader + kHuge - 1) / kHuge * kHuge, last = (start + bytes) / kHuge * kHuge;
  // It is a wish: where the kernel cannot fulfil it, pages are small as ever.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

}  // namespace frac::node
