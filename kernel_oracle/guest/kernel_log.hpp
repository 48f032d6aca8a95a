// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mprogcheck::guest {

/// /dev/kmsg, read as it grows. A line that shows a defect is a splat.
class KernelLog {
 public:
  /// Begins at the end of what the log holds now. False if the log cannot be read.
  bool open();
  /// Reads what is new, without waiting. The first line of a splat, or that records were lost, or nothing; valid until
  /// the next call.
  std::string_view splat();

 private:
  int fd_ = -1;
  std::array<char, 8192> line_{};
};

}  // namespace mprogcheck::guest
