// Memory for large outputs, kept for the next call when TensorFlow lets go of it.
//
// TensorFlow takes its memory from malloc, and malloc hands blocks of 32 MiB and more back to the system each time. Coming anew,
// page by page as an op writes, they take several times longer than the op itself.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace frac::tensorflow {

class Buffers {
 public:
  // Smaller blocks malloc mostly keeps by itself. Theirs may be small pages, where telling the system that a block is not in use
  // costs as much as half of an op.
  static constexpr size_t kLeast = size_t{32} << 20;
  static constexpr size_t kMostKept = size_t{512} << 20;  // of memory not in use

  // The process's; never destroyed, since tensors may be freed at any time.
  static Buffers& shared();

  // Aligned for TensorFlow; throws bad_alloc.
  void* take(size_t bytes);
  void give(void* data);

 private:
  struct Block {
    void* data;
    size_t size;
  };

  std::mutex mutex_;
  std::vector<Block> used_, kept_;  // kept_ from oldest to newest
  size_t kept_bytes_ = 0;
};

}  // namespace frac::tensorflow
