// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What an agent may take of our time, whatever it says meanwhile. Nothing of it renews itself by trickling: what is
/// begun has an end. Each is far more than a slow machine needs, for a job that is cut is blamed.
struct AgentBudget {
  using Milliseconds = std::chrono::milliseconds;

  /// How long the line may be silent while an answer is due. An agent that works says so every second.
  Milliseconds silence{10'000};
  /// From the first byte of a frame to its last, beside its length at the slowest rate that a line has.
  [[nodiscard]] Milliseconds frame(std::size_t bytes) const {
    return silence + Milliseconds(bytes / slowest_bytes_per_ms);
  }
  /// From one run to the next, however often the agent says that it is still at work, beside what the operations take
  /// that it was given: those of one frame, for it may keep their runs back until the last of them.
  Milliseconds overhead{3 * silence};
  Milliseconds operation{100};  ///< takes some 50 µs; 30 ms where a kernel waits for a grace period of RCU
  Milliseconds trial{1};        ///< takes some 10 µs
  [[nodiscard]] Milliseconds work(std::span<const Job> jobs) const;
  /// Log frames that say nothing of use, from one run to the next. A second has one, of 18 bytes.
  std::size_t log_bytes = std::size_t{1} << 20;

  std::size_t slowest_bytes_per_ms = 64;
  /// For an agent that may be silent for so long.
  static AgentBudget with_silence(Milliseconds silence) {
    AgentBudget budget;
    budget.silence = silence;
    budget.overhead = 3 * silence;
    return budget;
  }
};

}  // namespace mprogcheck
