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
};
inline constexpr unsigned quirk_count = 4;

/// A set of quirks.
struct Quirks {
  std::uint8_t bits = 0;
  [[nodiscard]] constexpr bool has(Quirk quirk) const { return (bits >> static_cast<unsigned>(quirk) & 1U) != 0; }
  constexpr void add(Quirk quirk) { bits = static_cast<std::uint8_t>(bits | 1U << static_cast<unsigned>(quirk)); }
  friend constexpr auto operator<=>(Quirks, Quirks) = default;
};

std::string_view name_of(Quirk quirk);
std::optional<Quirk> quirk_named(std::string_view name);

}  // namespace mprogcheck::model
