// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/splat.hpp"

#include <array>

namespace mprogcheck {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// At the begin of a word: "BUG: " is not in "DEBUG: ".
bool has_pattern(std::string_view line, std::string_view pattern) {
  for (auto at = line.find(pattern); at != std::string_view::npos; at = line.find(pattern, at + 1))
    if (at == 0 || !is_word(line[at - 1])) return true;
  return false;
}

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
    if (has_pattern(line, pattern)) return true;
  return false;
}

std::string_view kernel_message(std::string_view record) {
  unsigned priority = 0;
  std::size_t digits = 0;
  for (; digits < record.size() && record[digits] >= '0' && record[digits] <= '9' && digits < 6; ++digits)
    priority = priority * 10 + static_cast<unsigned>(record[digits] - '0');
  const auto semicolon = record.find(';');
  // Facility 0 is the kernel; user space cannot claim it (kernel/printk/printk.c: devkmsg_write).
  if (digits == 0 || priority >> 3 != 0 || semicolon == std::string_view::npos) return {};
  record.remove_prefix(semicolon + 1);
  return record.substr(0, record.find('\n'));
}

}  // namespace mprogcheck
