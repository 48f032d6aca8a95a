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
  if (const auto* detach = std::get_if<Detach>(&operation);
      detach != nullptr && detach->program.is_zero() && target_kind(detach->site.hook) == TargetKind::device) {
    const bool flags_refused_first = (detach->flags & ~flag::mprog_mask) != 0;
    if (!flags_refused_first) return Rule::detach_permission;
  }
  return std::nullopt;
}

bool is_of_permission(Rule rule) {
  switch (rule) {
    case Rule::query_permission:
    case Rule::detach_permission:
    case Rule::open_permission:
    case Rule::next_id_permission:
    case Rule::load_permission:
    case Rule::device_permission:
    case Rule::pin_permission:
    case Rule::cgroup_permission:
    case Rule::cgroup_attach_skb:
    case Rule::cgroup_link_skb:
      return true;
    default:
      return false;
  }
}

Verdict without_capability(const World& world, const Operation& operation, const Verdict& verdict) {
  const auto refused = [](Rule rule) -> Verdict { return {text_of(rule).outcome, rule, {}}; };
  if (std::holds_alternative<Pin>(operation))
    return verdict.rule == Rule::pin_no_object ? verdict : refused(Rule::pin_permission);
  if (cgroup_of(operation)) {
    const bool looked_up_first = verdict.rule == Rule::remove_cgroup_absent ||
                                 verdict.rule == Rule::make_cgroup_exists ||
                                 verdict.rule == Rule::make_cgroup_no_parent;
    return looked_up_first ? verdict : refused(Rule::cgroup_permission);
  }
  const auto is_cgroup_skb = [&world](const Argument& fd) {
    const Denoted denoted = world.denoted_by_fd(fd);
    return denoted.kind == Denoted::Kind::program && world.program(denoted.object).type == ProgramType::cgroup_skb;
  };
  // kernel/bpf/syscall.c: bpf_prog_attach_check_attach_type. An attach makes its own errno of it.
  if (const auto* attach = std::get_if<Attach>(&operation)) {
    const bool about_flags = verdict.rule == Rule::cgroup_attach_flags ||
                             verdict.rule == Rule::cgroup_preorder_unknown ||
                             verdict.rule == Rule::cgroup_order_unknown;
    const bool comes_to_it =
        row_of(attach->site.hook).type == ProgramType::cgroup_skb && is_cgroup_skb(attach->program);
    return comes_to_it && !about_flags ? refused(Rule::cgroup_attach_skb) : verdict;
  }
  if (const auto* link = std::get_if<CreateLink>(&operation); link != nullptr && is_cgroup_skb(link->program))
    return refused(Rule::cgroup_link_skb);
  return verdict;
}

}  // namespace mprogcheck::model
