// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/outcome.hpp"

namespace mprogcheck::model {

/// The rule that decided an operation's outcome: see model/rules.def.
enum class Rule : std::uint8_t {
#define RULE(id, name, outcome, says) id,
#include "model/rules.def"
#undef RULE
};

inline constexpr unsigned rule_count = 0
#define RULE(id, name, outcome, says) +1
#include "model/rules.def"
#undef RULE
    ;

struct RuleText {
  std::string_view name;
  Outcome outcome;
  std::string_view says;
};
/// What a rule is called, gives and says.
const RuleText& text_of(Rule rule);
inline std::string_view name_of(Rule rule) {
  return text_of(rule).name;
}
/// The rule called so, if there is one.
std::optional<Rule> rule_named(std::string_view name);

}  // namespace mprogcheck::model
