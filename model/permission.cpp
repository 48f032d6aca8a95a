// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/permission.hpp"

namespace mprogcheck::model {

std::optional<Rule> refused_without_capability(const Operation& operation) {
  if (const auto* query = std::get_if<Query>(&operation)) {
    // An attr that is no attr at all is refused before the call is looked at (kernel/bpf/syscall.c: __sys_bpf).
    const bool attr_refused_first = query->garbage && query->size >= Query::foreign_size;
    return attr_refused_first ? std::nullopt : std::optional(Rule::query_permission);
  }
  if (std::holds_alternative<Open>(operation)) return Rule::open_permission;
  if (std::holds_alternative<Load>(operation)) return Rule::load_permission;
  if (const auto* next = std::get_if<NextId>(&operation))
    return is_beyond_ids(*next) ? std::nullopt : std::optional(Rule::next_id_permission);
  if (device_of(operation)) return Rule::device_permission;
  if (std::holds_alternative<Get>(operation) || std::holds_alternative<Unpin>(operation)) return Rule::pin_permission;
  if (const auto* detach = std::get_if<Detach>(&operation); detach != nullptr && detach->program.is_zero()) {
    const bool flags_refused_first = (detach->flags & ~flag::mprog_mask) != 0;
    if (!flags_refused_first) return Rule::detach_permission;
  }
  return std::nullopt;
}

}  // namespace mprogcheck::model
