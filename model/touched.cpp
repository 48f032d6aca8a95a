// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/touched.hpp"

#include "model/fields.hpp"
#include "model/hooks/family.hpp"

namespace mprogcheck::model {
namespace {

constexpr ListSet only(ListIndex list) {
  return list == no_list ? ListSet{0} : static_cast<ListSet>(1U << list);
}

ListSet of_target(const Sites& sites, Target target) {
  ListSet lists = 0;
  for (ListIndex list = 0; list < sites.size(); ++list)
    if (sites.target(list) == target) lists = static_cast<ListSet>(lists | only(list));
  return lists;
}

/// The list's device, as it is or would be made, has that hook. Every cgroup has.
bool has_hook(const World& world, ListIndex list) {
  const Target target = world.sites().target(list);
  if (target.is_cgroup()) return true;
  const Device device{static_cast<std::uint8_t>(target.value)};
  return rules_of(world.sites().hook(list)).on(world.device(device).made_as);
}

/// By what each field means: what a name lets go when it is bound anew or closed, a link, a device, a pin.
struct Touched {
  const World& world;
  ListSet lists = 0;

  void operator()(role::Any /*role*/, const auto& /*field*/) {}
  void operator()(role::Site /*role*/, const Site& site) {
    if (const auto list = world.list_at(site)) add(*list);
  }
  void operator()(role::Link /*role*/, const Argument& fd) {
    const Denoted denoted = world.denoted_by_fd(fd);
    if (denoted.kind == Denoted::Kind::link) add(world.link(denoted.object).list);
  }
  /// A close may be the last one of a link, and dup2 onto a name closes what it named.
  void operator()(role::Name /*role*/, Name name) {
    const FileIndex index = world.handle(name).file;
    if (index != no_file && world.file(index).kind == ObjectKind::link) add(world.link(world.file(index).object).list);
  }
  void operator()(role::Device /*role*/, Device device) {
    lists = static_cast<ListSet>(lists | of_target(world.sites(), Target::device(device.number)));
  }
  void operator()(role::Cgroup /*role*/, Cgroup cgroup) {
    lists = static_cast<ListSet>(lists | of_target(world.sites(), Target::cgroup(cgroup.number)));
  }
  void operator()(role::RemovedPin /*role*/, PinName name) {
    const PinnedObject& pin = world.pinned(name);
    if (pin.held && pin.kind == ObjectKind::link) add(world.link(pin.object).list);
  }

 private:
  void add(ListIndex list) { lists = static_cast<ListSet>(lists | only(list)); }
};

}  // namespace

ListSet touched_lists(const World& before, const Operation& operation) {
  Touched touched{before};
  fields(operation, touched);
  return touched.lists;
}

bool has_list(const World& world, ListIndex list) {
  return world.has_target(world.sites().target(list)) && has_hook(world, list);
}

ListSet existing_lists(const World& world) {
  ListSet lists = 0;
  for (ListIndex list = 0; list < world.sites().size(); ++list)
    if (has_list(world, list)) lists = static_cast<ListSet>(lists | only(list));
  return lists;
}

ListSet existing_lists_after(const World& before, const Edit& edit) {
  const ListSet lists = existing_lists(before);
  const bool is_cgroup = edit.kind == Edit::Kind::remove_cgroup || edit.kind == Edit::Kind::make_cgroup;
  const Target target = is_cgroup ? Target::cgroup(edit.cgroup.number) : Target::device(edit.device.number);
  if (edit.kind == Edit::Kind::remove_device || edit.kind == Edit::Kind::remove_cgroup)
    return static_cast<ListSet>(lists & ~of_target(before.sites(), target));
  if (edit.kind != Edit::Kind::make_device && edit.kind != Edit::Kind::make_cgroup) return lists;
  ListSet made = of_target(before.sites(), target);
  for (ListIndex list = 0; list < before.sites().size(); ++list)
    if (!has_hook(before, list)) made = static_cast<ListSet>(made & ~only(list));
  return static_cast<ListSet>(lists | made);
}

}  // namespace mprogcheck::model
