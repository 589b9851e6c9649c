// One vector type for every instruction set. A file that includes this is compiled once a target, with that target's
// compiler flags, FRAC_TARGET (its namespace) and FRAC_SIMD_BYTES (its register's size); see targets.h.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef FRAC_TARGET
#error "compile this once a target, with FRAC_TARGET and FRAC_SIMD_BYTES defined"
#endif

namespace frac::FRAC_TARGET {

// GCC's and Clang's own vectors: plain operators, no intrinsics, any width.
typedef float Vec __attribute__((vector_size(FRAC_SIMD_BYTES)));
typedef int32_t VecInt __attribute__((vector_size(FRAC_SIMD_BYTES)));
constexpr int kLanes = FRAC_SIMD_BYTES / sizeof(float);

template <typename V>
inline V load(const float* from) {
  V v;
  std::memcpy(&v, from, sizeof v);  // an unaligned load
  return v;
}

template <typename V>
inline void store(float* to, V v) {
  std::memcpy(to, &v, sizeof v);
}

template <typename V>
inline V splat(float x) {
  return V{} + x;
}

// Holds a value in a register: left alone, GCC loads it anew from memory for each product that it is part of.
inline void keep(Vec& v) {
#if defined(__x86_64__)
  asm("" : "+v"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
}

// The sum of the lanes: halves added to halves, in registers.
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

// Rows that come next, asked for a little at a time while this token is worked on: its arithmetic is done in the first-level
// cache, and memory would stand still meanwhile. All at once they would only fill the queue of misses.
class Ahead {
 public:
  void add(const float* rows, int64_t count) {
    if (spans_ < kSpans) span_[spans_++] = {rows, rows + count};
  }

  // What one loop asks for, so many lines a turn. All in registers: a count kept in memory would be what the loop waits for.
  template <int kLines>
  struct Run {
    const float* at;
    int64_t step;
    void turn() {
      for (int i = 0; i < kLines; ++i) __builtin_prefetch(at + i * kLine, 0, 2);
      at += step;
    }
  };
  // For a loop over c values that has `work` products a turn: the more of them, the more lines, so that all of a token's time is
  // used. A run may go past the rows' end: there are the rows of the token after the next one.
  template <int work>
  auto take(int64_t c) {
    constexpr int kLines = work >= 32 ? 4 : work >= 4 ? 1 : 2;
    constexpr int64_t kStep = kLines * kLine;
    if (now_ == spans_) return Run<kLines>{nothing_, 0};
    Span& span = span_[now_];
    const Run<kLines> run{span.next, kStep};
    span.next += c / kLanes * kStep;
    if (span.next >= span.end) ++now_;
    return run;
  }

 private:
  static constexpr int kSpans = 4, kLine = 16;
  struct Span {
    const float *next, *end;
  };
  Span span_[kSpans];
  int spans_ = 0, now_ = 0;
  float nothing_[4 * kLine];
};

// A copy that does not first read what it is about to write, for results too large to be in a cache when they are next used.
inline void stream(float* to, const float* from, int64_t count) {
#if defined(__x86_64__)
  int64_t l = 0;
  while (l < count && reinterpret_cast<uintptr_t>(to + l) % 64 != 0) to[l] = from[l], ++l;
  for (; l + 16 <= count; l += 16)
    for (int part = 0; part < 16; part += 4) _mm_stream_ps(to + l + part, _mm_loadu_ps(from + l + part));
  for (; l < count; ++l) to[l] = from[l];
#else
  std::memcpy(to, from, sizeof(float) * count);
#endif
}

// The same for one vector, on targets whose vectors are whole lines; `to` is a line's start. Parts of lines would wait for
// their rest among the misses.
constexpr bool kVectorsAreLines = kLanes == 16;
inline void stream([[maybe_unused]] float* to, [[maybe_unused]] Vec v) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, (__m512)v);
#endif
}

// Makes streamed results visible to other threads.
inline void end_streaming() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// Zeros at the start of a cache line: a vector's load across two lines costs twice.
class AlignedFloats {
 public:
  explicit AlignedFloats(size_t size) : storage_(size + kLine, 0.0f), size_(size) {
    void* start = storage_.data();
    size_t space = storage_.size() * sizeof(float);
    data_ = static_cast<float*>(std::align(kLine * sizeof(float), size * sizeof(float), start, space));
  }
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;

  float* data() { return data_; }
  const float* data() const { return data_; }
  float& operator[](size_t i) { return data_[i]; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kLine = 16;
  std::vector<float> storage_;
  size_t size_;
  float* data_;
};

// Where a row of values is written. If streamed, it starts a line, holds whole lines, and is not read again.
struct Row {
  Row(float* to, bool streamed = false) : to(to), streamed(streamed) {}
  void put(int64_t l, Vec v) const {
    if (kVectorsAreLines && streamed)
      stream(to + l, v);
    else
      store<Vec>(to + l, v);
  }
  void put(int64_t l, float v) const { to[l] = v; }

  float* to;
  bool streamed;
};

// The rows of a result, one a token: where a token's work goes. If the result is to be streamed, that is its own place where
// the parts of a row, `part` values each, are whole lines and nothing reads them again; else a row that finish() copies.
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

// Runs f on whole vectors, then on the values left over one at a time: f(Vec{}, l) and f(float{}, l).
template <typename F>
inline void for_each_lane(int64_t count, F f) {
  int64_t l = 0;
  for (; l + kLanes <= count; l += kLanes) f(Vec{}, l);
  for (; l < count; ++l) f(float{}, l);
}

// A sum over lanes and left-over values.
struct Sum {
  Vec lanes{};
  float rest = 0;
  void add(Vec v) { lanes += v; }
  void add(float v) { rest += v; }
  float value() const { return total(lanes) + rest; }
};

}  // namespace frac::FRAC_TARGET
