// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/departure.hpp"

#include <algorithm>

#include "properties/generate/compose.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Name;
using model::ObjectKind;
using model::Operation;
using model::PinName;
using model::Qdisc;
namespace flag = model::flag;

namespace {

constexpr std::array<Holder, 5> all_holders{Holder::handle, Holder::dup, Holder::opened, Holder::got, Holder::pin};
constexpr std::size_t without_pins = 3, without_last_pin = 4;

// Pins that nothing else in a sequence names.
constexpr PinName passing{8}, lasting{9};

constexpr std::uint32_t directions(std::uint32_t n) {
  return n == 0 ? 0 : n == 1 ? flag::before : flag::after;
}

}  // namespace

/// A removal or a move costs a guest as much as a few hundred other operations: few turns have one.
std::vector<Operation> Departures::around(const model::Site& home) {
  home_ = home;
  device_ = {static_cast<std::uint8_t>(home.target.value)};
  prepare();
  const unsigned turn = *mix_.departs % departure_turns;
  const Way way = turn % 2 == 0 ? Way::close : Way::rebind;
  const bool with_device = turn == 4 || turn == 15 || turn == 26;
  if (with_device && !mix_.lacks.devices) {
    changes(turn == 26 ? Way::move : Way::remove, way);
    return std::move(operations_);
  }
  switch (turn / 2 % 5) {
    case 0:
      programs_by_handles(way);
      break;
    case 1:
      entries();
      break;
    case 2:
      links(Held::link, way);
      break;
    case 3:
      links(Held::detached_link, way);
      break;
    default:
      if (mix_.lacks.qdiscs)
        entries();
      else
        changes(Way::qdisc, way);
      break;
  }
  return std::move(operations_);
}

/// The device is at home, and there are programs for its hooks.
void Departures::prepare() {
  const model::World& world = scene_.world();
  if (!world.has_device(device_.number))
    add(model::MakeDevice{device_});
  else if (world.device(device_).away)
    add(model::MoveDevice{device_, true});
  mortal_ = Name::mortal(random_.below(std::max(mix_.mortals, 1U)));
  for (unsigned n = 0; n < mix_.pool; ++n) {
    const auto program = scene_.open_object(Name::pool(n), ObjectKind::program);
    if (!program || world.program(*program).type != model::row_of(home_.hook).type) continue;
    bool attached = false;
    for (model::ListIndex list = 0; list < world.sites().size(); ++list)
      attached = attached || (world.sites().target(list) == home_.target && world.list(list).find(*program));
    if (!attached) pool_.push_back(Name::pool(n));
  }
}

void Departures::programs_by_handles(Way way) {
  for (const Holder holder : holders(way == Way::close)) let_go(hand_over(load(), holder), way);
}

/// By position an entry can go that nobody else holds. To detach or to replace it by name takes a handle, which goes
/// after it.
void Departures::entries() {
  for (const bool again : {false, true}) {
    add_entry(again);
    add(model::Close{mortal_});
    add(model::Detach{
        .site = home_, .program = {}, .flags = flag::before, .relative = {}, .replace = {}, .revision = {}});
    add_entry(again);
    detach(mortal_);
    add(model::Close{mortal_});
    add_entry(again);
    add(model::Attach{.site = home_,
                      .program = Argument::of(program()),
                      .flags = flag::replace,
                      .relative = {},
                      .replace = Argument::of(mortal_),
                      .revision = {}});
    add(model::Close{mortal_});
  }
}

void Departures::links(Held state, Way way) {
  std::vector<Place> places;
  for (const Holder holder : holders(way == Way::close)) {
    const Name name = link(holder == Holder::handle || holder == Holder::pin);
    const bool detached = state == Held::detached_link;
    if (detached && holder == Holder::pin) add(model::DetachLink{Argument::of(name)});
    const Place& place = places.emplace_back(hand_over(name, holder));
    if (detached && holder != Holder::pin) add(model::DetachLink{Argument::of(*place.name)});
  }
  if (state == Held::link && way == Way::close) {
    const Name name = link(true);
    add(model::UpdateLink{
        .link = Argument::of(name), .program = Argument::of(program()), .flags = 0, .old_program = {}});
    add(model::Close{name});
  }
  for (const Place& place : places) let_go(place, way);
}

/// What a device does with all that is attached to it, at once.
void Departures::changes(Way change, Way way) {
  if (change == Way::qdisc && scene_.world().device(device_).qdisc != Qdisc::clsact)
    add(model::SetQdisc{device_, Qdisc::clsact});
  add_entry(false);
  add(model::Close{mortal_});
  if (change == Way::remove) {
    add_entry(true);
    add(model::Close{mortal_});
    add_entry(false);
    for (const model::Hook hook : hooks_)
      if (hook != home_.hook) attach({hook, home_.target}, mortal_, directions(random_.below(3)));
    add(model::Close{mortal_});
  }
  std::vector<Place> places;
  for (const Holder holder : holders(true))
    places.push_back(hand_over(link(holder == Holder::handle || holder == Holder::pin), holder));
  if (change == Way::remove) {
    add(model::RemoveDevice{device_});
    // Where it is no more: refused, and at no cost.
    add(model::RemoveDevice{device_});
    add(model::MoveDevice{device_, random_.chance(128)});
    if (way == Way::rebind || random_.chance(64)) add(model::MakeDevice{device_});
  } else if (change == Way::move) {
    add(model::MoveDevice{device_, false});
    add(model::MoveDevice{device_, true});
  } else {
    add(model::SetQdisc{device_, Qdisc::none});
  }
  for (const Place& place : places) let_go(place, way);
}

Name Departures::load() {
  add(model::Load{.name = mortal_, .type = model::row_of(home_.hook).type, .returns = draw_returns(random_, mix_)});
  return mortal_;
}

/// For a list that does not have it.
Name Departures::program() {
  if (pool_.empty()) return load();
  const Name name = pool_.back();
  pool_.pop_back();
  return name;
}

void Departures::attach(model::Site site, Name program, std::uint32_t flags) {
  add(model::Attach{
      .site = site, .program = Argument::of(program), .flags = flags, .relative = {}, .replace = {}, .revision = {}});
}

void Departures::detach(Name program) {
  add(model::Detach{
      .site = home_, .program = Argument::of(program), .flags = 0, .relative = {}, .replace = {}, .revision = {}});
}

/// Of a new mortal, before all others. `again`: it was one already, and is once more.
void Departures::add_entry(bool again) {
  attach(home_, load(), flag::before);
  if (!again) return;
  detach(mortal_);
  attach(home_, mortal_, flag::before);
}

/// On the home hook. Of a mortal it is the only holder.
Name Departures::link(bool of_mortal) {
  const Name name = Name::link(links_ % std::max(mix_.links, 2U));
  const Name held = of_mortal ? load() : program();
  add(model::CreateLink{.name = name,
                        .site = home_,
                        .program = Argument::of(held),
                        .flags = directions(random_.below(3)),
                        .relative = {},
                        .revision = {}});
  if (held == mortal_) add(model::Close{mortal_});
  return name;
}

Departures::Place Departures::hand_over(Name name, Holder holder) {
  const Name handle = Name::any(handles_ % std::max(mix_.handles, 3U));
  const bool is_link = name.letter() == 'l';
  const Argument from = Argument::of(name);
  switch (holder) {
    case Holder::dup:
      add(model::Dup{handle, from});
      break;
    case Holder::opened:
      add(model::Open{.name = handle, .kind = is_link ? ObjectKind::link : ObjectKind::program, .id = from});
      break;
    case Holder::got:
      add(model::Pin{passing, from});
      add(model::Get{handle, passing});
      add(model::Unpin{passing});
      break;
    case Holder::pin:
      add(model::Pin{lasting, from});
      add(model::Close{name});
      return {holder, std::nullopt};
    default:
      links_ += is_link ? 1 : 0;
      return {holder, name};
  }
  ++handles_;
  add(model::Close{name});
  return {holder, handle};
}

void Departures::let_go(const Place& place, Way way) {
  if (!place.name) return add(model::Unpin{lasting});
  if (way == Way::close) return add(model::Close{*place.name});
  const Name name = *place.name;
  if (name.letter() == 'q') {
    load();
  } else if (name.letter() == 'l') {
    const Name held = program();
    add(model::CreateLink{
        .name = name, .site = home_, .program = Argument::of(held), .flags = 0, .relative = {}, .revision = {}});
    if (held == mortal_) add(model::Close{mortal_});
  } else {
    add(model::Dup{name, Argument::of(Name::filler(random_.below(Name::filler_count)))});
  }
}

std::span<const Holder> Departures::holders(bool pins) const {
  return std::span(all_holders).first(mix_.lacks.pins ? without_pins : pins ? all_holders.size() : without_last_pin);
}

}  // namespace mprogcheck::properties
