// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sched.h>

#include <cstdint>
#include <ctime>

namespace mprogcheck::guest {

/// CLOCK_MONOTONIC, nanoseconds.
inline std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

/// Whether it comes to hold within so long, in nanoseconds. The kernel's workers get so many turns in any case: a guest
/// that was held up finds its deadline over, and nothing done.
template <typename Condition>
bool await(std::uint64_t patience_ns, Condition holds) {
  constexpr unsigned least_turns = 1000;
  if (holds()) return true;
  const std::uint64_t end = now() + patience_ns;
  for (unsigned turns = 0; turns < least_turns || now() < end; ++turns) {
    sched_yield();
    if (holds()) return true;
  }
  return false;
}

/// What a sequence is ready to wait for what comes late. What has not come by then does not: the step differs, and for
/// what comes after it nobody waits, for nothing of it is judged.
class Patience {
 public:
  explicit Patience(std::uint64_t ns) : whole_ns_(ns), left_ns_(ns) {}
  void renew() { left_ns_ = whole_ns_; }
  template <typename Condition>
  bool await(Condition holds) {
    if (guest::await(left_ns_, holds)) return true;
    left_ns_ = 0;
    return false;
  }

 private:
  std::uint64_t whole_ns_, left_ns_;
};

}  // namespace mprogcheck::guest
