// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of devices that come and go, of qdiscs that keep hooks, and of pins.
#include <array>
#include <vector>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

using model::Device;
using model::ListIndex;

std::vector<ListIndex> lists_of(const World& world, Device device) {
  std::vector<ListIndex> lists;
  for (ListIndex list = 0; list < world.sites().size(); ++list)
    if (world.sites().target(list) == model::Target::device(device.number)) lists.push_back(list);
  return lists;
}

/// The device stays as it is, and what was attached to it does not.
void detach_all(World& world, Device device) {
  const model::DeviceState state = world.device(device);
  world.commit({.kind = Edit::Kind::remove_device, .device = device});
  world.mutable_device(device) = state;
}

/// What a link attached stays where it was.
void removed_device_keeps_links(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::remove_done) return;
  for (const ListIndex index : lists_of(world, honest.edit.device)) {
    auto& list = world.mutable_list(index);
    for (const auto& entry : before.list(index).entries()) {
      if (entry.link == model::no_link) continue;
      list.insert(list.count, entry);
      ++list.revision;
      world.mutable_link(entry.link).list = index;
    }
  }
}

void moved_device_loses_lists(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::move_done) detach_all(world, honest.edit.device);
}

void moved_device_keeps_qdisc(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::move_done) return;
  world.mutable_device(honest.edit.device).qdisc = before.device(honest.edit.device).qdisc;
  for (const ListIndex index : lists_of(world, honest.edit.device))
    if (world.list(index).empty()) world.mutable_list(index).revision = before.list(index).revision;
}

Verdict away_is_reachable(const World& world, const Operation& operation, const Verdict& honest) {
  const auto site = model::site_of(operation);
  if (!site || site->target.is_literal() || !world.has_device(site->target.value)) return honest;
  World copy = world;
  copy.mutable_device({static_cast<std::uint8_t>(site->target.value)}).away = false;
  return copy.predict(operation);
}

void qdisc_forgets_revision(World& world, const World& before, const Operation& operation, const Verdict&) {
  if (model::device_of(operation)) return;
  for (unsigned n = 0; n < model::list_count; ++n) {
    const auto index = static_cast<ListIndex>(n);
    if (!before.list(index).empty() && world.list(index).empty()) world.mutable_list(index).revision = 1;
  }
}

/// A hook whose qdisc goes is freed, whatever is attached.
void qdisc_takes_programs_along(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::qdisc_done && honest.edit.qdisc == model::Qdisc::none) detach_all(world, honest.edit.device);
}

unsigned pins_of(const World& world, model::LinkIndex link) {
  unsigned pins = 0;
  for (unsigned n = 0; n < model::PinName::count; ++n) {
    const auto& pinned = world.pinned({static_cast<std::uint8_t>(n)});
    pins += pinned.held && pinned.kind == model::ObjectKind::link && pinned.object == link ? 1 : 0;
  }
  return pins;
}

void pinned_link_goes_with_last_close(World& world, const World& before, const Operation& operation,
                                      const Verdict& honest) {
  if (honest.rule != Rule::close_done) return;
  const auto& file = before.file(before.handle(std::get<model::Close>(operation).name).file);
  if (file.kind != model::ObjectKind::link || !world.link(file.object).alive) return;
  if (world.link(file.object).list != model::no_list &&
      world.link(file.object).references == pins_of(world, file.object))
    world.commit({.kind = Edit::Kind::detach_link, .link = file.object});
}

constexpr std::array<PlantedFault, 7> faults{{
    {"removed_device_keeps_links", "a removed device leaves its links attached", "lifecycle",
     make<Leaves<removed_device_keeps_links>>},
    {"moved_device_loses_lists", "a device that moves to another network namespace loses what is attached", "lifecycle",
     make<Leaves<moved_device_loses_lists>>},
    {"moved_device_keeps_qdisc", "a device that moves takes its qdisc along", "lifecycle revision outcome",
     make<Leaves<moved_device_keeps_qdisc>>},
    {"away_is_reachable", "a device in another network namespace is found", "outcome query lifecycle isolation",
     make<Decides<away_is_reachable>>},
    {"qdisc_forgets_revision", "a hook that a qdisc keeps begins anew when it is empty", "lifecycle",
     make<Leaves<qdisc_forgets_revision>>},
    {"qdisc_takes_programs_along", "with its qdisc a hook goes, whatever is attached", "lifecycle",
     make<Leaves<qdisc_takes_programs_along>>},
    {"pinned_link_goes_with_last_close", "the last close of a pinned link detaches it", "lifecycle",
     make<Leaves<pinned_link_goes_with_last_close>>},
}};

}  // namespace

std::span<const PlantedFault> lifetime_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
