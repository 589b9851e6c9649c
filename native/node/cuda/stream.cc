#include "node/cuda/stream.h"

#include <algorithm>

#include "node/cuda/errors.h"

namespace frac::node::gpu {

Event::Event(int device, bool timing) : Resource(device) {
  use_device(device);
  FRAC_CUDA_CHECK(cudaEventCreateWithFlags(&event, timing ? cudaEventBlockingSync : cudaEventBlockingSync | cudaEventDisableTiming));
}
Event::~Event() { release(cudaEventDestroy(event)); }

Graph::Graph(int device, cudaGraph_t graph, std::vector<std::shared_ptr<Buffer>> buffers)
    : Resource(device), buffers(std::move(buffers)) {
  FRAC_CUDA_CHECK(cudaGraphInstantiate(&exec, graph, 0));
}
Graph::~Graph() { release(cudaGraphExecDestroy(exec)); }

// Non-blocking: does not wait for the legacy default stream, which others in the process may use, and can be captured.
Stream::Stream(int device) : Resource(device) {
  use_device(device);
  FRAC_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

Stream::~Stream() {
  abort_capture();
  release(cudaStreamDestroy(stream_));
}

void* Stream::workspace(size_t bytes) {
  if (bytes == 0) return nullptr;
  std::shared_ptr<Buffer>& kept = capturing_ ? graph_workspace_ : workspace_;
  if (kept == nullptr || kept->bytes < bytes) kept = std::make_shared<Buffer>(device, bytes);
  uses(kept);
  return kept->data;
}

// Relaxed: what is captured are the calls on this stream alone, and memory may be allocated and freed meanwhile.
void Stream::begin_capture() {
  FRAC_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed));
  capturing_ = true;
}

std::shared_ptr<Graph> Stream::end_capture() {
  cudaGraph_t captured = nullptr;
  capturing_ = false;
  graph_workspace_ = nullptr;
  std::vector<std::shared_ptr<Buffer>> buffers = std::move(graph_buffers_);
  graph_buffers_.clear();
  FRAC_CUDA_CHECK(cudaStreamEndCapture(stream_, &captured));
  const std::unique_ptr<CUgraph_st, void (*)(cudaGraph_t)> graph(captured, [](cudaGraph_t g) { release(cudaGraphDestroy(g)); });
  return std::make_shared<Graph>(device, graph.get(), std::move(buffers));
}

void Stream::abort_capture() {
  if (!capturing_) return;
  capturing_ = false;
  graph_workspace_ = nullptr;
  graph_buffers_.clear();
  cudaGraph_t captured = nullptr;
  release(cudaStreamEndCapture(stream_, &captured));  // fails if what happened has ended the capture already
  if (captured != nullptr) release(cudaGraphDestroy(captured));
}

void Stream::uses(const std::shared_ptr<Buffer>& buffer) {
  if (!capturing_) return;
  if (std::find(graph_buffers_.begin(), graph_buffers_.end(), buffer) == graph_buffers_.end()) graph_buffers_.push_back(buffer);
}

}  // namespace frac::node::gpu
