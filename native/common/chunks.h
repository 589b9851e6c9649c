// Splits the tokens into chunks. A thread takes one chunk at a time. Gradients of weights are summed within each chunk,
// then over the chunks in order. The chunks depend on the sizes only, so the results do not depend on the number of
// threads.
#pragma once

#include <algorithm>

#include "common/config.h"
#include "common/thread_pool.h"

namespace frac {

struct Chunks {
  explicit Chunks(const Config& f) {
    constexpr int64_t kMaxChunks = 64, kMinValues = 16384;  // for fewer values, waking a thread costs more than it saves
    const int64_t least = std::max<int64_t>(1, kMinValues / std::max<int64_t>(1, f.state()));
    size = std::max(least, (f.tokens + kMaxChunks - 1) / kMaxChunks);
    count = int((f.tokens + size - 1) / size);
    tokens = f.tokens;
  }

  // Calls task(chunk, first token, end) for each chunk.
  template <typename F>
  void run(ThreadPool& pool, F task) const {
    if (count == 1) return task(0, int64_t{0}, tokens);
    pool.run(count, [&](int i) { task(i, i * size, std::min(tokens, (i + 1) * size)); });
  }

  int64_t tokens, size;
  int count;
};

// Whether results use non-temporal stores. From 8 MiB per state on, the inputs and results of an op are larger than
// most caches, so the results are evicted before their next use. A normal store would also read each line from memory
// before writing it.
inline bool worth_streaming(const Config& f) { return f.tokens * f.state() >= (int64_t{8} << 20) / int64_t{sizeof(float)}; }

// Calls f(N, M) with compile-time constants: the sizes themselves if they are common ones, otherwise zeros.
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
