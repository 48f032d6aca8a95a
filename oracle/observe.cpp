// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/observe.hpp"

#include <algorithm>
#include <bit>

#include "model/hooks/family.hpp"
#include "model/permission.hpp"
#include "model/query.hpp"

namespace mprogcheck {

namespace {

/// Fillers are not lied about.
bool has_countable_object(const model::World& world, const model::Declarations& declarations) {
  if (declarations.programs != 0) return true;
  for (unsigned n = model::mortal_program_begin; n < model::program_count; ++n)
    if (world.program(static_cast<model::ProgramIndex>(n)).alive) return true;
  for (unsigned n = 0; n < model::link_count; ++n)
    if (world.link(static_cast<model::LinkIndex>(n)).alive) return true;
  return false;
}

using Victim = std::optional<std::uint8_t>;

Victim victim_if(bool applies) {
  return applies ? Victim(std::uint8_t{0}) : std::nullopt;
}

/// The list of the site that a program's call names: an attach, a detach, a fill or a query.
std::optional<model::ListIndex> list_of_program_call(const model::World& world, const model::Operation& operation) {
  if (const auto* attach = std::get_if<model::Attach>(&operation)) return world.list_at(attach->site);
  if (const auto* detach = std::get_if<model::Detach>(&operation)) return world.list_at(detach->site);
  if (const auto* fill = std::get_if<model::Fill>(&operation)) return world.list_at(fill->site);
  if (const auto* query = std::get_if<model::Query>(&operation)) return world.list_at(query->site);
  return std::nullopt;
}

/// No call of a program may take a link's entry, whatever it does to the list.
Victim link_of_others(const model::World& before, const model::World& after, const model::Operation& operation) {
  const auto index = list_of_program_call(before, operation);
  if (!index || !model::rules_of(before.sites().hook(*index)).tells_links) return std::nullopt;
  const auto entries = after.list(*index).entries();
  for (const model::Entry& entry : before.list(*index).entries())
    if (entry.link != model::no_link && std::ranges::find(entries, entry) != entries.end()) return entry.link;
  return std::nullopt;
}

/// Where an insertion with one directive and no relative stands, if that can be told from where it does not.
template <typename Call>
Victim end_of(const Call& call, const model::Edit& edit, const model::World& after) {
  if ((call.flags & model::flag::replace) != 0 || !call.relative.is_zero()) return std::nullopt;
  const bool first = (call.flags & model::flag::before) != 0;
  if (!first && (call.flags & model::flag::after) == 0) return std::nullopt;
  const model::OrderedList list = after.shown(edit.list);
  if (list.count < 2) return std::nullopt;
  // Of two that look alike none can be told from the other.
  const unsigned at = first ? 0 : list.count - 2U;
  if (list.slots[at] == list.slots[at + 1]) return std::nullopt;
  return std::uint8_t{first ? std::uint8_t{0} : std::uint8_t{1}};
}

Victim inserted_end(const model::Verdict& verdict, const model::World& after, const model::Operation& operation) {
  using Kind = model::Edit::Kind;
  if (!verdict.outcome.ok() || (verdict.edit.kind != Kind::insert && verdict.edit.kind != Kind::create_link))
    return std::nullopt;
  if (const auto* attach = std::get_if<model::Attach>(&operation)) return end_of(*attach, verdict.edit, after);
  if (const auto* create = std::get_if<model::CreateLink>(&operation)) return end_of(*create, verdict.edit, after);
  return std::nullopt;
}

}  // namespace

ListView view_of_answer(model::ListIndex list, model::Outcome outcome, const model::Answer& answer) {
  ListView view{
      .list = list, .outcome = outcome, .revision = answer.revision, .count = answer.count, .mode = answer.mode};
  view.breach = answer.beyond_attr ? static_cast<std::uint8_t>(Breach::beyond_attr) : std::uint8_t{0};
  return view;
}

std::optional<std::uint8_t> lie_about(const model::Sequence& sequence, Lie lie, std::uint32_t at,
                                      model::Traits traits) {
  const auto& operations = sequence.operations;
  if (operations.empty()) return std::nullopt;
  if (is_about_the_end(lie)) at = static_cast<std::uint32_t>(operations.size() - 1);
  if (at >= operations.size() || lie == Lie::none) return std::nullopt;

  model::World world = model::world_of(sequence, traits);
  bool made_an_object = false;
  const auto take = [&](const model::Operation& operation) {
    const model::Verdict made = world.apply(operation);
    const auto kind = made.edit.kind;
    if (kind == model::Edit::Kind::create_link || kind == model::Edit::Kind::load) made_an_object = true;
    return made;
  };
  for (std::uint32_t i = 0; i < at; ++i) take(operations[i]);
  const model::Operation& operation = operations[at];
  const model::Edit edit = world.predict(operation).edit;
  const model::ListSet touched = model::visible_lists(world, operation, edit, false);
  const model::ListSet existing = model::visible_lists(world, operation, edit, true);
  const std::optional<model::World> before = lie == Lie::ownership ? std::optional(world) : std::nullopt;
  const model::Verdict verdict = take(operation);
  switch (lie) {
    case Lie::none:
      return std::nullopt;
    case Lie::outcome:
    case Lie::no_splat:
    case Lie::leak:
      return victim_if(true);
    case Lie::revision:
    case Lie::order:
      return victim_if(touched != 0);
    case Lie::isolation:
      return victim_if((existing & ~touched) != 0);
    case Lie::permission:  // -EPERM is also what an update says to an old program that is not the link's
      return victim_if(!operation.caller.is_root() && !std::holds_alternative<model::UpdateLink>(operation) &&
                       (verdict.outcome != model::eperm || model::is_of_permission(verdict.rule)));
    case Lie::answer:
      return victim_if(std::holds_alternative<model::Query>(operation) && model::answers(verdict.rule));
    case Lie::lifecycle:
      return victim_if(made_an_object);
    case Lie::passage:
    case Lie::fate:
      return victim_if(std::holds_alternative<model::SendPacket>(operation) && touched != 0);
    case Lie::references:
      return victim_if(has_countable_object(world, sequence.declarations));
    case Lie::ownership:
      return link_of_others(*before, world, operation);
    case Lie::capacity:
      if (verdict.rule == model::Rule::attach_full) return std::uint8_t{1};
      return victim_if(touched != 0);
    case Lie::atomic:
      return victim_if(!verdict.outcome.ok() && verdict.edit.kind == model::Edit::Kind::nothing && touched != 0);
    case Lie::first_last:
      // Binding a link's name may close another one: which list is lied about must be beyond doubt.
      return std::popcount(touched) == 1 ? inserted_end(verdict, world, operation) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace mprogcheck
