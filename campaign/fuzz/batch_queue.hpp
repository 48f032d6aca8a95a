// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace mprogcheck {

/// One batch between the thread that makes batches and the one that runs them: while one is run, the next is made.
template <typename T>
class BatchQueue {
 public:
  /// Waits for the place to be free. False: nobody takes any more.
  bool put(T batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !batch_ || closed_; });
    if (closed_) return false;
    batch_ = std::move(batch);
    changed_.notify_all();
    return true;
  }
  /// Waits for a batch. Nothing: the queue is closed and empty.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return batch_ || closed_; });
    auto batch = std::exchange(batch_, std::nullopt);
    changed_.notify_all();
    return batch;
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> batch_;
  bool closed_ = false;
};

}  // namespace mprogcheck
