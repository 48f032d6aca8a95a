// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/permission.hpp"

namespace mprogcheck::model {

std::optional<Rule> refused_without_capability(const Operation& operation, Quirks quirks) {
  if (std::holds_alternative<Query>(operation)) return Rule::query_permission;
  if (std::holds_alternative<Open>(operation)) return Rule::open_permission;
  if (std::holds_alternative<Load>(operation)) return Rule::load_permission;
  if (const auto* detach = std::get_if<Detach>(&operation)) {
    const bool by_position = detach->program.is_zero();
    const bool flags_refused_first = (detach->flags & ~flag::mprog_mask) != 0;
    if (by_position && !flags_refused_first && !quirks.has(Quirk::detach_by_position_unprivileged))
      return Rule::detach_permission;
  }
  return std::nullopt;
}

}  // namespace mprogcheck::model
