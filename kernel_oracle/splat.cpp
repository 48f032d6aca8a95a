// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/splat.hpp"

#include <array>

namespace mprogcheck {

namespace {

/// Where each begins a message: lib/bug.c and kernel/panic.c (WARNING, BUG), mm/kasan, lib/ubsan.c, lib/refcount.c,
/// kernel/locking/lockdep.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, mm/kmemleak.c, arch traps.
constexpr std::array<std::string_view, 22> patterns = {
    "BUG: ",
    "WARNING: ",
    "kernel BUG at ",
    "Oops: ",
    "Oops[#",
    "Kernel panic - not syncing",
    "general protection fault",
    "Unable to handle kernel",
    "KASAN: ",
    "KCSAN: ",
    "KMSAN: ",
    "UBSAN: ",
    "refcount_t: ",
    "INFO: task ",
    "INFO: possible recursive locking",
    "INFO: rcu_",
    "possible circular locking dependency",
    "inconsistent lock state",
    "rcu: INFO: ",
    "kmemleak: ",
    "stack segment: ",
    "invalid opcode: ",
};

}  // namespace

bool is_splat(std::string_view line) {
  for (const auto pattern : patterns)
    if (line.find(pattern) != std::string_view::npos) return true;
  return false;
}

}  // namespace mprogcheck
