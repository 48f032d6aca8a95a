// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

namespace mprogcheck::guest {

/// What stands in an array before the kernel writes to it: no id, and no attach flag.
inline constexpr std::uint32_t poison = 0xffff'ffff;

/// Of an array that was poison: the kernel wrote the first `promised` slots, and nothing behind them.
inline bool wrote_exactly(std::span<const std::uint32_t> slots, std::uint32_t promised) {
  const auto is_poison = [](std::uint32_t slot) { return slot == poison; };
  const auto written = slots.first(promised), rest = slots.subspan(promised);
  return std::none_of(written.begin(), written.end(), is_poison) && std::all_of(rest.begin(), rest.end(), is_poison);
}

/// One answer of BPF_PROG_QUERY, as the kernel wrote it.
struct RawView {
  static constexpr std::uint32_t room = 65;  ///< the entries that are asked for: one more than any list holds
  /// Behind what is asked for: here lands what a kernel writes too much, and not in other memory.
  static constexpr std::uint32_t spare = 63;
  using Slots = std::array<std::uint32_t, room + spare>;

  /// In front of an array; behind it is what is spare.
  using Front = std::array<std::uint32_t, 16>;

  Front before_programs;
  Slots programs;
  Front before_links;
  Slots links;
  std::uint64_t revision = 1;
  std::uint32_t count = 0;
  std::uint32_t flags = 0;   ///< attach_flags: the mode of a cgroup's list
  std::uint32_t length = 0;  ///< entries that were written
  std::int32_t error = 0;

  void poison_arrays() {
    before_programs.fill(poison);
    before_links.fill(poison);
    programs.fill(poison);
    links.fill(poison);
  }
  /// After a query for `asked` entries: what it returned, and what it wrote to the attr. The kernel promises an entry
  /// per program as far as there is room, also with ENOSPC, and none if the query failed (kernel/bpf/mprog.c:
  /// bpf_mprog_query).
  void take(int result, std::uint32_t asked, std::uint32_t kernel_count, std::uint32_t kernel_flags,
            std::uint64_t kernel_revision) {
    const bool answered = result >= 0 || result == -ENOSPC;
    error = result < 0 ? -result : 0;
    count = answered ? kernel_count : 0;
    flags = answered ? kernel_flags : 0;
    revision = answered ? kernel_revision : 0;
    length = std::min(count, asked);
  }
  /// If the arrays were poison before the query: what the kernel wrote is what take() says it promised.
  [[nodiscard]] bool keeps_promise(bool with_links) const {
    return wrote_exactly(before_programs, 0) && wrote_exactly(programs, length) && wrote_exactly(before_links, 0) &&
           wrote_exactly(links, with_links ? length : 0);
  }
};

}  // namespace mprogcheck::guest
