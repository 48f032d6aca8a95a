// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

namespace mprogcheck::guest {

/// The kernel's own mark that something went wrong in it, which stays when the log says nothing, or no more.
class Taint {
 public:
  /// Remembers what it is tainted with now: out-of-tree modules and the like are no concern of ours. False if it cannot
  /// be read.
  bool open();
  /// What has come since, in words; empty if nothing has. It is new once: the next call is silent about it.
  std::string news();

 private:
  [[nodiscard]] std::uint64_t read() const;

  int fd_ = -1;
  std::uint64_t known_ = 0;
};

/// Letters of the bits (kernel/panic.c: taint_flags), those without one as numbers.
std::string taint_letters(std::uint64_t bits);

}  // namespace mprogcheck::guest
