// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <limits>

namespace mprogcheck {

/// When everybody is to be back who waits for a stranger: at a time that may be set and moved while they wait, and soon
/// after a signal, whatever the stranger does. Whoever waits looks here every `glance`. Shared by threads; outlives all
/// who know it.
class Curfew {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds glance{100};
  /// What is under way when a signal comes may still come to its end.
  static constexpr std::chrono::milliseconds grace{5000};

  /// `signal` is set by a signal handler; null: none comes.
  explicit Curfew(const std::atomic<bool>* signal = nullptr) : signal_(signal) {}
  Curfew(const Curfew&) = delete;
  Curfew& operator=(const Curfew&) = delete;

  void set(Clock::time_point time) { time_ = time.time_since_epoch().count(); }
  void lift() { time_ = never; }

  /// It is past the time, or the signal came longer ago than `grace`.
  [[nodiscard]] bool is_over(Clock::time_point now = Clock::now()) const {
    const Ticks ticks = now.time_since_epoch().count();
    if (ticks >= time_.load(std::memory_order_relaxed)) return true;
    if (!is_signalled()) return false;
    // The handler only sets a flag: the time is that of the first who saw it.
    Ticks seen = never;
    if (seen_.compare_exchange_strong(seen, ticks)) seen = ticks;
    return ticks - seen >= std::chrono::duration_cast<Clock::duration>(grace).count();
  }
  [[nodiscard]] bool is_signalled() const { return signal_ != nullptr && signal_->load(std::memory_order_relaxed); }
  /// Why it is over, for a line.
  [[nodiscard]] const char* why() const { return is_signalled() ? "interrupted" : "the time was up"; }

 private:
  using Ticks = Clock::rep;
  static constexpr Ticks never = std::numeric_limits<Ticks>::max();

  const std::atomic<bool>* signal_;
  std::atomic<Ticks> time_{never};
  mutable std::atomic<Ticks> seen_{never};
};

}  // namespace mprogcheck
