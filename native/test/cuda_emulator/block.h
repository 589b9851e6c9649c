// A grid of CUDA threads on the host. Every thread of a block is a fiber; blocks run one after the other.
//
// It shows that all threads that should meet at a barrier do, that nothing in shared memory is read before it is written (it starts
// as NaN) and, since fibers run in the order that a seed asks for, that results do not depend on luck.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <vector>

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace frac::cuda::emulator {

constexpr int kWarp = 32;
constexpr size_t kStack = 256 << 10;

// Stacks of fibers that are done, for the next block's: the system's memory is slow to come by.
class Stack {
 public:
  Stack() {
    if (kept().empty()) kept().emplace_back(new char[kStack]);
    memory_ = std::move(kept().back());
    kept().pop_back();
  }
  ~Stack() { kept().push_back(std::move(memory_)); }
  char* data() const { return memory_.get(); }

 private:
  static std::vector<std::unique_ptr<char[]>>& kept() {
    static thread_local std::vector<std::unique_ptr<char[]>> stacks;
    return stacks;
  }
  std::unique_ptr<char[]> memory_;
};

struct Copy {
  void* to;
  const void* from;
  int bytes;
};

// Begun by a context of its own, then left and resumed by jumps: those make no system call.
struct Fiber {
  ucontext_t context;
  jmp_buf place;
  Stack stack;
  dim3 index;
  bool begun = false;
  bool done = false;
  bool waiting = false;
  std::vector<std::vector<Copy>> copies{1};  // groups, the open one last
};

struct Barrier {
  int expected = 0;
  std::vector<size_t> waiting;
};

// The block that runs. Barriers 0 to 15 are the hardware's, from 16 on one a warp.
class Block {
 public:
  static Block*& current() {
    static thread_local Block* block = nullptr;
    return block;
  }
  // Decides in which order threads run.
  static unsigned& seed() {
    static unsigned seed = 0;
    return seed;
  }

  Block(dim3 index, dim3 grid, dim3 size, size_t shared, const std::function<void()>& kernel)
      : index(index), grid(grid), size(size), shared(shared + 16), kernel_(kernel), fibers_(size.x * size.y * size.z) {
    std::memset(this->shared.data(), 0xff, this->shared.size());
    barriers_.resize(16 + (fibers_.size() + kWarp - 1) / kWarp);
    exchange.resize(fibers_.size());
    tiles.resize(fibers_.size());
  }

  void run() {
    current() = this;
    order_.resize(fibers_.size());
    for (size_t i = 0; i < fibers_.size(); ++i) order_[i] = i, start(i);
    if (seed() != 0) std::shuffle(order_.begin(), order_.end(), std::mt19937(seed()));
    for (size_t left = fibers_.size(); left > 0;) {
      bool moved = false;
      for (size_t i : order_) {
        if (fibers_[i].done || fibers_[i].waiting) continue;
        moved = true;
        running = i;
        resume(fibers_[i]);
        if (fibers_[i].done) --left;
      }
      if (!moved && left > 0) die("threads wait at a barrier that others never reach");
    }
    current() = nullptr;
  }

  void wait_at(int id, int threads) {
    Barrier& barrier = barriers_[id];
    if (!barrier.waiting.empty() && barrier.expected != threads) die("a barrier's threads disagree on how many they are");
    barrier.expected = threads;
    if (int(barrier.waiting.size()) + 1 == threads) {
      for (size_t i : barrier.waiting) fibers_[i].waiting = false;
      barrier.waiting.clear();
      return;
    }
    barrier.waiting.push_back(running);
    fibers_[running].waiting = true;
    pause();
  }

  Fiber& fiber() { return fibers_[running]; }
  int threads() const { return int(fibers_.size()); }
  [[noreturn]] static void die(const char* what) {
    std::fprintf(stderr, "cuda emulator: %s\n", what);
    std::abort();
  }

  const dim3 index, grid, size;
  std::vector<unsigned char> shared;
  std::vector<float> exchange;  // a value a thread, for shuffles
  std::vector<std::array<unsigned, 6>> tiles;  // and what a lane gives to a product on tensor cores
  size_t running = 0;

 private:
  void start(size_t i) {
    Fiber& fiber = fibers_[i];
    fiber.index = dim3(unsigned(i % size.x), unsigned(i / size.x % size.y), unsigned(i / size.x / size.y));
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = kStack;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, reinterpret_cast<void (*)()>(&Block::enter), 0);
  }

  static void enter() {
    Block& block = *current();
    block.kernel_();
    if (!block.fiber().copies.back().empty() || block.fiber().copies.size() > 1) {
      for (auto& group : block.fiber().copies)
        if (!group.empty()) die("a kernel ended before its copies");
    }
    block.fiber().done = true;
    block.pause();
  }

  void resume(Fiber& fiber) {
    if (_setjmp(scheduler_) != 0) return;
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    setcontext(&fiber.context);
  }
  void pause() {
    if (_setjmp(fibers_[running].place) == 0) _longjmp(scheduler_, 1);
  }

  const std::function<void()>& kernel_;
  std::vector<Fiber> fibers_;
  std::vector<size_t> order_;
  std::vector<Barrier> barriers_;
  jmp_buf scheduler_;
};

inline Block& block() { return *Block::current(); }

inline void run_grid(dim3 grid, dim3 size, size_t shared, const std::function<void()>& kernel) {
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) Block(dim3(x, y, z), grid, size, shared, kernel).run();
}

}  // namespace frac::cuda::emulator
