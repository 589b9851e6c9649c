// An emulation on the host of the CUDA runtime functions that this project uses, for tests without a GPU. enqueue()
// launches a kernel, for which that API has no function.
//
// Streams are threads, so work is asynchronous to its caller. A copy checks that both ends are the right kind of
// memory, at the call and again when it runs. New and freed memory is NaN. In one point it is stricter than CUDA: host
// memory must be page-locked. It cannot show whether CUDA itself behaves this way, nor timing, nor work between two
// devices.
#pragma once

#include <cstdio>

#include "test/cuda_emulator/machine.h"

namespace frac::cuda::emulator {

// Puts a kernel on a stream, or into the graph of the stream's capture. A kernel on the default stream has run on
// return.
inline void enqueue(cudaStream_t stream, std::function<void()> kernel) {
  if (stream) return stream->push({std::move(kernel)});
  kernel();
}

// Calls that a capture does not allow invalidate it, unless the capture is relaxed.
inline bool breaks_a_capture() {
  Machine& machine = Machine::get();
  const std::lock_guard<std::mutex> lock(machine.mutex);
  bool broken = false;
  for (const cudaStream_t stream : machine.streams)
    if (stream->capture && stream->mode != cudaStreamCaptureModeRelaxed) broken = stream->invalidated = true;
  return broken;
}

// Waits for all work, as cudaFree does before it frees memory.
inline void wait_for_all() {
  Machine& machine = Machine::get();
  std::unique_lock<std::mutex> lock(machine.mutex);
  machine.changed.wait(lock, [&] {
    for (const cudaStream_t stream : machine.streams)
      if (!stream->idle()) return false;
    return true;
  });
}

inline cudaError_t no_device() {
  const Settings& settings = Machine::get().settings;
  if (settings.driver < 13000) return cudaErrorInsufficientDriver;
  return settings.devices == 0 ? cudaErrorNoDevice : cudaSuccess;
}

}  // namespace frac::cuda::emulator

#define FRAC_EMULATED(function)                                                                      \
  auto& machine = frac::cuda::emulator::Machine::get();                                              \
  if (const cudaError_t planned = machine.enter(#function); planned != cudaSuccess) return planned; \
  (void)machine

inline cudaError_t cudaDeviceSynchronize() {
  FRAC_EMULATED(cudaDeviceSynchronize);
  frac::cuda::emulator::wait_for_all();
  return cudaSuccess;
}

// ---- errors

inline cudaError_t cudaGetLastError() {
  auto& machine = frac::cuda::emulator::Machine::get();
  const cudaError_t error = machine.sticky != cudaSuccess ? machine.sticky : machine.last_error();
  machine.last_error() = cudaSuccess;
  return error;
}
inline cudaError_t cudaPeekAtLastError() { return frac::cuda::emulator::Machine::last_error(); }
inline const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorNoKernelImageForDevice: return "cudaErrorNoKernelImageForDevice";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
    default: return "cudaErrorOther";
  }
}
inline const char* cudaGetErrorString(cudaError_t) { return "emulated"; }

// ---- devices

inline cudaError_t cudaDriverGetVersion(int* version) {
  FRAC_EMULATED(cudaDriverGetVersion);
  *version = machine.settings.driver;
  return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
inline cudaError_t cudaGetDeviceCount(int* count) {
  FRAC_EMULATED(cudaGetDeviceCount);
  *count = machine.settings.devices;
  return machine.fail(frac::cuda::emulator::no_device());
}
inline cudaError_t cudaSetDevice(int device) {
  FRAC_EMULATED(cudaSetDevice);
  if (frac::cuda::emulator::no_device() != cudaSuccess) return machine.fail(frac::cuda::emulator::no_device());
  if (device < 0 || device >= machine.settings.devices) return machine.fail(cudaErrorInvalidDevice);
  machine.device() = device;
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  FRAC_EMULATED(cudaGetDevice);
  *device = machine.device();
  return cudaSuccess;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  FRAC_EMULATED(cudaGetDeviceProperties);
  if (device < 0 || device >= machine.settings.devices) return machine.fail(cudaErrorInvalidDevice);
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "Emulated device %d", device);
  properties->totalGlobalMem = machine.settings.memory;
  properties->major = machine.settings.capability / 10;
  properties->minor = machine.settings.capability % 10;
  properties->multiProcessorCount = 2;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  FRAC_EMULATED(cudaDeviceGetAttribute);
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount: *value = 2; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = 2048; break;
    case cudaDevAttrComputeCapabilityMajor: *value = machine.settings.capability / 10; break;
    case cudaDevAttrComputeCapabilityMinor: *value = machine.settings.capability % 10; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = 228 << 10; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = 227 << 10; break;
    default: return machine.fail(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}
// Whether there is machine code for a kernel. Only called for kernels of common variants.
template <typename Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, Kernel) {
  FRAC_EMULATED(cudaFuncGetAttributes);
  return machine.fail(machine.settings.no_code);
}
template <typename Kernel>
cudaError_t cudaFuncSetAttribute(Kernel, cudaFuncAttribute, int) {
  FRAC_EMULATED(cudaFuncSetAttribute);
  return cudaSuccess;
}
template <typename Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel, int, size_t) {
  FRAC_EMULATED(cudaOccupancyMaxActiveBlocksPerMultiprocessor);
  *blocks = 2;
  return cudaSuccess;
}

// ---- memory

inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  FRAC_EMULATED(cudaMemGetInfo);
  const std::lock_guard<std::mutex> lock(machine.mutex);
  *total = machine.settings.memory;
  const size_t used = machine.used(machine.device());
  *free = used > *total ? 0 : *total - used;
  return cudaSuccess;
}
inline cudaError_t cudaMalloc(void** memory, size_t bytes) {
  FRAC_EMULATED(cudaMalloc);
  if (frac::cuda::emulator::breaks_a_capture()) return machine.fail(cudaErrorStreamCaptureUnsupported);
  return machine.allocate(memory, bytes, machine.device());
}
inline cudaError_t cudaFree(void* memory) {
  FRAC_EMULATED(cudaFree);
  if (memory == nullptr) return cudaSuccess;
  if (frac::cuda::emulator::breaks_a_capture()) return machine.fail(cudaErrorStreamCaptureUnsupported);
  frac::cuda::emulator::wait_for_all();
  return machine.release(memory, false);
}
inline cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  FRAC_EMULATED(cudaMallocHost);
  return machine.allocate(memory, bytes, -1);
}
inline cudaError_t cudaFreeHost(void* memory) {
  FRAC_EMULATED(cudaFreeHost);
  frac::cuda::emulator::wait_for_all();
  return machine.release(memory, true);
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  FRAC_EMULATED(cudaMemcpyAsync);
  if (bytes == 0) return cudaSuccess;
  const auto ours = [&machine, to, from, bytes, kind] {
    return machine.owns(to, bytes, kind == cudaMemcpyDeviceToHost) && machine.owns(from, bytes, kind == cudaMemcpyHostToDevice);
  };
  if (!ours()) return machine.fail(cudaErrorInvalidValue);
  stream->push({[&machine, ours, to, from, bytes] {
    if (!ours()) return machine.break_down(cudaErrorIllegalAddress);
    std::memcpy(to, from, bytes);
  }});
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  FRAC_EMULATED(cudaMemsetAsync);
  if (bytes == 0) return cudaSuccess;
  if (!machine.owns(to, bytes, false)) return machine.fail(cudaErrorInvalidValue);
  stream->push({[&machine, to, value, bytes] {
    if (!machine.owns(to, bytes, false)) return machine.break_down(cudaErrorIllegalAddress);
    std::memset(to, value, bytes);
  }});
  return cudaSuccess;
}

// ---- streams

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  FRAC_EMULATED(cudaStreamCreateWithFlags);
  *stream = new CUstream_st;
  const std::lock_guard<std::mutex> lock(machine.mutex);
  machine.streams.insert(*stream);
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  FRAC_EMULATED(cudaStreamDestroy);
  {
    const std::lock_guard<std::mutex> lock(machine.mutex);
    machine.streams.erase(stream);
  }
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  FRAC_EMULATED(cudaStreamSynchronize);
  if (stream->capture) {
    stream->invalidated = true;
    return machine.fail(cudaErrorStreamCaptureUnsupported);
  }
  stream->wait();
  return machine.sticky == cudaSuccess ? cudaSuccess : machine.fail(machine.sticky);
}

// ---- events

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  FRAC_EMULATED(cudaEventCreateWithFlags);
  *event = new CUevent_st{nullptr, (flags & cudaEventDisableTiming) == 0};
  ++machine.events;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  FRAC_EMULATED(cudaEventDestroy);
  --machine.events;
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  FRAC_EMULATED(cudaEventRecord);
  const auto moment = std::make_shared<frac::cuda::emulator::Moment>();
  event->last = moment;
  stream->push({[&machine, moment] {
                  const std::lock_guard<std::mutex> lock(machine.mutex);
                  moment->done = true;
                  moment->at = std::chrono::steady_clock::now();
                },
                true});
  return cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  FRAC_EMULATED(cudaEventSynchronize);
  std::unique_lock<std::mutex> lock(machine.mutex);
  machine.changed.wait(lock, [moment = event->last] { return moment == nullptr || moment->done; });
  return machine.sticky == cudaSuccess ? cudaSuccess : machine.fail(machine.sticky);
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  FRAC_EMULATED(cudaStreamWaitEvent);
  if (event->last == nullptr) return cudaSuccess;
  stream->push({[&machine, moment = event->last] {
                  std::unique_lock<std::mutex> lock(machine.mutex);
                  machine.changed.wait(lock, [&] { return moment->done; });
                },
                true});
  return cudaSuccess;
}
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  FRAC_EMULATED(cudaEventElapsedTime);
  if (!start->timing || !end->timing || start->last == nullptr || end->last == nullptr)
    return machine.fail(cudaErrorInvalidResourceHandle);
  const std::lock_guard<std::mutex> lock(machine.mutex);
  if (!start->last->done || !end->last->done) return machine.fail(cudaErrorNotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(end->last->at - start->last->at).count();
  return cudaSuccess;
}

// ---- graphs

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  FRAC_EMULATED(cudaStreamBeginCapture);
  if (stream->capture) return machine.fail(cudaErrorIllegalState);
  stream->capture = std::make_unique<CUgraph_st>();
  stream->mode = mode;
  stream->invalidated = false;
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  std::unique_ptr<CUgraph_st> captured = std::move(stream->capture);  // the capture ends even after an error
  FRAC_EMULATED(cudaStreamEndCapture);
  if (!captured) return machine.fail(cudaErrorIllegalState);
  if (stream->invalidated) return machine.fail(cudaErrorStreamCaptureInvalidated);
  *graph = captured.release();
  ++machine.graphs;
  return cudaSuccess;
}
inline cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  FRAC_EMULATED(cudaStreamIsCapturing);
  *status = !stream->capture       ? cudaStreamCaptureStatusNone
            : stream->invalidated ? cudaStreamCaptureStatusInvalidated
                                  : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long = 0) {
  FRAC_EMULATED(cudaGraphInstantiate);
  *exec = new CUgraphExec_st{graph->nodes};
  ++machine.graphs;
  return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  FRAC_EMULATED(cudaGraphLaunch);
  for (const auto& node : exec->nodes) stream->push(node);
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  FRAC_EMULATED(cudaGraphDestroy);
  --machine.graphs;
  delete graph;
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  FRAC_EMULATED(cudaGraphExecDestroy);
  --machine.graphs;
  delete exec;
  return cudaSuccess;
}

#undef FRAC_EMULATED
