#include "node/cuda/handles.h"

#include <atomic>
#include <cmath>

namespace frac::node::gpu {

namespace {

std::atomic<uint64_t> last{0};

constexpr double kLargest = 9007199254740992;  // 2^53

}  // namespace

Handles& Handles::of(Napi::Env env) {
  Handles* found = env.GetInstanceData<Handles>();
  if (found == nullptr) env.SetInstanceData(found = new Handles);
  return *found;
}

double Handles::add(std::shared_ptr<Resource> resource) {
  const uint64_t handle = ++last;
  resources_.emplace(handle, std::move(resource));
  return double(handle);
}

std::shared_ptr<Resource> Handles::find(double handle) const {
  if (!(handle > 0 && handle <= kLargest && handle == std::floor(handle))) return nullptr;
  const auto found = resources_.find(uint64_t(handle));
  return found == resources_.end() ? nullptr : found->second;
}

bool Handles::remove(double handle) {
  if (find(handle) == nullptr) return false;
  resources_.erase(uint64_t(handle));
  return true;
}

}  // namespace frac::node::gpu
