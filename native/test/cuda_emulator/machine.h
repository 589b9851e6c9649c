// The emulated machine of the CUDA runtime. Devices use host memory, streams are threads, and tests can inject faults.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "test/cuda_emulator/types.h"

namespace frac::cuda::emulator {

struct Work {
  std::function<void()> run;
  bool always = false;  // runs even after a sticky error: an event, which must not block its waiters
};

struct Allocation {
  size_t bytes;
  int device;  // -1: page-locked host memory
};

// Reads settings from the environment, for frac_cuda_tests, which has no access to the functions of addon.cc.
inline int of_environment(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

struct Settings {
  size_t memory = size_t{1} << 30;  // of a device
  int devices = 1;
  int driver = 13000;
  int capability = of_environment("FRAC_EMULATED_CAPABILITY", 90);
  cudaError_t no_code = cudaError_t(of_environment("FRAC_EMULATED_NO_CODE", 0));  // the error of cudaFuncGetAttributes for a kernel of a common variant
};

class Machine {
 public:
  static Machine& get() {
    static Machine* machine = new Machine;  // never deleted: threads of streams may outlive main()
    return *machine;
  }

  // Every call starts with this. Returns an injected error or the sticky error.
  cudaError_t enter(const char* function) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (sticky != cudaSuccess) return fail(sticky);
    const auto planned = faults.find(function);
    if (planned == faults.end()) return cudaSuccess;
    const cudaError_t error = planned->second;
    faults.erase(planned);
    return fail(error);
  }

  static cudaError_t& last_error() {
    static thread_local cudaError_t error = cudaSuccess;
    return error;
  }
  static cudaError_t fail(cudaError_t error) { return last_error() = error; }
  static int& device() {
    static thread_local int device = 0;
    return device;
  }

  cudaError_t allocate(void** to, size_t bytes, int device) {
    const std::lock_guard<std::mutex> lock(mutex);
    const size_t whole = (bytes + 255) / 256 * 256;
    if (device >= 0 && used(device) + whole > settings.memory) return fail(cudaErrorMemoryAllocation);
    void* memory = std::aligned_alloc(256, whole);
    if (memory == nullptr) return fail(cudaErrorMemoryAllocation);
    std::memset(memory, 0xff, whole);  // NaN in every type, which reveals reads of uninitialised memory
    allocations[static_cast<char*>(memory)] = {whole, device};
    *to = memory;
    return cudaSuccess;
  }

  cudaError_t release(void* memory, bool host) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = allocations.find(static_cast<char*>(memory));
    if (found == allocations.end() || (found->second.device < 0) != host) return fail(cudaErrorInvalidValue);
    std::memset(memory, 0xff, found->second.bytes);
    std::free(memory);
    allocations.erase(found);
    return cudaSuccess;
  }

  // Whether all these bytes are in one allocation of host or device memory.
  bool owns(const void* memory, size_t bytes, bool host) {
    const std::lock_guard<std::mutex> lock(mutex);
    const char* start = static_cast<const char*>(memory);
    auto next = allocations.upper_bound(const_cast<char*>(start));
    if (next == allocations.begin()) return false;
    const auto& [begin, allocation] = *--next;
    return (allocation.device < 0) == host && start + bytes <= begin + allocation.bytes;
  }

  size_t used(int device) const {  // the caller holds the lock
    size_t sum = 0;
    for (const auto& each : allocations) sum += each.second.device == device ? each.second.bytes : 0;
    return sum;
  }

  // Sets a sticky error.
  void break_down(cudaError_t error) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (sticky == cudaSuccess) sticky = error;
  }

  std::mutex mutex;
  std::condition_variable changed;
  Settings settings;
  bool paused = false;
  cudaError_t sticky = cudaSuccess;
  cudaError_t next_work_fails = cudaSuccess;
  std::map<std::string, cudaError_t> faults;
  std::map<char*, Allocation> allocations;
  std::set<cudaStream_t> streams;
  std::atomic<int> events{0}, graphs{0};
};

// A point in the work of a stream.
struct Moment {
  bool done = false;
  std::chrono::steady_clock::time_point at;
};

}  // namespace frac::cuda::emulator

struct CUgraph_st {
  std::vector<frac::cuda::emulator::Work> nodes;
};
struct CUgraphExec_st {
  std::vector<frac::cuda::emulator::Work> nodes;
};
struct CUevent_st {
  std::shared_ptr<frac::cuda::emulator::Moment> last;
  bool timing;
};

// A stream: a thread that runs its work in order.
struct CUstream_st {
  CUstream_st() : thread_([this] { run(); }) {}

  ~CUstream_st() {
    {
      const std::lock_guard<std::mutex> lock(machine_.mutex);
      closing_ = true;
    }
    machine_.changed.notify_all();
    thread_.join();
  }

  void push(frac::cuda::emulator::Work work) {
    if (capture) return capture->nodes.push_back(std::move(work));
    {
      const std::lock_guard<std::mutex> lock(machine_.mutex);
      queue_.push_back(std::move(work));
    }
    machine_.changed.notify_all();
  }

  bool idle() const { return queue_.empty() && !busy_; }  // the caller holds the lock
  void wait() {
    std::unique_lock<std::mutex> lock(machine_.mutex);
    machine_.changed.wait(lock, [&] { return idle(); });
  }

  std::unique_ptr<CUgraph_st> capture;  // non-null during a capture
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  bool invalidated = false;

 private:
  void run() {
    std::unique_lock<std::mutex> lock(machine_.mutex);
    while (true) {
      machine_.changed.wait(lock, [&] { return (!queue_.empty() && !machine_.paused) || (queue_.empty() && closing_); });
      if (queue_.empty()) return;
      frac::cuda::emulator::Work work = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      if (!work.always && machine_.next_work_fails != cudaSuccess) {
        machine_.sticky = machine_.next_work_fails;
        machine_.next_work_fails = cudaSuccess;
      }
      const bool skipped = machine_.sticky != cudaSuccess && !work.always;
      lock.unlock();
      if (!skipped) work.run();
      work = {};
      lock.lock();
      busy_ = false;
      machine_.changed.notify_all();
    }
  }

  frac::cuda::emulator::Machine& machine_ = frac::cuda::emulator::Machine::get();
  std::deque<frac::cuda::emulator::Work> queue_;
  bool busy_ = false, closing_ = false;
  std::thread thread_;  // the last member, so that all others exist when the thread starts
};
