// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rule.hpp"

#include <array>

namespace mprogcheck::model {

namespace {
constexpr std::array<RuleText, rule_count> texts{{
#define RULE(id, name, outcome, says) {name, outcome, says},
#include "model/rules.def"
#undef RULE
}};
}  // namespace

const RuleText& text_of(Rule rule) {
  return texts[static_cast<unsigned>(rule)];
}

std::optional<Rule> rule_named(std::string_view name) {
  for (unsigned n = 0; n < rule_count; ++n)
    if (texts[n].name == name) return static_cast<Rule>(n);
  return std::nullopt;
}

}  // namespace mprogcheck::model
