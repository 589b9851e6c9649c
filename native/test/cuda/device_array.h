// Device arrays for tests, with a chosen storage type, size and alignment.
#pragma once

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "common/cuda/device.h"
#include "test/cuda_emulator/half.h"
#include "test/naive.h"

namespace frac::test {

using cuda::Dtype;
constexpr Dtype kDtypes[] = {Dtype::kFloat32, Dtype::kBfloat16, Dtype::kFloat16};

inline const char* name_of(Dtype dtype) {
  return dtype == Dtype::kFloat32 ? "float32" : dtype == Dtype::kBfloat16 ? "bfloat16" : "float16";
}

inline uint16_t half_bits(Dtype dtype, float x) {
  return dtype == Dtype::kBfloat16 ? emulated_bfloat16(x).bits : emulated_float16(x).bits;
}
inline float from_half_bits(Dtype dtype, uint16_t bits) {
  return dtype == Dtype::kBfloat16 ? emulated_float(cuda::emulator::bfloat16{bits})
                                   : emulated_float(cuda::emulator::float16{bits});
}

// Rounds x to the storage type.
template <Dtype dtype>
float rounded(float x) {
  return dtype == Dtype::kFloat32 ? x : from_half_bits(dtype, half_bits(dtype, x));
}

// Page-locked host memory for one copy at a time. It is kept for the next copy, because locking and unlocking pages
// takes longer than the copies of a test.
inline void* host_memory(size_t bytes) {
  static void* memory = nullptr;
  static size_t size = 0;
  if (bytes > size) {
    if (memory) FRAC_CUDA_CHECK(cudaFreeHost(memory));
    memory = nullptr, size = 0;
    FRAC_CUDA_CHECK(cudaMallocHost(&memory, bytes));
    size = bytes;
  }
  return memory;
}

class DeviceArray {
 public:
  // shift: number of values between the start of the allocation and the array
  DeviceArray(Dtype dtype, size_t size, int shift) : dtype_(dtype), size_(size), shift_(shift) {
    FRAC_CUDA_CHECK(cudaMalloc(&memory_, (size + shift) * width() + (size + shift == 0)));
  }
  ~DeviceArray() { cudaFree(memory_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  size_t size() const { return size_; }
  void* data() const { return static_cast<char*>(memory_) + shift_ * width(); }
  float* floats() const { return static_cast<float*>(data()); }

  // The first values of the array.
  void upload(const Values& values, cudaStream_t stream) {
    if (values.empty()) return;  // there may be no host memory yet
    const size_t bytes = values.size() * width();
    void* const host = host_memory(bytes);
    for (size_t i = 0; i < values.size(); ++i) {
      if (dtype_ == Dtype::kFloat32)
        static_cast<float*>(host)[i] = float(values[i]);
      else
        static_cast<uint16_t*>(host)[i] = half_bits(dtype_, float(values[i]));
    }
    FRAC_CUDA_CHECK(cudaMemcpyAsync(data(), host, bytes, cudaMemcpyHostToDevice, stream));
    FRAC_CUDA_CHECK(cudaStreamSynchronize(stream));
  }

  // Fills the array by repeating these values, with copies on the device.
  void fill(const Values& values, cudaStream_t stream) {
    upload(values, stream);
    for (size_t done = values.size(); done < size_;) {
      const size_t more = std::min(done, size_ - done);
      void* const to = static_cast<char*>(data()) + done * width();
      FRAC_CUDA_CHECK(cudaMemcpyAsync(to, data(), more * width(), cudaMemcpyDeviceToDevice, stream));
      done += more;
    }
  }

  std::vector<float> download(cudaStream_t stream) const {
    if (size_ == 0) return {};
    const size_t bytes = size_ * width();
    void* const host = host_memory(bytes);
    FRAC_CUDA_CHECK(cudaMemcpyAsync(host, data(), bytes, cudaMemcpyDeviceToHost, stream));
    FRAC_CUDA_CHECK(cudaStreamSynchronize(stream));
    // On an emulated device new memory has all bits set. On a real device initcheck of compute-sanitizer detects reads
    // of such memory.
    const auto* first = static_cast<const unsigned char*>(host);
    if (std::all_of(first, first + bytes, [](unsigned char byte) { return byte == 0xff; }))
      throw std::runtime_error("downloaded an array that nothing has written");
    std::vector<float> values(size_);
    for (size_t i = 0; i < size_; ++i)
      values[i] = dtype_ == Dtype::kFloat32 ? static_cast<float*>(host)[i]
                                            : from_half_bits(dtype_, static_cast<uint16_t*>(host)[i]);
    return values;
  }

 private:
  size_t width() const { return cuda::size_of(dtype_); }

  const Dtype dtype_;
  const size_t size_;
  const int shift_;
  void* memory_ = nullptr;
};

}  // namespace frac::test
