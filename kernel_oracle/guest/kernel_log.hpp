// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel_oracle/guest/taint.hpp"

namespace mprogcheck::guest {

/// /dev/kmsg, read as it grows, and the kernel's taint. A line that shows a defect is a splat.
class KernelLog {
 public:
  /// Begins at the end of what the log holds now. False if the log cannot be read.
  bool open();
  /// A sequence of so many steps begins: more lines than it may cause are a flood.
  void expect_lines_of(std::uint32_t steps) { lines_left_ = 1000 + 8 * steps; }
  /// For a lie: the next record that is read is this one, of the kernel. The text must stay.
  void pretend(std::string_view message) { pretended_ = message; }
  /// Reads what is new, without waiting. What a splat says, or that records were lost or are too many, or nothing.
  std::string splat();
  /// What has tainted the kernel since the last call, in words; empty if nothing has.
  std::string taint() { return taint_.news(); }

 private:
  long read_record(char* to, std::size_t room);

  int fd_ = -1;
  Taint taint_;
  std::string_view pretended_;
  std::uint32_t lines_left_ = 1000;
  std::array<char, 8192> line_{};
};

}  // namespace mprogcheck::guest
