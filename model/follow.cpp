// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/follow.hpp"

#include <optional>

#include "model/permission.hpp"

namespace mprogcheck::model {

namespace {

Verdict decided(Rule rule, const Edit& edit = {}) {
  return {text_of(rule).outcome, rule, edit};
}
Verdict renamed(Verdict verdict, Rule from, Rule to) {
  if (verdict.rule == from) verdict.rule = to;
  return verdict;
}

/// The program that a relative of the call denotes, once it has been resolved.
ProgramIndex relative_of(const World& world, const Detach& call) {
  const bool is_link = (call.flags & flag::link) != 0;
  std::uint8_t object = world.denoted_by_fd(call.relative).object;
  if ((call.flags & flag::id) != 0)
    object = *world.denoted_by_id(call.relative, is_link ? ObjectKind::link : ObjectKind::program);
  return is_link ? world.link(object).program : object;
}

/// mprog.c: bpf_mprog_detach compares the slot with what a list holds before it takes the one behind the last entry for
/// the last entry's. A detach by position names that slot by after the last entry, after nothing, or nothing at all.
bool names_slot_behind_full_list(const World& world, const Operation& operation) {
  const auto* call = std::get_if<Detach>(&operation);
  if (call == nullptr || !call->program.is_zero() || (call->flags & flag::before) != 0) return false;
  const OrderedList& list = world.list(*world.list_at(call->site));
  if (!list.full()) return false;
  const bool at_end = (call->flags & flag::after) == 0 || ((call->flags & flag::id) == 0 && call->relative.is_zero());
  return at_end || list.slots[list.count - 1U].program == relative_of(world, *call);
}
Verdict full_list_keeps_tail(const World& world, const Operation& operation, const Verdict& honest) {
  // Whose the entry is is looked at after the slot.
  const bool has_slot = honest.rule == Rule::detach_done || honest.rule == Rule::detach_owner;
  return has_slot && names_slot_behind_full_list(world, operation) ? decided(Rule::detach_full_tail) : honest;
}

/// Who asks is not looked at.
Verdict detach_by_position_unprivileged(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::detach_permission) return honest;
  Operation as_root = operation;
  as_root.caller = {};
  return renamed(world.predict(as_root), Rule::detach_done, Rule::detach_unguarded);
}

bool asks_a_cgroup(const Operation& operation) {
  const auto site = site_of(operation);
  return site && site->target.is_cgroup();
}
Verdict query_writes_beyond_attr(const World&, const Operation& operation, const Verdict& honest) {
  return asks_a_cgroup(operation) ? honest : renamed(honest, Rule::query_narrow, Rule::query_overrun);
}

/// kernel/bpf/cgroup.c: __cgroup_bpf_query asks for the size before it writes the revision, and not before that.
constexpr std::uint16_t cgroup_count_end = 28;
Verdict cgroup_query_writes_beyond_attr(const World&, const Operation& operation, const Verdict& honest) {
  const auto* query = std::get_if<Query>(&operation);
  if (query == nullptr || !asks_a_cgroup(operation) || query->size >= cgroup_count_end) return honest;
  return renamed(honest, Rule::query_narrow, Rule::cgroup_query_overrun);
}
/// As it came with the revision (Linux 6.17), it did not ask.
Verdict cgroup_query_writes_revision(const World&, const Operation& operation, const Verdict& honest) {
  const auto* query = std::get_if<Query>(&operation);
  if (query == nullptr || !asks_a_cgroup(operation) || query->size < cgroup_count_end) return honest;
  return renamed(honest, Rule::query_narrow, Rule::cgroup_query_revision_overrun);
}

/// It counts as no relative. The flags that were to say what it is count as flags all the same.
Verdict relative_without_program_ignored(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::relative_never_in_list) return honest;
  Operation without = operation;
  Detach& call = std::get<Detach>(without);
  if ((call.flags & (flag::before | flag::after)) == 0) return decided(Rule::no_directive);
  call.relative = {};
  call.flags &= ~(flag::id | flag::link);
  return renamed(world.predict(without), Rule::detach_done, Rule::detach_relative_ignored);
}

}  // namespace

Verdict follow(Quirk quirk, const World& world, const Operation& operation, const Verdict& honest) {
  switch (quirk) {
    case Quirk::full_list_keeps_tail:
      return full_list_keeps_tail(world, operation, honest);
    case Quirk::detach_by_position_unprivileged:
      return detach_by_position_unprivileged(world, operation, honest);
    case Quirk::query_writes_beyond_attr:
      return query_writes_beyond_attr(world, operation, honest);
    case Quirk::cgroup_query_writes_beyond_attr:
      return cgroup_query_writes_beyond_attr(world, operation, honest);
    case Quirk::cgroup_query_writes_revision:
      return cgroup_query_writes_revision(world, operation, honest);
    case Quirk::relative_without_program_ignored:
      return relative_without_program_ignored(world, operation, honest);
  }
  return honest;
}

Verdict follow(const World& world, const Operation& operation, const Verdict& honest) {
  for (unsigned n = 0; n < quirk_count; ++n) {
    const auto quirk = static_cast<Quirk>(n);
    if (!world.traits().has(quirk)) continue;
    const Verdict followed = follow(quirk, world, operation, honest);
    if (followed.rule != honest.rule) return followed;
  }
  return honest;
}

/// kernel/bpf/mprog.c: bpf_mprog_query writes each field, wherever the attr ends.
Answer answer_to(const World& world, const Query& query, ListIndex at, Traits traits) {
  Answer answer = answer_to(world, query, at);
  const bool narrow = query.size < Query::whole_size;
  const Quirk quirk = !query.site.target.is_cgroup()  ? Quirk::query_writes_beyond_attr
                      : query.size < cgroup_count_end ? Quirk::cgroup_query_writes_beyond_attr
                                                      : Quirk::cgroup_query_writes_revision;
  answer.beyond_attr = narrow && traits.has(quirk);
  return answer;
}

}  // namespace mprogcheck::model
