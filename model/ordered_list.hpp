// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace mprogcheck::model {

using ProgramIndex = std::uint8_t;  ///< into World's programs
using LinkIndex = std::uint8_t;     ///< into World's links
inline constexpr LinkIndex no_link = 0xff;
inline constexpr ProgramIndex no_program = 0xff;

/// One attachment: a program, and the link that owns it, if it was attached by a link.
struct Entry {
  ProgramIndex program = no_program;
  LinkIndex link = no_link;
  bool preorder = false;  ///< a cgroup's: it runs before those of the cgroups below
  friend constexpr auto operator<=>(const Entry&, const Entry&) = default;
};

/// How a cgroup shares its list with the cgroups above and below (include/linux/bpf-cgroup-defs.h: flags).
enum class Mode : std::uint8_t {
  none,       ///< one program, and none below; also of an empty list, and of every list that is no cgroup's
  override_,  ///< one program, which gives way to those below  // NOLINT(readability-identifier-naming)
  multi       ///< many, which run beside those above and below
};

/// The attachments of one hook of one target, in the order in which they run, and the revision.
struct OrderedList {
  static constexpr unsigned capacity = 64;        ///< of the longest: BPF_CGROUP_MAX_PROGS
  static constexpr unsigned mprog_capacity = 63;  ///< include/linux/bpf_mprog.h: bpf_mprog_max()

  std::uint64_t revision = 1;  ///< what a query tells
  std::uint64_t hidden = 0;    ///< the true one, where a query tells another; 0: it does not
  Mode mode = Mode::none;
  std::uint8_t count = 0;
  std::array<Entry, capacity> slots{};

  [[nodiscard]] std::span<const Entry> entries() const { return {slots.data(), count}; }
  [[nodiscard]] bool empty() const { return count == 0; }
  /// For a hook that uses kernel/bpf/mprog.c.
  [[nodiscard]] bool full() const { return count >= mprog_capacity; }
  /// Where the program stands first, whoever attached it.
  [[nodiscard]] std::optional<int> find(ProgramIndex program) const;
  /// Where the program stands for that owner: it may be there for another, too, where a hook allows it.
  [[nodiscard]] std::optional<int> find(ProgramIndex program, LinkIndex owner) const;
  /// Where the link's entry stands.
  [[nodiscard]] std::optional<int> find_link(LinkIndex link) const;

  /// What an expected revision is compared with.
  [[nodiscard]] std::uint64_t current() const { return hidden != 0 ? hidden : revision; }
  /// bpf_mprog_commit().
  void move_on() {
    revision = current() + 1;
    hidden = 0;
  }

  void insert(int position, Entry entry);
  void overwrite(int position, Entry entry) { slots[static_cast<unsigned>(position)] = entry; }
  void remove(int position);

  friend bool operator==(const OrderedList& a, const OrderedList& b);
};

}  // namespace mprogcheck::model
