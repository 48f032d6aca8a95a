// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/invariants.hpp"

#include "model/hooks/family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace mprogcheck::properties {

using model::Entry;
using model::ListIndex;
using model::ObjectKind;
using model::OrderedList;
using model::World;

namespace {

std::optional<BrokenInvariant> broken(Property property, std::string what) {
  return BrokenInvariant{property, std::move(what)};
}

/// What holds each object, added up.
struct Holders {
  std::array<unsigned, model::program_table> programs{};
  std::array<unsigned, model::link_table> links{};

  explicit Holders(const World& world) {
    for (unsigned file = 0; file < model::Name::slots + 1; ++file)
      if (const model::File& open = world.file(static_cast<model::FileIndex>(file)); open.handles != 0)
        hold(open.kind, open.object);
    for (unsigned n = 0; n < model::PinName::count; ++n)
      if (const auto& pin = world.pinned({static_cast<std::uint8_t>(n)}); pin.held) hold(pin.kind, pin.object);
    for (unsigned list = 0; list < model::list_count; ++list)
      for (const Entry& entry : world.list(static_cast<ListIndex>(list)).entries())
        if (entry.link == model::no_link) ++programs[entry.program];
    for (unsigned n = 0; n < model::link_table; ++n)
      if (const model::Link& link = world.link(static_cast<model::LinkIndex>(n));
          link.alive && link.program != model::no_program)
        ++programs[link.program];
  }

 private:
  void hold(ObjectKind kind, std::uint8_t object) {
    if (kind == ObjectKind::program) ++programs[object];
    if (kind == ObjectKind::link) ++links[object];
  }
};

/// The list without the entries that the other does not have.
std::vector<Entry> shared(const OrderedList& list, const OrderedList& other) {
  std::vector<Entry> entries;
  for (const Entry& entry : list.entries())
    if (std::ranges::find(other.entries(), entry) != other.entries().end()) entries.push_back(entry);
  return entries;
}

template <typename... Calls>
bool is_one_of(const model::Operation& operation) {
  return (std::holds_alternative<Calls>(operation) || ...);
}

/// It makes, moves or lets go of a link. What binds a name anew lets go of what it was.
bool is_about_links(const model::Operation& operation) {
  return is_one_of<model::CreateLink, model::UpdateLink, model::DetachLink, model::Close, model::Dup, model::Open,
                   model::Load, model::Get, model::Unpin>(operation);
}
/// With its device an entry goes, whoever attached it.
bool is_about_all(const model::Operation& operation) {
  return is_one_of<model::RemoveDevice>(operation);
}

std::uint32_t flags_of(const model::Operation& operation) {
  if (const auto* attach = std::get_if<model::Attach>(&operation)) return attach->flags;
  if (const auto* link = std::get_if<model::CreateLink>(&operation)) return link->flags;
  return 0;
}
bool has_relative(const model::Operation& operation) {
  if (const auto* attach = std::get_if<model::Attach>(&operation)) return !attach->relative.is_zero();
  if (const auto* link = std::get_if<model::CreateLink>(&operation)) return !link->relative.is_zero();
  return true;
}

}  // namespace

std::optional<BrokenInvariant> broken_in(const World& world) {
  std::array<unsigned, model::link_table> entries_of_link{};
  for (unsigned n = 0; n < model::list_count; ++n) {
    const auto index = static_cast<ListIndex>(n);
    const OrderedList& list = world.list(index);
    if (list.count > OrderedList::mprog_capacity)
      return broken(Property::capacity, fmt::format("{} entries", list.count));
    for (const Entry& entry : list.entries()) {
      if (std::ranges::count(list.entries(), entry.program, &Entry::program) != 1)
        return broken(Property::order, fmt::format("program {} twice in a list", entry.program));
      if (entry.link == model::no_link) continue;
      const model::Link& link = world.link(entry.link);
      ++entries_of_link[entry.link];
      if (!link.alive || link.list != index || link.program != entry.program)
        return broken(Property::lifecycle, fmt::format("link {} does not know of its entry", entry.link));
    }
  }
  const Holders holders(world);
  for (unsigned n = 0; n < model::link_table; ++n) {
    const model::Link& link = world.link(static_cast<model::LinkIndex>(n));
    if (link.alive && (link.list != model::no_list) != (entries_of_link[n] == 1))
      return broken(Property::lifecycle, fmt::format("link {} thinks that it is attached", n));
    if (link.alive != (holders.links[n] != 0))
      return broken(Property::lifecycle, fmt::format("link {} is not held", n));
    if (link.alive && link.references != holders.links[n])
      return broken(Property::refcount,
                    fmt::format("link {} is held {} times, its count is {}", n, holders.links[n], link.references));
  }
  for (unsigned n = 0; n < model::program_table; ++n) {
    const model::Program& program = world.program(static_cast<model::ProgramIndex>(n));
    if (program.alive != (holders.programs[n] != 0))
      return broken(Property::lifecycle, fmt::format("program {} is not held, and there", n));
    if (program.alive && program.references != holders.programs[n])
      return broken(Property::refcount, fmt::format("program {} is held {} times, its count is {}", n,
                                                    holders.programs[n], program.references));
  }
  return std::nullopt;
}

std::optional<BrokenInvariant> broken_by_transition(const World& before, const model::Operation& operation,
                                                    const model::Verdict& verdict, const World& after) {
  if (!verdict.outcome.ok() && verdict.edit.kind != model::Edit::Kind::nothing)
    return broken(Property::atomic, "it fails, and does something");
  const model::ListSet touched = model::touched_lists(before, operation);
  for (unsigned n = 0; n < model::list_count; ++n) {
    const auto index = static_cast<ListIndex>(n);
    const OrderedList& old = before.list(index);
    const OrderedList& now = after.list(index);
    if (old == now) continue;
    if (!verdict.outcome.ok()) return broken(Property::atomic, fmt::format("it fails, and list {} changes", n));
    if (!model::contains(touched, index)) return broken(Property::isolation, fmt::format("list {} changes, too", n));
    if (shared(old, now) != shared(now, old)) return broken(Property::order, "the other entries change places");
    for (const OrderedList* list : {&old, &now})
      for (const Entry& entry : list->entries()) {
        const OrderedList& other = list == &old ? now : old;
        if (std::ranges::find(other.entries(), entry) != other.entries().end()) continue;
        if (!is_about_all(operation) && (entry.link != model::no_link) != is_about_links(operation))
          return broken(Property::ownership, fmt::format("the entry of program {} moves", entry.program));
      }
    const bool starts_again = now.empty() && !after.keeps(index);
    const auto comes_or_goes = [&](const OrderedList& here, const OrderedList& there) {
      return here.count - shared(here, there).size();
    };
    const bool in_place =
        verdict.edit.kind == model::Edit::Kind::overwrite || verdict.edit.kind == model::Edit::Kind::update_link;
    const std::uint64_t moves = comes_or_goes(now, old) + (in_place ? 0 : comes_or_goes(old, now));
    model::OrderedList moved;
    moved.revision = old.current() + moves;
    if (starts_again) model::rules_of(after.sites().hook(index)).emptied(moved);
    if (now.revision != moved.revision || now.hidden != moved.hidden)
      return broken(Property::revision, fmt::format("from {} to {}", old.revision, now.revision));
    const std::uint32_t flags = flags_of(operation);
    const bool to_the_end = (flags & (model::flag::before | model::flag::after)) != 0 &&
                            (flags & model::flag::replace) == 0 && !has_relative(operation);
    if (to_the_end && index == verdict.edit.list) {
      const Entry& there = (flags & model::flag::before) != 0 ? now.slots.front() : now.slots[now.count - 1U];
      if (there.program != verdict.edit.program)
        return broken(Property::first_last, "it is not at the end it asked for");
    }
  }
  return std::nullopt;
}

}  // namespace mprogcheck::properties
