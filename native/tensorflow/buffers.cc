#include "tensorflow/buffers.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace frac::tensorflow {

namespace {

constexpr size_t kLargePage = size_t{2} << 20;

void* allocate(size_t size) {
#if defined(_WIN32)
  void* data = _aligned_malloc(size, kLargePage);
#else
  void* data = std::aligned_alloc(kLargePage, size);
#endif
  if (!data) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  madvise(data, size, MADV_HUGEPAGE);  // only a hint, so its result does not matter
#endif
  return data;
}

void release(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

}  // namespace

Buffers& Buffers::shared() {
  static Buffers* buffers = new Buffers;
  return *buffers;
}

void* Buffers::take(size_t bytes) {
  const size_t size = (bytes + kLargePage - 1) / kLargePage * kLargePage;
  std::lock_guard<std::mutex> lock(mutex_);
  used_.reserve(used_.size() + 1);
  // The newest block of exactly this size; models use the same few sizes at every step.
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Block& each) { return each.size == size; });
  Block block{nullptr, size};
  if (found != kept_.rend()) {
    block = *found;
    kept_.erase(std::next(found).base());
    kept_bytes_ -= size;
  } else {
    block.data = allocate(size);
  }
  used_.push_back(block);
  kept_.reserve(used_.size() + kept_.size());  // so that give() never allocates and cannot fail
  return block.data;
}

void Buffers::give(void* data) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(used_.begin(), used_.end(), [&](const Block& each) { return each.data == data; });
  kept_.push_back(*found);
  kept_bytes_ += found->size;
  used_.erase(found);
#if defined(MADV_FREE)
  madvise(kept_.back().data, kept_.back().size, MADV_FREE);  // the system may reclaim it if memory runs short
#endif
  for (; kept_bytes_ > kMostKept; kept_.erase(kept_.begin())) {
    kept_bytes_ -= kept_.front().size;
    release(kept_.front().data);
  }
}

}  // namespace frac::tensorflow
