#include "common/thread_pool.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace frac {

ThreadPool& ThreadPool::shared() {
  static ThreadPool* pool = new ThreadPool;
  return *pool;
}

// The default number of threads is FRAC_CONNECTIONS_THREADS, or else the number of cores.
ThreadPool::ThreadPool() : threads_(std::max(1u, std::thread::hardware_concurrency())) {
  const char* wanted = std::getenv("FRAC_CONNECTIONS_THREADS");
  if (wanted && std::atoi(wanted) > 0) threads_ = std::atoi(wanted);
}

void ThreadPool::set_threads(int threads) { threads_ = std::max(1, threads); }

void ThreadPool::run(int count, const std::function<void(int)>& task) {
  const int helpers = std::min(threads_.load(), count) - 1;
  auto job = std::make_shared<Job>(task, count, helpers);
  if (helpers > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(job);
    try {
      for (; helpers_ < helpers; ++helpers_) std::thread([this] { help(); }).detach();
    } catch (const std::system_error&) {
      // The system allows no more threads. The existing ones, including this one, do the work.
    }
    wake_.notify_all();
  }
  work(*job);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
  }
  std::unique_lock<std::mutex> lock(job->mutex);
  job->finished.wait(lock, [&] { return job->done == count; });
  if (job->error) std::rethrow_exception(job->error);
}

// The loop of a helper thread: take a seat of the oldest job, work until all of its tasks are taken, then take the next
// job.
void ThreadPool::help() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return !jobs_.empty(); });
      job = jobs_.front();
      if (--job->seats == 0) jobs_.pop_front();
    }
    work(*job);
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
  }
}

void ThreadPool::work(Job& job) {
  for (int i; (i = job.next++) < job.count;) {
    std::exception_ptr error;
    try {
      job.task(i);
    } catch (...) {
      error = std::current_exception();
    }
    std::lock_guard<std::mutex> lock(job.mutex);
    if (error && !job.error) job.error = error;
    if (++job.done == job.count) job.finished.notify_all();
  }
}

}  // namespace frac
