#include "node/cuda/memory.h"

#include <algorithm>

#include "common/cuda/device.h"
#include "node/cuda/errors.h"

namespace frac::node::gpu {

void use_device(int device) { FRAC_CUDA_CHECK(cudaSetDevice(device)); }

Buffer::Buffer(int device, size_t bytes) : Resource(device), bytes(bytes) {
  use_device(device);
  FRAC_CUDA_CHECK(cudaMalloc(&data, std::max<size_t>(bytes, 16)));
}

// Waits for all that was put on the device, so nothing that runs loses its memory.
Buffer::~Buffer() {
  release(cudaSetDevice(device));
  release(cudaFree(data));
}

Pinned::Pinned(size_t bytes) : bytes(bytes) { FRAC_CUDA_CHECK(cudaMallocHost(&data, bytes)); }
Pinned::~Pinned() { release(cudaFreeHost(data)); }

std::shared_ptr<Pinned> PinnedPool::take(size_t bytes) {
  constexpr size_t kLeast = 64 << 10;
  bytes = std::max(bytes, kLeast);
  std::unique_ptr<Pinned> memory;
  const auto fits = [&](const auto& each) { return each->bytes >= bytes && each->bytes / 4 <= bytes; };
  const auto found = std::find_if(idle_.begin(), idle_.end(), fits);
  if (found != idle_.end()) {
    memory = std::move(*found);
    idle_.erase(found);
    idle_bytes_ -= memory->bytes;
  } else {
    memory = std::make_unique<Pinned>(bytes);
  }
  return std::shared_ptr<Pinned>(memory.release(), [pool = weak_from_this()](Pinned* used) {
    std::unique_ptr<Pinned> owned(used);
    if (const auto alive = pool.lock()) alive->give_back(std::move(owned));
  });
}

void PinnedPool::give_back(std::unique_ptr<Pinned> memory) {
  idle_bytes_ += memory->bytes;
  idle_.push_back(std::move(memory));
  while (idle_bytes_ > kKept) {  // the longest unused goes first
    idle_bytes_ -= idle_.front()->bytes;
    idle_.erase(idle_.begin());
  }
}

}  // namespace frac::node::gpu
