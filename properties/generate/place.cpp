// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How an operation says where: the entry it means, and the relative by which it says so.
#include "properties/generate/compose.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Name;
using model::ObjectKind;
using model::OrderedList;
namespace flag = model::flag;

/// The ends more often than the middle: that is where off-by-ones live.
unsigned Composer::entry_in(const OrderedList& list) {
  const unsigned roll = random_.below(8);
  if (roll == 0) return 0;
  if (roll == 1) return list.count - 1U;
  return random_.below(list.count);
}

unsigned Composer::entry_owned_by_none(const OrderedList& list) {
  unsigned index = entry_in(list);
  if (random_.chance(mix_.crossing)) return index;
  for (unsigned i = 0; i < list.count; ++i) {
    if (list.slots[index].link == model::no_link) return index;
    if (++index == list.count) index = 0;
  }
  return index;
}

std::optional<Name> Composer::program_at(unsigned index) {
  if (random_.chance(mix_.astray)) return program_beside(list());
  return scene_.name_by_fd(ObjectKind::program, list().slots[index].program);
}

void Composer::point_at(const model::Entry& entry, Directive& directive) {
  if (random_.chance(mix_.astray)) {
    directive.relative = Argument::of(program_beside(list()));
    if (random_.chance(mix_.by_id)) directive.flags |= flag::id;
    return;
  }
  const bool by_link = entry.link != model::no_link && random_.chance(mix_.by_link);
  const auto kind = by_link ? ObjectKind::link : ObjectKind::program;
  const auto object = by_link ? entry.link : entry.program;
  bool by_id = random_.chance(mix_.by_id);
  auto name = by_id ? scene_.name_by_id(kind, object) : scene_.name_by_fd(kind, object);
  if (!name && !by_id) {
    by_id = true;
    name = scene_.name_by_id(kind, object);
  }
  if (!name) return;
  directive.relative = Argument::of(*name);
  if (by_id) directive.flags |= flag::id;
  if (by_link) directive.flags |= flag::link;
}

Composer::Directive Composer::draw_position() {
  Directive directive;
  if (!random_.chance(mix_.directed)) return directive;
  directive.flags = random_.chance(128) ? flag::before : flag::after;
  if (!list().empty() && random_.chance(190)) point_at(list().slots[entry_in(list())], directive);
  return directive;
}

Composer::Directive Composer::draw_place_of(unsigned index) {
  Directive directive;
  if (!random_.chance(mix_.directed)) return directive;
  const unsigned last = list().count - 1U;
  const bool before = index == 0 || (index != last && random_.chance(128));
  if (last == 0) return directive;  // the only one: no neighbour to speak of
  directive.flags = before ? flag::before : flag::after;
  if (random_.chance(8)) return directive;  // an end, which is refused even where it is one
  const unsigned neighbour = before ? index + 1 : index - 1;
  point_at(list().slots[random_.chance(mix_.stale) ? entry_in(list()) : neighbour], directive);
  if (random_.chance(16)) directive.flags &= ~(flag::before | flag::after);  // looked up, and ignored
  return directive;
}

}  // namespace mprogcheck::properties
