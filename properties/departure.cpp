// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/departure.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace mprogcheck::properties {

using model::Edit;
using model::ListIndex;
using model::Name;
using model::ObjectKind;
using model::ProgramIndex;

namespace {

constexpr std::array<std::string_view, 4> held_names{"program", "link", "detached link", "defunct link"};
constexpr std::array<std::string_view, 11> holder_names{
    "its handle",         "a dup",        "a handle by id", "a handle from a pin", "a pin",         "an entry",
    "an entry once more", "both entries", "a link",         "a detached link",     "a defunct link"};
constexpr std::array<std::string_view, 12> way_names{"close",     "rebind",  "unpin",  "detach",
                                                     "detach_at", "replace", "update", "detach_link",
                                                     "remove",    "move",    "home",   "qdisc"};

constexpr std::array handles{Holder::handle, Holder::dup, Holder::opened, Holder::got};
constexpr std::array links{Holder::link, Holder::detached_link, Holder::defunct_link};
constexpr std::array of_devices{Way::remove, Way::move, Way::home, Way::qdisc};

/// In the order of Held, from `link` on, and of Holder's links.
unsigned state_of(const model::Link& link, bool defunct) {
  if (link.list != model::no_list) return 0;
  return defunct ? 2 : 1;
}

std::optional<Way> way_of_change(const Edit& edit, const model::World& before) {
  switch (edit.kind) {
    case Edit::Kind::remove_device:
      return Way::remove;
    case Edit::Kind::move_device:
      return edit.position == 0 ? Way::move : Way::home;
    case Edit::Kind::set_qdisc:
      if (before.device(edit.device).qdisc != model::Qdisc::none && edit.qdisc == model::Qdisc::none) return Way::qdisc;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

/// The name that a call binds.
std::optional<Name> bound_by(const Edit& edit) {
  switch (edit.kind) {
    case Edit::Kind::create_link:
    case Edit::Kind::dup:
    case Edit::Kind::open:
    case Edit::Kind::load:
      return edit.name;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string to_string(const Departure& departure) {
  return fmt::format("{} held by {}: {}{}", held_names[static_cast<unsigned>(departure.held)],
                     holder_names[static_cast<unsigned>(departure.holder)],
                     way_names[static_cast<unsigned>(departure.way)], departure.dies ? "" : ", which it survives");
}

std::vector<Departure> all_departures() {
  std::vector<Departure> all;
  for (const Held held : {Held::program, Held::link, Held::detached_link, Held::defunct_link}) {
    for (const Holder holder : handles)
      for (const Way way : {Way::close, Way::rebind}) all.push_back({held, holder, way, true});
    all.push_back({held, Holder::pin, Way::unpin, true});
  }
  for (const Holder holder : {Holder::entry, Holder::entry_again})
    for (const Way way : {Way::detach, Way::detach_at, Way::replace, Way::remove})
      all.push_back({Held::program, holder, way, true});
  all.push_back({Held::program, Holder::both_entries, Way::remove, true});
  for (const Holder holder : links)
    for (const Way way : {Way::close, Way::rebind, Way::unpin}) all.push_back({Held::program, holder, way, true});
  all.push_back({Held::program, Holder::link, Way::update, true});
  for (const Way way : of_devices) {
    if (way != Way::remove) all.push_back({Held::program, Holder::entry, way, false});
    all.push_back({Held::program, Holder::link, way, false});
    for (const Holder holder : handles) all.push_back({Held::link, holder, way, false});
    all.push_back({Held::link, Holder::pin, way, false});
  }
  all.push_back({Held::program, Holder::link, Way::detach_link, false});
  for (const Holder holder : handles) all.push_back({Held::link, holder, Way::detach_link, false});
  return all;
}

std::vector<Departure> DepartureWatch::take(const model::Operation& operation) {
  departing_.clear();
  const Edit edit = world_.predict(operation).edit;
  const auto* detach = std::get_if<model::Detach>(&operation);
  switch (edit.kind) {
    case Edit::Kind::close:
      depart_file(edit.name, Way::close);
      break;
    case Edit::Kind::unpin:
      if (const auto& pin = world_.pinned(edit.pin); pin.held) depart(pin.kind, pin.object, Holder::pin, Way::unpin);
      break;
    case Edit::Kind::remove:
    case Edit::Kind::overwrite: {
      const ProgramIndex program = world_.list(edit.list).slots[edit.position].program;
      const Way way = detach == nullptr ? Way::replace : detach->program.is_zero() ? Way::detach_at : Way::detach;
      if (way == Way::detach_at)
        depart(ObjectKind::program, program, entry_of(program), way);
      else if (is_mortal_held(program, 2))
        named_[program] = {Held::program, entry_of(program), way, true};
      break;
    }
    case Edit::Kind::update_link:
      depart_program_of(edit.link, Way::update);
      break;
    case Edit::Kind::detach_link:
      if (world_.link(edit.link).list == model::no_list) break;
      for (unsigned slot = 0; slot < Name::slots; ++slot) {
        const auto& handle = world_.handle({static_cast<std::uint8_t>(slot)});
        if (handle.file == model::no_file || world_.file(handle.file).kind != ObjectKind::link) continue;
        if (world_.file(handle.file).object == edit.link)
          depart_file({static_cast<std::uint8_t>(slot)}, Way::detach_link);
      }
      break;
    default:
      break;
  }
  if (const auto name = bound_by(edit); name && !is_bound_to(*name, edit)) depart_file(*name, Way::rebind);
  if (const auto way = way_of_change(edit, world_))
    for (model::ListIndex list = 0; list < world_.sites().size(); ++list)
      if (world_.sites().target(list) == model::Target::device(edit.device.number)) depart_list(list, *way);

  remember(operation, edit);
  world_.commit(edit);
  std::vector<Departure> departures;
  for (Departing& one : departing_) {
    one.departure.dies =
        one.kind == ObjectKind::program ? !world_.program(one.object).alive : !world_.link(one.object).alive;
    departures.push_back(one.departure);
  }
  for (unsigned n = model::mortal_program_begin; n < model::program_count; ++n)
    if (named_[n] && !world_.program(static_cast<ProgramIndex>(n)).alive)
      departures.push_back(*std::exchange(named_[n], std::nullopt));
  return departures;
}

/// What the name is bound to is what it was.
bool DepartureWatch::is_bound_to(Name name, const Edit& edit) const {
  const model::FileIndex file = world_.handle(name).file;
  if (file == model::no_file) return false;
  if (edit.kind != Edit::Kind::open) return edit.file == file;
  return world_.file(file).kind == edit.object_kind && world_.file(file).object == edit.object;
}

bool DepartureWatch::is_mortal_held(ProgramIndex program, unsigned times) const {
  return program >= model::mortal_program_begin && program < model::program_count &&
         world_.program(program).references == times;
}

Holder DepartureWatch::entry_of(ProgramIndex program) const {
  return attached_[program] > 1 ? Holder::entry_again : Holder::entry;
}

/// With a link, what it holds alone.
void DepartureWatch::depart(ObjectKind kind, std::uint8_t object, Holder holder, Way way) {
  if (kind == ObjectKind::program) {
    if (is_mortal_held(object, 1)) departing_.push_back({{Held::program, holder, way, false}, kind, object});
    return;
  }
  if (kind != ObjectKind::link || object >= model::link_count || world_.link(object).references != 1) return;
  const auto held =
      static_cast<Held>(static_cast<unsigned>(Held::link) + state_of(world_.link(object), defunct_[object]));
  departing_.push_back({{held, holder, way, false}, kind, object});
  depart_program_of(object, way);
}

void DepartureWatch::depart_program_of(model::LinkIndex index, Way way) {
  const model::Link& link = world_.link(index);
  if (!is_mortal_held(link.program, 1)) return;
  const auto holder = static_cast<Holder>(static_cast<unsigned>(Holder::link) + state_of(link, defunct_[index]));
  departing_.push_back({{Held::program, holder, way, false}, ObjectKind::program, link.program});
}

void DepartureWatch::depart_file(Name name, Way way) {
  const model::FileIndex file = world_.handle(name).file;
  if (file == model::no_file || world_.file(file).handles != 1) return;
  depart(world_.file(file).kind, world_.file(file).object, came_by_[name.slot], way);
}

void DepartureWatch::depart_list(ListIndex list, Way way) {
  const ListIndex other = list ^ 1U;
  for (const model::Entry& entry : world_.list(list).entries()) {
    if (entry.link == model::no_link) {
      if (is_mortal_held(entry.program, 1))
        depart(ObjectKind::program, entry.program, entry_of(entry.program), way);
      else if (const auto there = world_.list(other).find(entry.program);
               there && list < other && world_.list(other).slots[*there].link == model::no_link &&
               is_mortal_held(entry.program, 2))
        departing_.push_back({{Held::program, Holder::both_entries, way, false}, ObjectKind::program, entry.program});
      continue;
    }
    if (world_.link(entry.link).references != 1) {
      depart_program_of(entry.link, way);
      continue;
    }
    Holder holder = Holder::pin;
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      const auto& handle = world_.handle({static_cast<std::uint8_t>(slot)});
      if (handle.file != model::no_file && world_.file(handle.file).kind == ObjectKind::link &&
          world_.file(handle.file).object == entry.link)
        holder = came_by_[slot];
    }
    depart(ObjectKind::link, entry.link, holder, way);
  }
}

/// How names came to what they are, of links why they are in no list, and of programs how often they were attached.
void DepartureWatch::remember(const model::Operation& operation, const Edit& edit) {
  switch (edit.kind) {
    case Edit::Kind::load:
      attached_[world_.next_mortal()] = 0;
      named_[world_.next_mortal()].reset();
      came_by_[edit.name.slot] = Holder::handle;
      break;
    case Edit::Kind::create_link:
      defunct_[world_.next_link()] = false;
      came_by_[edit.name.slot] = Holder::handle;
      break;
    case Edit::Kind::dup:
      came_by_[edit.name.slot] = Holder::dup;
      break;
    case Edit::Kind::open:
      came_by_[edit.name.slot] = std::holds_alternative<model::Get>(operation) ? Holder::got : Holder::opened;
      break;
    case Edit::Kind::insert:
    case Edit::Kind::overwrite:
      if (attached_[edit.program] < 0xff) ++attached_[edit.program];
      named_[edit.program].reset();
      break;
    case Edit::Kind::remove_device:
      for (unsigned n = 0; n < model::link_count; ++n) {
        const auto& link = world_.link(static_cast<model::LinkIndex>(n));
        if (link.alive && link.list != model::no_list && link.list / model::hooks == edit.device.number)
          defunct_[n] = true;
      }
      break;
    default:
      break;
  }
}

}  // namespace mprogcheck::properties
