// Waiting for the device without keeping JavaScript from running: on a thread of libuv's pool, where an error that the device met
// is seen too.
#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "node/cuda/stream.h"

namespace frac::node::gpu {

struct Waiting {
  int device;
  std::vector<std::shared_ptr<Event>> events;           // all are waited for
  std::function<void()> then;                            // on the pool's thread; may be empty
  std::function<Napi::Value(Napi::Env)> result;          // on JavaScript's; empty: undefined
  std::vector<std::shared_ptr<void>> kept;               // till the end
};

Napi::Promise promise(Napi::Env env, Waiting waiting);

// An event after all that is on the stream now. Should that fail, waits for the stream, so that memory of the host which it uses
// may be given up.
std::shared_ptr<Event> mark(const std::shared_ptr<Stream>& stream);

}  // namespace frac::node::gpu
