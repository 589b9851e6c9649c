// Arrays on a device for tests: in a storage type, as long as they say, starting where a test wants them to.
#pragma once

#include <cstring>
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

// x as the storage type has it.
template <Dtype dtype>
float rounded(float x) {
  return dtype == Dtype::kFloat32 ? x : from_half_bits(dtype, half_bits(dtype, x));
}

// Page-locked memory of the host, freed with its scope.
class HostBuffer {
 public:
  explicit HostBuffer(size_t bytes) { FRAC_CUDA_CHECK(cudaMallocHost(&data_, bytes ? bytes : 1)); }
  ~HostBuffer() { cudaFreeHost(data_); }
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

class DeviceArray {
 public:
  // shift: values between the allocation and the array
  DeviceArray(Dtype dtype, size_t size, int shift) : dtype_(dtype), size_(size), shift_(shift) {
    FRAC_CUDA_CHECK(cudaMalloc(&memory_, (size + shift) * width() + (size + shift == 0)));
  }
  ~DeviceArray() { cudaFree(memory_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  size_t size() const { return size_; }
  void* data() const { return static_cast<char*>(memory_) + shift_ * width(); }
  float* floats() const { return static_cast<float*>(data()); }

  void upload(const Values& values, cudaStream_t stream) {
    const HostBuffer host(bytes());
    for (size_t i = 0; i < size_; ++i) {
      if (dtype_ == Dtype::kFloat32)
        static_cast<float*>(host.data())[i] = float(values[i]);
      else
        static_cast<uint16_t*>(host.data())[i] = half_bits(dtype_, float(values[i]));
    }
    FRAC_CUDA_CHECK(cudaMemcpyAsync(data(), host.data(), bytes(), cudaMemcpyHostToDevice, stream));
    FRAC_CUDA_CHECK(cudaStreamSynchronize(stream));
  }

  std::vector<float> download(cudaStream_t stream) const {
    const HostBuffer host(bytes());
    FRAC_CUDA_CHECK(cudaMemcpyAsync(host.data(), data(), bytes(), cudaMemcpyDeviceToHost, stream));
    FRAC_CUDA_CHECK(cudaStreamSynchronize(stream));
    std::vector<float> values(size_);
    for (size_t i = 0; i < size_; ++i)
      values[i] = dtype_ == Dtype::kFloat32 ? static_cast<float*>(host.data())[i]
                                            : from_half_bits(dtype_, static_cast<uint16_t*>(host.data())[i]);
    return values;
  }

 private:
  size_t width() const { return cuda::size_of(dtype_); }
  size_t bytes() const { return size_ * width(); }

  const Dtype dtype_;
  const size_t size_;
  const int shift_;
  void* memory_ = nullptr;
};

}  // namespace frac::test
