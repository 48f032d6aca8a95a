// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/touched.hpp"

#include "model/hooks/family.hpp"

namespace mprogcheck::model {
namespace {

constexpr ListSet only(ListIndex list) {
  return list == no_list ? ListSet{0} : static_cast<ListSet>(1U << list);
}

ListSet of_device(const Sites& sites, std::uint32_t device) {
  ListSet lists = 0;
  for (ListIndex list = 0; list < sites.size(); ++list)
    if (sites.device(list) == device) lists = static_cast<ListSet>(lists | only(list));
  return lists;
}

/// The list's device, as it is or would be made, has that hook.
bool has_hook(const World& world, ListIndex list) {
  const Device device{static_cast<std::uint8_t>(world.sites().device(list))};
  return rules_of(world.sites().hook(list)).on(world.device(device).made_as);
}

struct Touched {
  const World& world;

  [[nodiscard]] ListSet at(const Site& site) const {
    const auto list = world.list_at(site);
    return list ? only(*list) : ListSet{0};
  }
  [[nodiscard]] ListSet of_link(const Argument& fd) const {
    const Denoted denoted = world.denoted_by_fd(fd);
    return denoted.kind == Denoted::Kind::link ? only(world.link(denoted.object).list) : ListSet{0};
  }
  /// A close may be the last one of a link, and dup2 onto a name closes what it named.
  [[nodiscard]] ListSet closing(Name name) const {
    const FileIndex index = world.handle(name).file;
    if (index == no_file) return 0;
    const File& file = world.file(index);
    return file.kind == ObjectKind::link ? only(world.link(file.object).list) : ListSet{0};
  }

  ListSet operator()(const Attach& call) const { return at(call.site); }
  ListSet operator()(const Detach& call) const { return at(call.site); }
  ListSet operator()(const CreateLink& call) const { return static_cast<ListSet>(at(call.site) | closing(call.name)); }
  ListSet operator()(const UpdateLink& call) const { return of_link(call.link); }
  ListSet operator()(const DetachLink& call) const { return of_link(call.link); }
  ListSet operator()(const Close& call) const { return closing(call.name); }
  ListSet operator()(const Dup& call) const { return closing(call.name); }
  ListSet operator()(const Open& call) const { return closing(call.name); }
  ListSet operator()(const Load& call) const { return closing(call.name); }
  ListSet operator()(const Query& call) const { return at(call.site); }
  ListSet operator()(const Fill& call) const { return at(call.site); }
  ListSet operator()(const SendPacket& call) const { return at(call.site); }
  ListSet operator()(const RemoveDevice& call) const { return of_device(world.sites(), call.device.number); }
  ListSet operator()(const MakeDevice& call) const { return of_device(world.sites(), call.device.number); }
  ListSet operator()(const MoveDevice& call) const { return of_device(world.sites(), call.device.number); }
  ListSet operator()(const SetQdisc& call) const { return of_device(world.sites(), call.device.number); }
  ListSet operator()(const Pin&) const { return 0; }
  ListSet operator()(const Get& call) const { return closing(call.name); }
  ListSet operator()(const Unpin& call) const {
    const PinnedObject& pin = world.pinned(call.pin);
    return pin.held && pin.kind == ObjectKind::link ? only(world.link(pin.object).list) : ListSet{0};
  }
};

}  // namespace

ListSet touched_lists(const World& before, const Operation& operation) {
  return std::visit(Touched{before}, operation);
}

bool has_list(const World& world, ListIndex list) {
  return world.has_device(world.sites().device(list)) && has_hook(world, list);
}

ListSet existing_lists(const World& world) {
  ListSet lists = 0;
  for (ListIndex list = 0; list < world.sites().size(); ++list)
    if (has_list(world, list)) lists = static_cast<ListSet>(lists | only(list));
  return lists;
}

ListSet existing_lists_after(const World& before, const Edit& edit) {
  const ListSet lists = existing_lists(before);
  if (edit.kind == Edit::Kind::remove_device)
    return static_cast<ListSet>(lists & ~of_device(before.sites(), edit.device.number));
  if (edit.kind != Edit::Kind::make_device) return lists;
  ListSet made = of_device(before.sites(), edit.device.number);
  for (ListIndex list = 0; list < before.sites().size(); ++list)
    if (!has_hook(before, list)) made = static_cast<ListSet>(made & ~only(list));
  return static_cast<ListSet>(lists | made);
}

}  // namespace mprogcheck::model
