// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/schedule.hpp"

#include <algorithm>

namespace mprogcheck {

/// A batch that is not run now never will be, and what waits for its result in claim() must not wait for ever. So the
/// first that finds that it is over tells the others.
bool Schedule::is_over() {
  if (!stopped_ && options_.over()) {
    stopped_ = true;
    changed_.notify_all();
  }
  return stopped_;
}

std::pair<std::uint64_t, std::size_t> Schedule::claim() {
  std::unique_lock lock(mutex_);
  const std::uint64_t window = batches_ahead * options_.workers * options_.batch;
  changed_.wait(lock, [&] { return stopped_ || next_ < settled_ + window; });
  if (is_over() || (options_.end && next_ >= *options_.end)) return {next_, 0};
  std::uint64_t count = options_.batch;
  if (options_.end) count = std::min<std::uint64_t>(count, *options_.end - next_);
  const std::uint64_t first = next_;
  next_ += count;
  return {first, static_cast<std::size_t>(count)};
}

bool Schedule::enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || !paused_; });
  if (is_over()) return false;
  ++running_;
  return true;
}

void Schedule::leave(BatchResult result) {
  const std::scoped_lock lock(mutex_);
  --running_;
  const std::uint64_t first = result.first;
  done_.emplace(first, std::move(result));
  changed_.notify_all();
}

void Schedule::gone() {
  const std::scoped_lock lock(mutex_);
  ++gone_;
  changed_.notify_all();
}

std::optional<BatchResult> Schedule::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_.contains(settled_) || gone_ == options_.workers; });
  const auto found = done_.find(settled_);
  if (found == done_.end()) return std::nullopt;
  BatchResult result = std::move(found->second);
  done_.erase(found);
  // One that was not run to its end is not behind us.
  if (!result.error) settled_ += result.count;
  changed_.notify_all();
  return result;
}

std::vector<BatchResult> Schedule::stragglers() {
  const std::scoped_lock lock(mutex_);
  std::vector<BatchResult> all;
  for (auto& [first, result] : done_) all.push_back(std::move(result));
  done_.clear();
  return all;
}

void Schedule::pause() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  changed_.wait(lock, [this] { return running_ == 0; });
}

void Schedule::resume() {
  const std::scoped_lock lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

void Schedule::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace mprogcheck
