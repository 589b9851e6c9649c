// What JavaScript holds of C++'s: numbers. A number says nothing by itself, so one that was given up, made up or belongs to another
// thread is found out, and is never a pointer.
#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>

#include "node/cuda/memory.h"

namespace frac::node::gpu {

class Handles {
 public:
  // Of this environment, that is of one JavaScript thread. All it holds goes with it.
  static Handles& of(Napi::Env env);

  // No number is given twice in a process.
  double add(std::shared_ptr<Resource> resource);
  // Null if there is none.
  std::shared_ptr<Resource> find(double handle) const;
  bool remove(double handle);

  const std::shared_ptr<PinnedPool> pinned = std::make_shared<PinnedPool>();

 private:
  std::unordered_map<uint64_t, std::shared_ptr<Resource>> resources_;
};

}  // namespace frac::node::gpu
