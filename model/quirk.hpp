// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mprogcheck::model {

/// A wrong behaviour that is known, and that the model can be told to follow so that a campaign gets past it. The
/// specification is the model without quirks; docs/findings/ describes each.
enum class Quirk : std::uint8_t {
  full_list_keeps_tail,              ///< detaching the last of 63 entries by position gives -ERANGE
  detach_by_position_unprivileged,   ///< BPF_PROG_DETACH without a program asks for no capability
  query_writes_beyond_attr,          ///< BPF_PROG_QUERY writes its answer whatever the size of the attr
  relative_without_program_ignored,  ///< a detach by position takes a link without a program for no relative at all
  cgroup_query_writes_beyond_attr,  ///< BPF_PROG_QUERY at a cgroup writes flags and count whatever the size of the attr
  cgroup_query_writes_revision,     ///< and the revision
};
inline constexpr unsigned quirk_count = 6;

/// A part of the interface that came later than the rest. What a kernel without it says to the same calls is as much a
/// rule as what one with it says.
enum class Extension : std::uint8_t {
  cgroup_preorder,  ///< BPF_F_PREORDER at cgroups' hooks (Linux 6.15, and backports)
  cgroup_order,     ///< BEFORE, AFTER, relatives and revisions at cgroups' hooks (Linux 6.17, and backports)
};
inline constexpr unsigned extension_count = 2;

/// What a kernel does otherwise than the specification, and what it has not got yet. Without anything: the newest
/// kernel as it should be.
struct Traits {
  std::uint8_t quirks = 0;   ///< bit N: it has Quirk N
  std::uint8_t missing = 0;  ///< bit N: it lacks Extension N
  [[nodiscard]] constexpr bool has(Quirk quirk) const { return (quirks >> static_cast<unsigned>(quirk) & 1U) != 0; }
  [[nodiscard]] constexpr bool lacks(Extension part) const {
    return (missing >> static_cast<unsigned>(part) & 1U) != 0;
  }
  constexpr void add(Quirk quirk) { quirks = static_cast<std::uint8_t>(quirks | 1U << static_cast<unsigned>(quirk)); }
  constexpr void lose(Extension part) {
    missing = static_cast<std::uint8_t>(missing | 1U << static_cast<unsigned>(part));
  }
  constexpr void add(Traits other) {
    quirks = static_cast<std::uint8_t>(quirks | other.quirks);
    missing = static_cast<std::uint8_t>(missing | other.missing);
  }
  /// The same kernel, were it right.
  [[nodiscard]] constexpr Traits without_quirks() const { return {.quirks = 0, .missing = missing}; }
  friend constexpr auto operator<=>(Traits, Traits) = default;
};

std::string_view name_of(Quirk quirk);
std::optional<Quirk> quirk_named(std::string_view name);
/// As OracleIdentity::features has it.
std::string_view name_of(Extension part);

}  // namespace mprogcheck::model
