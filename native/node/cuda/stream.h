// Streams, the graphs that are captured from them, and events.
#pragma once

#include <memory>
#include <vector>

#include "common/cuda/device.h"
#include "node/cuda/memory.h"

namespace frac::node::gpu {

struct Event : Resource {
  static constexpr const char* kName = "an event";
  // Without timing it is cheaper, and waiting for it leaves the processor to others.
  Event(int device, bool timing);
  ~Event() override;

  cudaEvent_t event = nullptr;
  bool recorded = false;
};

// A sequence of work that is put on a stream at one stroke. Keeps all memory that the work uses.
struct Graph : Resource {
  static constexpr const char* kName = "a graph";
  Graph(int device, cudaGraph_t graph, std::vector<std::shared_ptr<Buffer>> buffers);
  ~Graph() override;

  const std::vector<std::shared_ptr<Buffer>> buffers;
  cudaGraphExec_t exec = nullptr;
};

class Stream : public Resource {
 public:
  static constexpr const char* kName = "a stream";
  explicit Stream(int device);
  ~Stream() override;

  cudaStream_t get() const { return stream_; }

  // One buffer serves all ops of the stream, which run one after the other; it grows. A graph may run on any stream, so it gets
  // one of its own.
  void* workspace(size_t bytes);

  bool capturing() const { return capturing_; }
  void begin_capture();
  std::shared_ptr<Graph> end_capture();
  void abort_capture();
  // A buffer that the work being put on the stream uses.
  void uses(const std::shared_ptr<Buffer>& buffer);

 private:
  cudaStream_t stream_ = nullptr;
  std::shared_ptr<Buffer> workspace_;
  bool capturing_ = false;
  std::shared_ptr<Buffer> graph_workspace_;
  std::vector<std::shared_ptr<Buffer>> graph_buffers_;
};

}  // namespace frac::node::gpu
