// One pool of threads for the whole process, shared by all calls and safe to call from several threads at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace frac {

class ThreadPool {
 public:
  // The pool of the process. It is never destroyed, because at exit its threads and its callers may still run.
  static ThreadPool& shared();

  // Runs task(0) ... task(count - 1), each once, and returns when all are done. The calling thread works too. If a task
  // throws, the other tasks still run, and this function throws the first exception.
  void run(int count, const std::function<void(int)>& task);

  // Number of threads that work on one call, including the calling thread; 1 or more.
  int threads() const { return threads_; }
  void set_threads(int threads);

 private:
  struct Job {
    Job(const std::function<void(int)>& task, int count, int seats) : task(task), count(count), seats(seats) {}
    const std::function<void(int)>& task;
    const int count;
    int seats;  // helpers that may still join; guarded by the pool's mutex
    std::atomic<int> next{0};
    std::mutex mutex;
    std::condition_variable finished;
    int done = 0;  // guarded by mutex, like error
    std::exception_ptr error;
  };

  ThreadPool();
  void help();
  static void work(Job& job);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;  // jobs with free seats
  int helpers_ = 0;                        // threads started so far
  std::atomic<int> threads_;
};

}  // namespace frac
