// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/rule.hpp"

#include <array>

namespace mprogcheck::model::rfc_v2 {

namespace {
constexpr std::array<RuleText, rule_count> texts{{
#define MPROGCHECK_RULE(id, name, outcome, says) {name, outcome, says},
    MPROGCHECK_RFC_V2_RULES(MPROGCHECK_RULE)
#undef MPROGCHECK_RULE
}};
}  // namespace

const RuleText& text_of(Rule rule) {
  return texts[static_cast<unsigned>(rule)];
}

}  // namespace mprogcheck::model::rfc_v2
