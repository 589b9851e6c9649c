// Memory of a device, and page-locked memory of the host through which values go there and back.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace frac::node::gpu {

// Makes a device current for the calls that follow on this thread.
void use_device(int device);

// What JavaScript has a handle of. Shared: whatever works with a resource keeps it, and disposing of it gives up the handle.
struct Resource {
  explicit Resource(int device) : device(device) {}
  virtual ~Resource() = default;
  Resource(const Resource&) = delete;

  const int device;
};

struct Buffer : Resource {
  static constexpr const char* kName = "a device buffer";
  Buffer(int device, size_t bytes);
  ~Buffer() override;

  const size_t bytes;
  void* data = nullptr;  // on the device; never null, even for no bytes
};

struct Pinned {
  explicit Pinned(size_t bytes);
  ~Pinned();
  Pinned(const Pinned&) = delete;

  const size_t bytes;
  void* data = nullptr;
};

// Page-locking takes longer than most copies, so used memory is kept for the next copy. Of one thread.
class PinnedPool : public std::enable_shared_from_this<PinnedPool> {
 public:
  // At least so many bytes; back in the pool when the last pointer is gone.
  std::shared_ptr<Pinned> take(size_t bytes);

 private:
  static constexpr size_t kKept = size_t{256} << 20;  // bytes at rest; what goes beyond is freed

  void give_back(std::unique_ptr<Pinned> memory);

  std::vector<std::unique_ptr<Pinned>> idle_;
  size_t idle_bytes_ = 0;
};

}  // namespace frac::node::gpu
