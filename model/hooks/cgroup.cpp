// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// cgroup: a list for each attach type of any cgroup (kernel/bpf/cgroup.c).
//
//   mode      how it comes      a second program            programs in cgroups below
//   none      neither flag      takes the place of the one  are refused
//   override  OVERRIDE          takes the place of the one  run instead of it
//   multi     MULTI, any link   stands beside the others    run beside it
//
// A list has the mode of its entries, and none while it has no entry.
#include "model/hooks/cgroup.hpp"

#include <algorithm>

#include "model/hooks/arguments.hpp"
#include "model/hooks/family.hpp"
#include "model/query.hpp"

namespace mprogcheck::model {

namespace {

bool on(DeviceClass) {
  return false;
}
std::optional<Rule> refuses(const World&, const Site&) {
  return std::nullopt;  // every cgroup has them all
}
/// The list is a part of the cgroup, and its revision goes on as long as that is there.
bool keeps(const World&, const Site&) {
  return true;
}
void emptied(OrderedList&) {}
Rule nothing(const World&, const Site&) {
  return Rule::run_nothing;
}
std::optional<Hook> no_other(Hook) {
  return std::nullopt;
}

Mode mode_of(std::uint32_t flags) {
  return (flags & flag::multi) != 0 ? Mode::multi : (flags & flag::override_) != 0 ? Mode::override_ : Mode::none;
}

/// hierarchy_allows_attach: the nearest list above that has a program decides.
bool allowed_by_those_above(const World& world, const Site& site) {
  for (Cgroup above = world.parent({static_cast<std::uint8_t>(site.target.number())}); above.number != Cgroup::top;
       above = world.parent(above)) {
    const OrderedList* const list = world.list_of(site.hook, above);
    if (list != nullptr && !list->empty()) return list->mode != Mode::none;
  }
  return true;
}

/// What is asked of a list: an entry that a program call or a link is to have there.
struct Request {
  ProgramIndex program = no_program;
  bool by_link = false;
  std::uint32_t flags = 0;
  Argument relative;
  ProgramIndex old_program = no_program;
  std::uint64_t expected_revision = 0;
};

/// The place of an entry that is new. get_prog_list.
mprog::Decision place(const World& world, const OrderedList& list, const Request& request) {
  const bool before = (request.flags & flag::before) != 0, after = (request.flags & flag::after) != 0;
  const bool says_link = (request.flags & flag::link) != 0;
  const bool has_relative = (request.flags & (flag::id | flag::link)) != 0 || !request.relative.is_zero();
  if (!has_relative) {
    if (before && after && !list.empty()) return {Rule::cgroup_both_ends};
    return {Rule::attach_done, before ? 0 : list.count};
  }
  if (before == after) return {Rule::cgroup_relative_alone};
  if (says_link != request.by_link) return {Rule::cgroup_relative_owner};
  const mprog::Relative relative = find_relative(world, request.relative, request.flags, request.by_link);
  if (relative.refused) return {*relative.refused};
  const auto at = says_link ? list.find_link(relative.link) : list.find(relative.program, no_link);
  if (!at) return {Rule::relative_absent};
  if (list.slots[static_cast<unsigned>(*at)].preorder != ((request.flags & flag::preorder) != 0))
    return {Rule::cgroup_relative_preorder};
  return {Rule::attach_done, before ? *at : *at + 1};
}

/// __cgroup_bpf_attach.
mprog::Decision decide_attach(const World& world, ListIndex at, const Request& request) {
  const OrderedList& list = world.list(at);
  const bool replaces = (request.flags & flag::replace) != 0;
  const bool multi = (request.flags & flag::multi) != 0;
  if (multi ? (request.flags & flag::override_) != 0 : replaces) return {Rule::cgroup_modes};
  if (replaces && (request.flags & (flag::before | flag::after)) != 0) return {Rule::cgroup_replace_beside};
  if (request.expected_revision != 0 && request.expected_revision != list.revision) return {Rule::stale};
  if (!allowed_by_those_above(world, world.sites()[at])) return {Rule::cgroup_hierarchy};
  if (!list.empty() && list.mode != mode_of(request.flags)) return {Rule::cgroup_other_mode};
  if (list.count == OrderedList::capacity) return {Rule::cgroup_full};
  if (!multi) return list.empty() ? place(world, list, request) : mprog::Decision{Rule::cgroup_takes_place, 0};

  const bool stands_there = !request.by_link && list.find(request.program, no_link).has_value();
  if (stands_there && request.program != request.old_program) return {Rule::cgroup_exists};
  if (!replaces) return place(world, list, request);
  const auto old = list.find(request.old_program, no_link);
  return old ? mprog::Decision{Rule::replace_done, *old} : mprog::Decision{Rule::replace_absent};
}

/// The edit that such a decision is.
Edit edit_of(const mprog::Decision& decision, ListIndex at, const Request& request) {
  Edit edit{.list = at, .position = static_cast<std::uint8_t>(decision.position), .program = request.program};
  edit.mode = mode_of(request.flags);
  edit.preorder = (request.flags & flag::preorder) != 0;
  if (decision.rule == Rule::attach_done) edit.kind = request.by_link ? Edit::Kind::create_link : Edit::Kind::insert;
  if (decision.rule == Rule::replace_done || decision.rule == Rule::cgroup_takes_place)
    edit.kind = Edit::Kind::overwrite;
  return edit;
}

/// Without the interface for order, what it is said with is looked at before the program (kernel/bpf/syscall.c:
/// bpf_prog_attach, bpf_prog_detach).
constexpr std::uint32_t ordering = flag::before | flag::after | flag::id | flag::link;
template <typename Call>
bool says_order(const Call& call) {
  return !call.relative.is_zero() || call.revision.resolve(0) != 0;  // no revision is told, so that now is none
}

/// kernel/bpf/syscall.c: bpf_prog_attach; cgroup_bpf_prog_attach.
Verdict attach(const World& world, const Attach& call) {
  const HookRow& row = row_of(call.site.hook);
  if ((call.flags & ~row.attach_mask) != 0) return decided(Rule::cgroup_attach_flags);
  if (!world.has(Extension::cgroup_preorder) && (call.flags & flag::preorder) != 0)
    return decided(Rule::cgroup_preorder_unknown);
  if (!world.has(Extension::cgroup_order) && ((call.flags & ordering) != 0 || says_order(call)))
    return decided(Rule::cgroup_order_unknown);
  const auto program =
      program_of_type(world, call.program, row.type, Rule::attach_program_closed, Rule::attach_not_a_program);
  if (program.refused) return decided(*program.refused);
  const Located at = world.locate(call.site, Rule::attach_no_device);
  if (at.refused) return decided(*at.refused);
  WantedProgram old;
  if ((call.flags & flag::replace) != 0 && (call.flags & flag::multi) != 0)
    old = program_of_type(world, call.replace, row.type, Rule::attach_replace_closed, Rule::attach_replace_type);
  if (old.refused) return decided(*old.refused);
  const Request request{.program = program.program,
                        .flags = call.flags,
                        .relative = call.relative,
                        .old_program = old.program,
                        .expected_revision = call.revision.resolve(world.list(at.list).revision)};
  const mprog::Decision decision = decide_attach(world, at.list, request);
  return decided(decision.rule, edit_of(decision, at.list, request));
}

/// kernel/bpf/syscall.c: link_create; cgroup_bpf_link_attach. What links make is shared.
Verdict create_link(const World& world, const CreateLink& call) {
  const ProgramType type = row_of(call.site.hook).type;
  const auto program = program_of_type(world, call.program, type, Rule::link_program_closed, Rule::link_not_a_program);
  if (program.refused) return decided(*program.refused);
  if ((call.flags & ~flag::cgroup_link_mask) != 0) return decided(Rule::cgroup_link_flags);
  const bool orders = world.has(Extension::cgroup_order);
  if (!orders && call.flags != 0) return decided(Rule::cgroup_link_order_unknown);
  const Located at = world.locate(call.site, Rule::link_no_device);
  if (at.refused) return decided(*at.refused);
  const Request request{.program = program.program,
                        .by_link = true,
                        .flags = call.flags | flag::multi,
                        .relative = orders ? call.relative : Argument(),
                        .expected_revision = orders ? call.revision.resolve(world.list(at.list).revision) : 0};
  const mprog::Decision decision = decide_attach(world, at.list, request);
  Edit edit = edit_of(decision, at.list, request);
  edit.name = call.name;
  return decided(decision.rule == Rule::attach_done ? Rule::link_done : decision.rule, edit);
}

/// kernel/bpf/syscall.c: bpf_prog_detach; __cgroup_bpf_detach. An fd that is no program counts as none.
Verdict detach(const World& world, const Detach& call) {
  if (call.flags != 0 || !call.relative.is_zero()) return decided(Rule::cgroup_detach_flags);
  if (!world.has(Extension::cgroup_order) && says_order(call)) return decided(Rule::cgroup_detach_order_unknown);
  const Located at = world.locate(call.site, Rule::detach_no_device);
  if (at.refused) return decided(*at.refused);
  const auto program = program_of_type(world, call.program, row_of(call.site.hook).type, Rule::detach_program_closed,
                                       Rule::detach_not_a_program);
  const OrderedList& list = world.list(at.list);
  const std::uint64_t expected = call.revision.resolve(list.revision);
  if (expected != 0 && expected != list.revision) return decided(Rule::stale);
  if (list.empty()) return decided(Rule::cgroup_detach_empty);
  if (list.mode != Mode::multi) return decided(Rule::cgroup_detach_any, {.kind = Edit::Kind::remove, .list = at.list});
  if (program.refused) return decided(Rule::cgroup_detach_no_program);
  const auto position = list.find(program.program, no_link);
  if (!position) return decided(Rule::detach_absent);
  return decided(Rule::detach_done,
                 {.kind = Edit::Kind::remove, .list = at.list, .position = static_cast<std::uint8_t>(*position)});
}

/// An entry marked PREORDER is in the list, or in one above or below it.
bool is_beside_preorder(const World& world, const Site& site) {
  const auto is_above = [&world](Cgroup above, Cgroup cgroup) {
    while (cgroup.number != Cgroup::top && cgroup != above) cgroup = world.parent(cgroup);
    return cgroup == above;
  };
  const Cgroup own{static_cast<std::uint8_t>(site.target.number())};
  for (std::uint8_t n = 0; n < Cgroup::count; ++n) {
    const OrderedList* const list = world.list_of(site.hook, {n});
    if (list == nullptr || (!is_above(own, {n}) && !is_above({n}, own))) continue;
    if (std::ranges::any_of(list->entries(), &Entry::preorder)) return true;
  }
  return false;
}

/// cgroup_bpf_replace. That the program is the same changes nothing, and yet counts.
Rule update(const World& world, ListIndex at, const mprog::UpdateRequest& request) {
  if (request.mismatch) return Rule::update_old_mismatch;
  if (request.other_type) return Rule::update_type;
  return is_beside_preorder(world, world.sites()[at]) ? Rule::cgroup_update_beside_preorder : Rule::update_done;
}

/// __cgroup_bpf_query.
Rule query(const World& world, const Query& call, ListIndex at) {
  const Query read = as_read(call);
  const bool asks_for_flags = (read.without & Query::array_prog_flags) == 0;
  if ((read.query_flags & Query::effective) != 0 && asks_for_flags) return Rule::cgroup_query_flags;
  return decide_room(call, answer_to(world, call, at).count);
}

}  // namespace

Effective effective(const World& world, Hook hook, Cgroup cgroup) {
  std::array<const OrderedList*, Cgroup::count> lists{};
  unsigned count = 0;
  for (Cgroup at = cgroup; at.number != Cgroup::top; at = world.parent(at)) {
    const OrderedList* const list = world.list_of(hook, at);
    if (list == nullptr || list->empty()) continue;
    if (count == 0 || list->mode == Mode::multi) lists[count++] = list;
  }
  Effective all;
  const auto take = [&all](const OrderedList& list, bool preorder) {
    for (const Entry& entry : list.entries())
      if (entry.preorder == preorder) all.programs[all.count++] = entry.program;
  };
  for (unsigned n = count; n > 0; --n) take(*lists[n - 1], true);
  for (unsigned n = 0; n < count; ++n) take(*lists[n], false);
  return all;
}

constinit const FamilyRules cgroup_rules{.refuses = refuses,
                                         .on = on,
                                         .keeps = keeps,
                                         .attach = attach,
                                         .detach = detach,
                                         .create_link = create_link,
                                         .query = query,
                                         .tells_links = false,
                                         .update = update,
                                         .emptied = emptied,
                                         .unknown_code = Rule::run_unknown,
                                         .nothing = nothing,
                                         .before = no_other,
                                         .after = no_other};

}  // namespace mprogcheck::model
