// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/world.hpp"

namespace mprogcheck::model {

/// What became of a packet that was sent through a hook.
enum class Fate : std::uint8_t {
  none,        ///< there was none: the operation sends nothing, or could not
  passed,      ///< it was seen behind the hook
  dropped,     ///< it came as far as the hook, and was seen nowhere behind it
  redirected,  ///< it was seen at the device to which programs redirect
  lost,        ///< it did not even come to the hook. Never predicted
  multiplied,  ///< it was seen behind the hook more than once. Never predicted
};
inline constexpr unsigned fates = 6;
/// "passed", "dropped", …
std::string_view name_of(Fate fate);

/// The way of one packet: the programs that run, in order. It may lead through two hooks of a device.
struct Passage {
  Rule rule = Rule::run_nothing;
  std::uint8_t count = 0;
  std::array<ProgramIndex, std::size_t{2} * OrderedList::capacity> programs{};

  [[nodiscard]] std::span<const ProgramIndex> ran() const { return {programs.data(), count}; }
};

/// Of a packet that is sent to the hook of that list: programs run in list order, whoever attached them, up to and
/// including the first that does not say next. What follows is for the family to say.
Passage passage(const World& world, const Site& site);
/// The rule of the same passage alone: what predict() needs.
Rule rule_of_passage(const World& world, const Site& site);
/// What the rule says of the packet; none for rules that are not about one.
Fate fate_of(Rule rule);

}  // namespace mprogcheck::model
