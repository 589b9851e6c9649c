// The language of CUDA kernels on the host, so that tests run the source of the kernels without a GPU. block.h has the threads.
//
// Tests check what a kernel computes. They also find reads of shared memory before the kernel has waited for an asynchronous
// copy (the copy is made only then), and writes to memory that is still needed (with an odd seed, a copy is made at once). They
// show nothing about speed, the memory model of the hardware, or the code that nvcc generates.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>

#include "test/cuda_emulator/block.h"
#include "test/cuda_emulator/half.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __grid_constant__

struct uint4 {
  unsigned x, y, z, w;
};

namespace frac::cuda::emulator {

// <<<grid, size, shared, stream>>>
inline void launch(cudaStream_t stream, dim3 grid, dim3 size, size_t shared, std::function<void()> kernel) {
  enqueue(stream, [=] { run_grid(grid, size, shared, kernel); });
}

}  // namespace frac::cuda::emulator

#define threadIdx (frac::cuda::emulator::block().fiber().index)
#define blockIdx (frac::cuda::emulator::block().index)
#define blockDim (frac::cuda::emulator::block().size)
#define gridDim (frac::cuda::emulator::block().grid)

using std::max;
using std::min;

inline float __bfloat162float(frac::cuda::emulator::bfloat16 x) { return emulated_float(x); }
inline frac::cuda::emulator::bfloat16 __float2bfloat16(float x) { return emulated_bfloat16(x); }
inline float __half2float(frac::cuda::emulator::float16 x) { return emulated_float(x); }
inline frac::cuda::emulator::float16 __float2half(float x) { return emulated_float16(x); }

inline void __syncthreads() {
  auto& block = frac::cuda::emulator::block();
  block.wait_at(0, block.threads());
}

inline void __syncwarp() {
  auto& block = frac::cuda::emulator::block();
  const int warp = int(block.running) / frac::cuda::emulator::kWarp;
  const int rest = block.threads() - warp * frac::cuda::emulator::kWarp;
  block.wait_at(16 + warp, rest < frac::cuda::emulator::kWarp ? rest : frac::cuda::emulator::kWarp);
}

template <typename T>
T __shfl_sync(unsigned, T value, int lane) {
  static_assert(sizeof(T) == sizeof(float), "the size of a value in a shuffle");
  auto& block = frac::cuda::emulator::block();
  const size_t me = block.running;
  std::memcpy(&block.exchange[me], &value, sizeof value);
  __syncwarp();
  T got;
  std::memcpy(&got, &block.exchange[me / frac::cuda::emulator::kWarp * frac::cuda::emulator::kWarp + size_t(lane)], sizeof got);
  __syncwarp();
  return got;
}

inline float __shfl_xor_sync(unsigned, float value, int mask) {
  auto& block = frac::cuda::emulator::block();
  const size_t me = block.running;
  block.exchange[me] = value;
  __syncwarp();
  const float got = block.exchange[me ^ size_t(mask)];
  __syncwarp();
  return got;
}

namespace frac::cuda {

using bfloat16 = emulator::bfloat16;
using float16 = emulator::float16;

inline unsigned char* shared_memory() {
  void* start = emulator::block().shared.data();
  size_t space = emulator::block().shared.size();
  return static_cast<unsigned char*>(std::align(16, 1, start, space));
}

inline void named_barrier(int id, int threads) {
  if (id < 1 || id > 15) emulator::Block::die("a named barrier must be from 1 to 15");
  emulator::block().wait_at(id, threads);
}

inline bool has_tensor_cores(bool found) { return found; }

inline float toward_zero(double x) {
  const float near = float(x);
  return std::fabs(double(near)) > std::fabs(x) ? std::nextafter(near, 0.0f) : near;
}

// mma.sync.m16n8k16 with the distribution over lanes that PTX defines. Products are exact and their sum is truncated,
// as in hardware.
template <typename T>
void multiply_tiles(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  auto& block = emulator::block();
  const size_t me = block.running, warp = me / emulator::kWarp * emulator::kWarp;
  block.tiles[me] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  __syncwarp();
  const auto half = [](unsigned pair, int which) { return double(emulated_float(T{uint16_t(pair >> 16 * which)})); };
  for (int i = 0; i < 4; ++i) {
    const size_t row = (me - warp) / 4 + (i < 2 ? 0 : 8), column = (me - warp) % 4 * 2 + i % 2;
    double sum = d[i];
    for (int k = 0; k < 16; ++k) {
      const size_t place = size_t(k) % 8 / 2;
      const auto& of_a = block.tiles[warp + row % 8 * 4 + place];
      const auto& of_b = block.tiles[warp + column * 4 + place];
      sum += half(of_a[(row < 8 ? 0 : 1) + (k < 8 ? 0 : 2)], k % 2) * half(of_b[4 + (k < 8 ? 0 : 1)], k % 2);
    }
    d[i] = toward_zero(sum);
  }
  __syncwarp();
}

// m16n8k8, as m16n8k16 with zeros in the second half.
template <typename T>
void multiply_half_tiles(float (&d)[4], const unsigned (&a)[2], unsigned b) {
  multiply_tiles<T>(d, {a[0], a[1], 0, 0}, {b, 0});
}

inline float inverse_root(float x) { return 1 / std::sqrt(x); }
inline void keep_order() {}
inline int recompute(int x) { return x; }
inline int64_t keep_in_register(int64_t x) { return x; }

template <int bytes>
void copy_async(void* to, const void* from) {
  if (reinterpret_cast<uintptr_t>(to) % bytes || reinterpret_cast<uintptr_t>(from) % bytes)
    emulator::Block::die("a copy is not aligned");
  if (emulator::Block::seed() % 2 != 0)
    std::memcpy(to, from, bytes);
  else
    emulator::block().fiber().copies.back().push_back({to, from, bytes});
}

inline void commit_copies() { emulator::block().fiber().copies.emplace_back(); }

template <int pending>
void wait_for_copies() {
  auto& groups = emulator::block().fiber().copies;
  while (groups.size() > pending + 1) {
    for (const auto& copy : groups.front()) std::memcpy(copy.to, copy.from, copy.bytes);
    groups.erase(groups.begin());
  }
}

}  // namespace frac::cuda
