// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/cgroup.hpp"
#include "model/hooks/hook.hpp"
#include "model/ordered_list.hpp"

namespace mprogcheck::model {

class World;

/// The programs that run for a task in a cgroup, in order.
struct Effective {
  static constexpr unsigned most = OrderedList::capacity * Cgroup::count;
  std::array<ProgramIndex, most> programs{};
  std::uint16_t count = 0;
  [[nodiscard]] std::span<const ProgramIndex> ran() const { return {programs.data(), count}; }
};

/// Which lists count: from the cgroup upward the nearest that has a program, and every one above it that is shared
/// (mode multi). First the entries marked PREORDER, those of the topmost cgroup first; then the others, those of the
/// lowest cgroup first. Within a cgroup both are in the order of its list (kernel/bpf/cgroup.c:
/// compute_effective_progs).
Effective effective(const World& world, Hook hook, Cgroup cgroup);

}  // namespace mprogcheck::model
