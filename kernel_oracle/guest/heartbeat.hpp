// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "kernel_oracle/guest/channel.hpp"

namespace mprogcheck::guest {

/// Tells the host that work goes on while there is nothing else to say: an empty log frame, about once a second. The
/// host takes silence for a hang; a kernel that hangs keeps the agent from coming here.
class Heartbeat {
 public:
  explicit Heartbeat(Channel& channel, std::uint64_t interval_ns = 1'000'000'000);

  /// Work was done: one unit is a few system calls. The clock is read only when many have come together.
  void did(unsigned units) {
    since_clock_ += units;
    if (since_clock_ >= units_per_clock) [[unlikely]]
      look_at_clock();
  }
  static constexpr unsigned units_per_clock = 256;

  [[nodiscard]] Channel& channel() { return channel_; }

 private:
  void look_at_clock();

  Channel& channel_;
  std::uint64_t interval_ns_;
  std::uint64_t last_;
  unsigned since_clock_ = 0;
  wire::Buffer frame_;
};

}  // namespace mprogcheck::guest
