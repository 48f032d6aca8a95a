// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/touched.hpp"

namespace mprogcheck::model {
namespace {

constexpr ListSet only(ListIndex list) {
  return list == no_list ? ListSet{0} : static_cast<ListSet>(1U << list);
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
};

}  // namespace

ListSet touched_lists(const World& before, const Operation& operation) {
  return std::visit(Touched{before}, operation);
}

ListSet existing_lists(const World& world) {
  ListSet lists = 0;
  for (std::uint32_t device = 0; device < Target::device_count; ++device) {
    if (!world.has_device(device)) continue;
    for (unsigned hook = 0; hook < hooks; ++hook) lists |= only(list_of(static_cast<Hook>(hook), device));
  }
  return lists;
}

}  // namespace mprogcheck::model
