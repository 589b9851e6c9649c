// Memory for large outputs. When TensorFlow frees an output, the memory is kept for the next call.
//
// TensorFlow uses malloc, which returns blocks of 32 MiB and more to the system at each free. The page faults of a new
// block take several times longer than the op itself.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace frac::tensorflow {

class Buffers {
 public:
  // malloc mostly keeps smaller blocks itself. They may have small pages, for which MADV_FREE costs as much as half of
  // an op.
  static constexpr size_t kLeast = size_t{32} << 20;
  static constexpr size_t kMostKept = size_t{512} << 20;  // bytes of unused memory

  // The buffers of the process. Never destroyed, because tensors may be freed at any time.
  static Buffers& shared();

  // Returns memory with TensorFlow's alignment. Throws bad_alloc.
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
