// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "campaign/fuzz/batch.hpp"

namespace mprogcheck {

/// Hands the numbers of sequences out to workers, and their results to one thread in the order of the numbers, so that
/// what a campaign says does not depend on how many workers it has or which of them is faster.
class Schedule {
 public:
  /// So many batches for each worker may be run ahead of one that takes long.
  static constexpr std::uint64_t batches_ahead = 32;
  struct Options {
    std::uint64_t first = 0;                            ///< number to begin with
    std::optional<std::uint64_t> end;                   ///< the number after the last
    std::size_t batch = 256;                            ///< numbers handed out at a time
    unsigned workers = 1;                               ///< each of which calls gone() once
    std::function<bool()> over = [] { return false; };  ///< true, once and for all: nothing more is handed out or run
  };
  explicit Schedule(Options options) : options_(std::move(options)), next_(options_.first), settled_(options_.first) {}

  // Workers.

  /// The next numbers: [first, first + count). None are left when count is 0. Waits while the results that come first
  /// are far behind.
  std::pair<std::uint64_t, std::size_t> claim();
  /// Before a batch is run. Waits while all are to pause. False: it shall not be run any more.
  bool enter();
  /// After that.
  void leave(BatchResult result);
  void gone();

  // The one that takes results.

  /// The next result in order. Nothing: there will be none.
  std::optional<BatchResult> next();
  /// After the last one: what was run though a batch before it was not.
  std::vector<BatchResult> stragglers();
  /// All results up to this number have been taken.
  [[nodiscard]] std::uint64_t settled() const { return settled_; }
  /// Until resume(), no worker runs anything. Returns when none does.
  void pause();
  void resume();
  /// What is not being run yet will not be.
  void stop();

 private:
  bool is_over();

  Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_;
  std::uint64_t settled_;
  std::map<std::uint64_t, BatchResult> done_;  ///< by first number
  unsigned running_ = 0, gone_ = 0;
  bool paused_ = false, stopped_ = false;
};

}  // namespace mprogcheck
