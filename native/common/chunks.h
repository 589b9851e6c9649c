// Tokens in chunks: the unit that a thread takes, and over which gradients of weights are summed before the chunks' sums are
// added in order. Chunks follow from the sizes alone, never from the number of threads, so neither do the results.
#pragma once

#include <algorithm>

#include "common/config.h"
#include "common/thread_pool.h"

namespace frac {

struct Chunks {
  explicit Chunks(const Config& f) {
    constexpr int64_t kMaxChunks = 64, kMinValues = 16384;  // less is not worth waking a thread
    const int64_t least = std::max<int64_t>(1, kMinValues / std::max<int64_t>(1, f.state()));
    size = std::max(least, (f.tokens + kMaxChunks - 1) / kMaxChunks);
    count = int((f.tokens + size - 1) / size);
    tokens = f.tokens;
  }

  // task(chunk, first token, end)
  template <typename F>
  void run(ThreadPool& pool, F task) const {
    if (count == 1) return task(0, int64_t{0}, tokens);
    pool.run(count, [&](int i) { task(i, i * size, std::min(tokens, (i + 1) * size)); });
  }

  int64_t tokens, size;
  int count;
};

// Whether results go past the cache. From 8 MiB a state on, an op's inputs and results are more together than most caches keep
// until their next use; and what goes through the cache is read from memory before it is written.
inline bool worth_streaming(const Config& f) { return f.tokens * f.state() >= (int64_t{8} << 20) / int64_t{sizeof(float)}; }

// Calls f with N and M as compile-time numbers for the common sizes, as zeros for all others.
template <typename F>
void with_sizes(const Config& c, F f) {
  using std::integral_constant;
#define FRAC_SIZE(N, M) \
  if (c.n == N && c.m == M) return f(integral_constant<int, N>{}, integral_constant<int, M>{});
  FRAC_SIZE(1, 1)
  FRAC_SIZE(2, 2)
  FRAC_SIZE(4, 4)
  FRAC_SIZE(8, 8)
  FRAC_SIZE(2, 1)
  FRAC_SIZE(4, 1)
  FRAC_SIZE(8, 1)
#undef FRAC_SIZE
  f(integral_constant<int, 0>{}, integral_constant<int, 0>{});
}

}  // namespace frac
