// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of holders that go and do not let go, or let go and stay.
#include <array>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {

void leak(World& world, const World& before, model::ProgramIndex program) {
  if (!world.program(program).alive) {
    world.mutable_program(program) = before.program(program);
    world.mutable_program(program).references = 0;
  }
  ++world.mutable_program(program).references;
}

namespace {

using model::ListIndex;
using model::ObjectKind;

/// One reference too many is dropped.
void drop(World& world, model::ProgramIndex program) {
  auto& there = world.mutable_program(program);
  if (there.alive && --there.references == 0) there.alive = false;
}

template <typename Visit>
void for_each_entry(const World& world, model::Device device, Visit visit) {
  for (ListIndex list = 0; list < world.sites().size(); ++list)
    if (world.sites().target(list) == model::Target::device(device.number))
      for (const auto& entry : world.list(list).entries()) visit(entry);
}

void removed_device_keeps_references(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::remove_done) return;
  for_each_entry(before, honest.edit.device, [&](const model::Entry& entry) {
    if (entry.link == model::no_link) leak(world, before, entry.program);
  });
}

void moved_device_drops_references(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::move_done || honest.edit.position != 0) return;
  for_each_entry(before, honest.edit.device, [&](const model::Entry& entry) { drop(world, entry.program); });
}

void qdisc_drops_references(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::qdisc_done || honest.edit.qdisc != model::Qdisc::none) return;
  for_each_entry(before, honest.edit.device, [&](const model::Entry& entry) { drop(world, entry.program); });
}

model::ProgramIndex entry_of(const World& before, const Verdict& honest) {
  return before.list(honest.edit.list).slots[honest.edit.position].program;
}

/// The program that was replaced keeps the reference that its entry held.
void leaked_reference_on_replace(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::replace_done) leak(world, before, entry_of(before, honest));
}

void detach_keeps_reference(World& world, const World& before, const Operation& operation, const Verdict& honest) {
  if (honest.rule == Rule::detach_done && !std::get<model::Detach>(operation).program.is_zero())
    leak(world, before, entry_of(before, honest));
}

void detach_by_position_keeps_reference(World& world, const World& before, const Operation& operation,
                                        const Verdict& honest) {
  if (honest.rule == Rule::detach_done && std::get<model::Detach>(operation).program.is_zero())
    leak(world, before, entry_of(before, honest));
}

void update_keeps_reference(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::update_done) leak(world, before, before.link(honest.edit.link).program);
}

/// The links that go with this step, by whatever holder they had.
template <typename Wanted>
void leak_of_freed_links(World& world, const World& before, Wanted wanted) {
  for (unsigned n = 0; n < model::link_count; ++n) {
    const auto index = static_cast<model::LinkIndex>(n);
    const model::Link& link = before.link(index);
    if (link.alive && !world.link(index).alive && wanted(link)) leak(world, before, link.program);
  }
}

void closed_link_keeps_program(World& world, const World& before, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::close_done || !is<model::Close>(operation)) return;
  leak_of_freed_links(world, before, [](const model::Link& link) { return link.list != model::no_list; });
}

void detached_link_keeps_program(World& world, const World& before, const Operation&, const Verdict&) {
  leak_of_freed_links(world, before, [](const model::Link& link) { return link.list == model::no_list; });
}

void unpinned_link_keeps_program(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::unpin_done) return;
  leak_of_freed_links(world, before, [](const model::Link& /*link*/) { return true; });
}

/// A handle that makes way for another forgets what it held.
void rebound_name_keeps_program(World& world, const World& before, const Operation& operation, const Verdict& honest) {
  if (honest.edit.kind != Edit::Kind::dup && honest.edit.kind != Edit::Kind::open &&
      honest.edit.kind != Edit::Kind::load)
    return;
  if (is<model::Close>(operation)) return;
  const auto file = before.handle(honest.edit.name).file;
  if (file == model::no_file || file == world.handle(honest.edit.name).file || before.file(file).handles != 1) return;
  if (before.file(file).kind == ObjectKind::program) leak(world, before, before.file(file).object);
}

/// The name goes, its reference stays.
void unpin_keeps_reference(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::unpin_done) return;
  world = before;
  world.mutable_pin(honest.edit.pin) = {};
}

void get_takes_two_references(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::get_done && honest.edit.object_kind == ObjectKind::program)
    leak(world, before, honest.edit.object);
}

constexpr std::string_view blamed = "refcount lifecycle";

constexpr std::array<PlantedFault, 13> faults{{
    {"removed_device_keeps_references", "a removed device keeps the references of its entries", blamed,
     make<Leaves<removed_device_keeps_references>>},
    {"moved_device_drops_references", "a device that moves away drops a reference of each program attached",
     "refcount lifecycle query order", make<Leaves<moved_device_drops_references>>},
    {"qdisc_drops_references", "with its qdisc a hook drops a reference of each program attached",
     "refcount lifecycle query order", make<Leaves<qdisc_drops_references>>},
    {"leaked_reference_on_replace", "a replaced program keeps the reference of its entry", blamed,
     make<Leaves<leaked_reference_on_replace>>},
    {"detach_keeps_reference", "a detached program keeps the reference of its entry", blamed,
     make<Leaves<detach_keeps_reference>>},
    {"detach_by_position_keeps_reference", "a program detached by position keeps the reference of its entry", blamed,
     make<Leaves<detach_by_position_keeps_reference>>},
    {"update_keeps_reference", "the update of a link does not let its old program go", blamed,
     make<Leaves<update_keeps_reference>>},
    {"closed_link_keeps_program", "the last close of a link does not let its program go", blamed,
     make<Leaves<closed_link_keeps_program>>},
    {"detached_link_keeps_program", "a link that is in no list does not let its program go when it is freed", blamed,
     make<Leaves<detached_link_keeps_program>>},
    {"unpinned_link_keeps_program", "a link that goes with its pin does not let its program go", blamed,
     make<Leaves<unpinned_link_keeps_program>>},
    {"rebound_name_keeps_program", "a handle that makes way for another does not let its program go", blamed,
     make<Leaves<rebound_name_keeps_program>>},
    {"unpin_keeps_reference", "a pin that is removed keeps its reference", blamed, make<Leaves<unpin_keeps_reference>>},
    {"get_takes_two_references", "a program that is opened by its pin gets a reference too many", blamed,
     make<Leaves<get_takes_two_references>>},
}};

}  // namespace

std::span<const PlantedFault> leak_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
