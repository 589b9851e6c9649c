// The vector type of a SIMD target. A file that includes this is compiled once per target, with the target's compiler
// flags, FRAC_TARGET (its namespace) and FRAC_SIMD_BYTES (the size of its registers); see targets.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef FRAC_TARGET
#error "compile this once per SIMD target, with FRAC_TARGET and FRAC_SIMD_BYTES defined"
#endif

namespace frac::FRAC_TARGET {

// The vector extension of GCC and Clang: ordinary operators for any width, no intrinsics.
typedef float Vec __attribute__((vector_size(FRAC_SIMD_BYTES)));
typedef int32_t VecInt __attribute__((vector_size(FRAC_SIMD_BYTES)));
constexpr int kLanes = FRAC_SIMD_BYTES / sizeof(float);

// The number of vector registers. A block of rows must fit into them.
#if defined(__x86_64__) && !defined(__AVX512F__)
constexpr int kRegisters = 16;
#else
constexpr int kRegisters = 32;
#endif

// How many vectors of each row a loop over columns takes at a time. With few registers the coefficients are in memory; two vectors
// then share each load of one. The baseline has few registers too, but rarely runs: it keeps the smaller code.
constexpr int kVectors = kRegisters == 16 && kLanes == 8 ? 2 : 1;

inline Vec load(const float* from) {
  Vec v;
  std::memcpy(&v, from, sizeof v);  // an unaligned load
  return v;
}

inline void store(float* to, Vec v) { std::memcpy(to, &v, sizeof v); }

inline Vec splat(float x) { return x - Vec{}; }  // x - 0 is x; x + 0 would be an addition, for the sign of -0

// A lane says which part of a vector a loop body loads and stores: all of it, or the first values, where a row ends. The other
// values of a part load as 0 and are not stored.
struct Whole {
  static Vec load(const float* from) { return frac::FRAC_TARGET::load(from); }
  static void store(float* to, Vec v) { frac::FRAC_TARGET::store(to, v); }
};

#if defined(__AVX512F__)
class Part {
 public:
  explicit Part(int count) : mask_(__mmask16((1u << count) - 1)) {}
  Vec load(const float* from) const { return (Vec)_mm512_maskz_loadu_ps(mask_, from); }
  void store(float* to, Vec v) const { _mm512_mask_storeu_ps(to, mask_, (__m512)v); }

 private:
  __mmask16 mask_;
};
#elif defined(__AVX2__)
class Part {
 public:
  explicit Part(int count) {
    alignas(32) static const int32_t kMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    mask_ = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMasks + 8 - count));
  }
  Vec load(const float* from) const { return (Vec)_mm256_maskload_ps(from, mask_); }
  void store(float* to, Vec v) const { _mm256_maskstore_ps(to, mask_, (__m256)v); }

 private:
  __m256i mask_;
};
#else
class Part {  // of four lanes
 public:
  explicit Part(int count) : count_(count) {}
  Vec load(const float* from) const {
    Vec v{from[0]};
    if (count_ > 1) v[1] = from[1];
    if (count_ > 2) v[2] = from[2];
    return v;
  }
  void store(float* to, Vec v) const {
    to[0] = v[0];
    if (count_ > 1) to[1] = v[1];
    if (count_ > 2) to[2] = v[2];
  }

 private:
  int count_;
};
#endif

// Inlines a function with sums that must stay in registers, also where the compiler finds it too large. The baseline of x86, which
// rarely runs, is compiled for size.
#if defined(__OPTIMIZE_SIZE__)
#define FRAC_INLINE inline
#else
#define FRAC_INLINE [[gnu::always_inline]] inline
#endif

// Keeps a value in a register. Otherwise GCC reloads it from memory for each product.
inline void keep(Vec& v) {
#if defined(__x86_64__)
  asm("" : "+v"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
}

// The sum of the lanes. Each step adds the upper half to the lower half, in registers.
template <int bytes>
inline float sum_of(const void* lanes) {
  if constexpr (bytes == sizeof(float)) {
    return *static_cast<const float*>(lanes);
  } else {
    typedef float Half __attribute__((vector_size(bytes / 2)));
    Half halves[2];
    std::memcpy(halves, lanes, bytes);
    const Half sum = halves[0] + halves[1];
    return sum_of<bytes / 2>(&sum);
  }
}

inline float total(Vec v) { return sum_of<sizeof v>(&v); }

// Prefetches the rows of the next token while the kernel computes the current one. That computation runs in the L1
// cache, so memory would be idle otherwise. The prefetches are spread over the loops: all at once they would fill the
// queue of cache misses.
class Ahead {
 public:
  void add(const float* rows, int64_t count) {
    if (spans_ < kSpans) span_[spans_++] = {rows, rows + count};
  }

  // The prefetches of one loop: kRows vectors of the rows for each vector that the loop takes. All state is in registers, because a
  // counter in memory would limit the speed of the loop.
  template <int kRows>
  struct Run {
    const float* at;
    int64_t step;  // from one vector to the next; 0 at the end of the rows
    template <int V = 1>
    void turn() {
      for (int l = 0; l < kRows * V * kLanes; l += kLine) __builtin_prefetch(at + l, 0, 2);
      at += V * step;
    }
  };
  // The prefetches for a loop over c values with `work` products per iteration. More products give more rows, so that the
  // prefetches fill the whole time of a token. A run may pass the end of the rows, into those of the token after the next.
  template <int work>
  auto take(int64_t c) {
    return rows<work >= 32 ? 4 : work >= 16 ? kVectors : work >= 4 ? 1 : 2>(c);
  }
  template <int kRows>
  Run<kRows> rows(int64_t c) {
    if (now_ == spans_) return Run<kRows>{nothing_, 0};
    Span& span = span_[now_];
    const Run<kRows> run{span.next, kRows * kLanes};
    span.next += kRows * c;
    if (span.next >= span.end) ++now_;
    return run;
  }

 private:
  static constexpr int kSpans = 4, kLine = 16;
  struct Span {
    const float *next, *end;
  };
  Span span_[kSpans] = {};
  int spans_ = 0, now_ = 0;
  float nothing_[16 * kLine];
};

struct NoPrefetch {
  template <int V>
  void turn() {}
};

// Copies with non-temporal stores, which do not read the destination first. For results that are too large for the
// cache.
inline void stream(float* to, const float* from, int64_t count) {
#if defined(__x86_64__)
  int64_t l = 0;
  while (l < count && reinterpret_cast<uintptr_t>(to + l) % 64 != 0) to[l] = from[l], ++l;
  for (; l + 16 <= count; l += 16) {
#if defined(__AVX2__)
    const __m256 low = _mm256_loadu_ps(from + l), high = _mm256_loadu_ps(from + l + 8);
    _mm256_stream_ps(to + l, low);
    _mm256_stream_ps(to + l + 8, high);
#else
    for (int part = 0; part < 16; part += 4) _mm_stream_ps(to + l + part, _mm_loadu_ps(from + l + part));
#endif
  }
  for (; l < count; ++l) to[l] = from[l];
#else
  std::memcpy(to, from, sizeof(float) * count);
#endif
}

// A non-temporal store of one vector, for targets whose vectors are whole cache lines. `to` is the start of a line.
// Stores of parts of lines would occupy the queue of cache misses until the line is complete. Two halves in turn were slower, too.
constexpr bool kVectorsAreLines = kLanes == 16;
inline void stream([[maybe_unused]] float* to, [[maybe_unused]] Vec v) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, (__m512)v);
#endif
}

// Makes non-temporal stores visible to other threads.
inline void end_streaming() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// An array of zeros, aligned to a cache line. A vector load that crosses two lines costs twice as much.
class AlignedFloats {
 public:
  explicit AlignedFloats(size_t size) : AlignedFloats(size, Unset{}) { std::fill(begin(), end(), 0.0f); }
  AlignedFloats(const AlignedFloats& other) : AlignedFloats(other.size_, Unset{}) {
    std::copy(other.begin(), other.end(), begin());
  }
  AlignedFloats& operator=(const AlignedFloats&) = delete;

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float* begin() { return data(); }
  float* end() { return data() + size_; }
  const float* begin() const { return data(); }
  const float* end() const { return data() + size_; }
  float& operator[](size_t i) { return data()[i]; }
  float operator[](size_t i) const { return data()[i]; }
  size_t size() const { return size_; }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Unset {};
  struct Free {
    void operator()(float* data) const { operator delete(data, kLine); }
  };
  AlignedFloats(size_t size, Unset)
      : data_(static_cast<float*>(operator new(size * sizeof(float), kLine))), size_(size) {}

  std::unique_ptr<float[], Free> data_;
  size_t size_;
};

// The destination of a row. If streamed, it uses non-temporal stores; the row must consist of whole cache lines and is
// not read again.
struct Row {
  Row(float* to, bool streamed = false) : to(to), streamed(streamed) {}
  void put(Whole lane, int64_t l, Vec v) const {
    if (kVectorsAreLines && streamed)
      stream(to + l, v);
    else
      lane.store(to + l, v);
  }
  void put(const Part& lane, int64_t l, Vec v) const { lane.store(to + l, v); }

  float* to;
  bool streamed;
};

// The rows of a result, one per token. With non-temporal stores, a kernel writes directly to the result if the parts of
// a row, `part` values each, are whole cache lines. Otherwise it writes to a temporary row, and finish() copies it.
class ResultRows {
 public:
  ResultRows(float* rows, int64_t size, bool streamed, int64_t part = 1)
      : rows_(rows),
        size_(size),
        direct_(kVectorsAreLines && streamed && part % 16 == 0 && reinterpret_cast<uintptr_t>(rows) % 64 == 0),
        own_(streamed && !direct_ ? size : 0) {}
  Row at(int64_t t) { return own_.size() ? Row(own_.data()) : Row(rows_ + t * size_, direct_); }
  void finish(int64_t t) {
    if (own_.size()) stream(rows_ + t * size_, own_.data(), size_);
  }

 private:
  float* rows_;
  int64_t size_;
  bool direct_;
  AlignedFloats own_;
};

// Calls f(lane, l) for each vector of a row; the last one may be a part.
template <typename F>
inline void for_each_lane(int64_t count, F f) {
  int64_t l = 0;
  for (; l + kLanes <= count; l += kLanes) f(Whole{}, l);
  if (l < count) f(Part(int(count - l)), l);
}

// How many values of a row are summed in vectors before the sum goes on in double precision. A float to which thousands of values
// of one sign are added drifts.
constexpr int64_t kRun = 64 * kLanes;

// out[i] = the sum of f(lane, i, l) over the vectors of a row, for R rows at once. Eight independent sums hide the latency of the
// additions.
template <int R, typename F, typename Next>
inline void sums_over(float* out, int64_t count, F f, Next next) {
  constexpr int V = 8 / R;
  double sums[R] = {};
  for (int64_t l = 0; l < count;) {
    const int64_t end = std::min(count, l + kRun);
    Vec run[V][R] = {};
    for (; l + V * kLanes <= end; l += V * kLanes) {
      next.template turn<V>();
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v)
#pragma GCC unroll 4
        for (int i = 0; i < R; ++i) run[v][i] += f(Whole{}, i, l + v * kLanes);
    }
    for (; l + kLanes <= end; l += kLanes)
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) run[0][i] += f(Whole{}, i, l);
    if (l < end) {
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) run[0][i] += f(Part(int(end - l)), i, l);
      l = end;
    }
#pragma GCC unroll 8
    for (int v = 1; v < V; ++v)
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) run[0][i] += run[v][i];
    for (int i = 0; i < R; ++i) sums[i] += total(run[0][i]);
  }
  for (int i = 0; i < R; ++i) out[i] = float(sums[i]);
}

// The sum of f(lane, l) over the vectors of a row.
template <typename F>
inline float sum_over(int64_t count, F f) {
  float sum;
  sums_over<1>(&sum, count, [&](const auto& lane, int, int64_t l) { return f(lane, l); }, NoPrefetch{});
  return sum;
}

}  // namespace frac::FRAC_TARGET
