// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/world.hpp"

#include <cassert>
#include <utility>

#include "model/follow.hpp"
#include "model/hooks/family.hpp"
#include "model/permission.hpp"

namespace mprogcheck::model {

namespace {
constexpr std::uint8_t gone = 0xff;
}  // namespace

World::World(const Declarations& declarations, Traits traits, const Sites& sites) : traits_(traits), sites_(sites) {
  for (unsigned n = 0; n < Device::count; ++n)
    devices_[n] = {.made_as = declarations.made_as[n], .exists = declarations.has_device(n)};
  for (unsigned n = 0; n < Cgroup::count; ++n)
    cgroups_[n] = {
        .exists = declarations.has_cgroup(n), .existed = declarations.has_cgroup(n), .parent = declarations.parents[n]};
  // A file of its own number for each name bound from the start, so that the files opened later come before the
  // fillers'.
  const auto load_at_start = [this](ProgramIndex program, Name name, ProgramClass declared) {
    programs_[program] = {.alive = true, .type = declared.type, .returns = declared.returns, .references = 1};
    // Of the two handles, one is the guest's own, which no sequence can close.
    files_[name.slot] = {.handles = 2, .kind = ObjectKind::program, .object = program};
    handles_[name.slot] = {.file = name.slot, .last_kind = ObjectKind::program, .last = program, .bound = true};
  };
  for (unsigned n = 0; n < Name::pool_count; ++n)
    if (declarations.has_program(n)) load_at_start(pool_program(n), Name::pool(n), declarations.classes[n]);
  for (unsigned n = 0; n < Name::filler_count; ++n) load_at_start(filler_program(n), Name::filler(n), {});
  for (unsigned n = 0; n < Name::object_count; ++n) bind_guest_object(n);
}

/// As the guest leaves it: the name's handle and the guest's own share a file, which holds the object.
void World::bind_guest_object(unsigned n) {
  const GuestObject& object = guest_objects[n];
  const Name name = Name::object(n);
  auto index = static_cast<std::uint8_t>(n);
  const bool has_program =
      object.kind == ObjectKind::program || (object.kind == ObjectKind::link && object.has_program);
  if (has_program) programs_[guest_program(n)] = {.alive = true, .type = object.type, .returns = {}, .references = 1};
  if (object.kind == ObjectKind::program) index = guest_program(n);
  if (object.kind == ObjectKind::link) {
    index = guest_link(n);
    links_[index] = {.alive = true,
                     .program = has_program ? guest_program(n) : no_program,
                     .list = no_list,
                     .updating = object.updating,
                     .detaches = object.detaches,
                     .references = 1};
  }
  files_[name.slot] = {.handles = 2, .kind = object.kind, .object = index};
  handles_[name.slot] = {.file = name.slot, .last_kind = object.kind, .last = index, .bound = true};
}

Located World::locate(const Site& site, Rule no_target) const {
  const Target target = site.target;
  if (target.is_cgroup()) {
    const CgroupState& cgroup = cgroups_[target.number()];
    if (!cgroup.exists) return {no_list, cgroup.existed ? Rule::cgroup_removed : Rule::cgroup_never};
    const ListIndex list = sites_.find(site);
    assert(list != no_list);
    return {list, std::nullopt};
  }
  // A peer stays at home when its device moves, and goes when that goes.
  const bool there =
      !target.is_literal() && (target.is_peer() ? has_device(target.number()) : is_at_home(target.value));
  if (!there) return {no_list, no_target};
  if (const auto refused = rules_of(site.hook).refuses(*this, site)) return {no_list, *refused};
  const ListIndex list = sites_.find(site.hook, Target::device(target.number()));
  assert(list != no_list);
  return {list, std::nullopt};
}

OrderedList World::shown(ListIndex index) const {
  OrderedList list = lists_[index];
  if (!rules_of(sites_.hook(index)).tells_links)
    for (Entry& entry : std::span(list.slots).first(list.count)) entry = {.program = entry.program};
  if (target_kind(sites_.hook(index)) == TargetKind::cgroup && !has(Extension::cgroup_order)) list.revision = 0;
  return list;
}

bool World::keeps(ListIndex list) const {
  const Site site = sites_[list];
  return rules_of(site.hook).keeps(*this, site);
}

std::optional<ListIndex> World::list_at(const Site& site) const {
  const Located located = locate(site, Rule::attach_no_device);
  return located.refused ? std::nullopt : std::optional(located.list);
}

Denoted World::denoted_by_fd(const Argument& argument) const {
  if (!argument.named) return {argument.value <= 2 ? Denoted::Kind::other : Denoted::Kind::closed, Denoted::no_object};
  const FileIndex file = handles_[argument.name().slot].file;
  if (file == no_file) return {Denoted::Kind::closed};
  const ObjectKind kind = files_[file].kind;
  if (kind == ObjectKind::other) return {Denoted::Kind::other, files_[file].object};
  return {kind == ObjectKind::program ? Denoted::Kind::program : Denoted::Kind::link, files_[file].object};
}

std::optional<std::uint8_t> World::denoted_by_id(const Argument& argument, ObjectKind kind) const {
  if (!argument.named) return std::nullopt;
  const Handle& handle = handles_[argument.name().slot];
  if (handle.last == gone || handle.last_kind != kind) return std::nullopt;
  return handle.last;
}

/// Ids are given in ascending order, programs' and links' each (kernel/bpf/syscall.c: bpf_prog_alloc_id,
/// bpf_link_alloc_id), and given back with the last reference.
std::optional<std::uint8_t> World::next_id(ObjectKind kind, const Argument& after) const {
  std::uint32_t begin = 0;
  const auto made_of = [&](std::uint8_t index) {
    return kind == ObjectKind::program ? programs_[index].made : links_[index].made;
  };
  if (after.named) {
    // An id is a number, whether or not somebody still has it.
    const Handle& handle = handles_[after.name().slot];
    if (!handle.bound || handle.last_kind != kind) return std::nullopt;
    begin = handle.made;
  } else if (after.value != 0) {
    return std::nullopt;
  }
  std::optional<std::uint8_t> next;
  for (unsigned n = 0; n < (kind == ObjectKind::program ? program_count : link_count); ++n) {
    const auto index = static_cast<std::uint8_t>(n);
    const bool alive = kind == ObjectKind::program ? programs_[n].alive : links_[n].alive;
    if (alive && made_of(index) > begin && (!next || made_of(index) < made_of(*next))) next = index;
  }
  return next;
}

LinkIndex World::next_link() const {
  LinkIndex index = 0;
  while (links_[index].alive) ++index;
  return index;
}

ProgramIndex World::next_mortal() const {
  ProgramIndex index = mortal_program_begin;
  while (programs_[index].alive) ++index;
  return index;
}

/// One comparison after the other, which compilers make a jump of. For so many alternatives std::visit would call
/// through a table, which costs a prediction a quarter of its time.
template <std::size_t alternative>
Verdict World::decide_any(const Operation& operation) const {
  if (const auto* call = std::get_if<alternative>(&operation)) return decide(*call);
  if constexpr (alternative + 1 < std::variant_size_v<AnyCall>)
    return decide_any<alternative + 1>(operation);
  else
    return {};
}

Verdict World::predict(const Operation& operation) const {
  const auto as_user = [&]() -> Verdict {
    if (const auto rule = refused_without_capability(operation)) return {text_of(*rule).outcome, *rule, {}};
    return without_capability(*this, operation, decide_any(operation));
  };
  Verdict verdict = operation.caller.is_root() ? decide_any(operation) : as_user();
  if (traits_.quirks != 0) [[unlikely]]
    verdict = follow(*this, operation, verdict);
  return verdict;
}

void World::commit(const Edit& edit) {
  switch (edit.kind) {
    case Edit::Kind::nothing:
      break;
    case Edit::Kind::insert:
      lists_[edit.list].insert(edit.position, {edit.program, no_link, edit.preorder});
      lists_[edit.list].mode = edit.mode;
      lists_[edit.list].move_on();
      ++programs_[edit.program].references;
      break;
    case Edit::Kind::overwrite: {
      const ProgramIndex old = lists_[edit.list].slots[edit.position].program;
      lists_[edit.list].overwrite(edit.position, {edit.program, no_link, edit.preorder});
      lists_[edit.list].mode = edit.mode;
      lists_[edit.list].move_on();
      ++programs_[edit.program].references;
      put_program(old);
      break;
    }
    case Edit::Kind::remove: {
      const ProgramIndex old = lists_[edit.list].slots[edit.position].program;
      lists_[edit.list].remove(edit.position);
      removed_from(edit.list);
      put_program(old);
      break;
    }
    case Edit::Kind::create_link: {
      const LinkIndex link = next_link();
      links_[link] = {.alive = true, .program = edit.program, .list = edit.list, .references = 0, .made = ++made_};
      ++programs_[edit.program].references;
      lists_[edit.list].insert(edit.position, {edit.program, link, edit.preorder});
      lists_[edit.list].mode = edit.mode;
      lists_[edit.list].move_on();
      bind(edit.name, open_file(ObjectKind::link, link));
      break;
    }
    case Edit::Kind::update_link: {
      Link& link = links_[edit.link];
      OrderedList& list = lists_[link.list];
      const ProgramIndex old = link.program;
      list.slots[static_cast<unsigned>(*list.find_link(edit.link))].program = edit.program;
      list.move_on();
      link.program = edit.program;
      ++programs_[edit.program].references;
      put_program(old);
      break;
    }
    case Edit::Kind::detach_link:
      leave_list(edit.link);
      break;
    case Edit::Kind::close:
      release(std::exchange(handles_[edit.name.slot].file, no_file));
      break;
    case Edit::Kind::dup:
      bind(edit.name, edit.file);
      break;
    case Edit::Kind::open:
      bind(edit.name, open_file(edit.object_kind, edit.object));
      break;
    case Edit::Kind::load: {
      const ProgramIndex program = next_mortal();
      programs_[program] = {
          .alive = true, .type = edit.type, .returns = edit.returns, .references = 0, .made = ++made_};
      bind(edit.name, open_file(ObjectKind::program, program));
      break;
    }
    case Edit::Kind::fill: {
      OrderedList& list = lists_[edit.list];
      for (unsigned n = 0; list.count < edit.position; ++n) {
        const ProgramIndex filler = filler_program(n);
        if (list.find(filler)) continue;
        list.insert(list.count, {filler, no_link});
        list.move_on();
        ++programs_[filler].references;
      }
      break;
    }
    case Edit::Kind::remove_device:
    case Edit::Kind::make_device:
    case Edit::Kind::move_device:
    case Edit::Kind::set_qdisc:
    case Edit::Kind::pin:
    case Edit::Kind::unpin:
    case Edit::Kind::remove_cgroup:
    case Edit::Kind::make_cgroup:
      commit_lifetime(edit);
      break;
  }
}

/// dup2(2): the new file is there before the old one is let go.
void World::bind(Name name, FileIndex file) {
  Handle& handle = handles_[name.slot];
  const FileIndex old = handle.file;
  if (file == old) return;
  ++files_[file].handles;
  const File& named = files_[file];
  handle = {.file = file, .last_kind = named.kind, .last = named.object, .bound = true};
  if (named.kind == ObjectKind::program) handle.made = programs_[named.object].made;
  if (named.kind == ObjectKind::link) handle.made = links_[named.object].made;
  if (old != no_file) release(old);
}

/// One handle less. With the last handle the file goes, and its reference on the object (kernel/bpf/syscall.c:
/// bpf_prog_release, bpf_link_release).
void World::release(FileIndex index) {
  File& file = files_[index];
  if (--file.handles != 0) return;
  put(file.kind, file.object);
}

FileIndex World::open_file(ObjectKind kind, std::uint8_t object) {
  FileIndex index = 0;
  while (files_[index].handles != 0) ++index;
  files_[index] = {.handles = 0, .kind = kind, .object = object};
  hold(kind, object);
  return index;
}

void World::put_program(ProgramIndex index) {
  Program& program = programs_[index];
  if (--program.references != 0) return;
  program = {};
  forget(ObjectKind::program, index);
}

/// kernel/bpf/tcx.c: tcx_link_release. A detached link keeps its program.
void World::leave_list(LinkIndex index) {
  Link& link = links_[index];
  if (link.list == no_list) return;
  const ListIndex list = std::exchange(link.list, no_list);
  lists_[list].remove(*lists_[list].find_link(index));
  removed_from(list);
}

/// kernel/bpf/mprog.c: bpf_mprog_commit; of the last entry the family says what follows.
void World::removed_from(ListIndex index) {
  OrderedList& list = lists_[index];
  list.move_on();
  if (list.empty()) list.mode = Mode::none;
  if (list.empty() && !keeps(index)) rules_of(sites_.hook(index)).emptied(list);
}

/// The object is gone, and with it what id(name) denoted for every name that was last bound to it.
void World::forget(ObjectKind kind, std::uint8_t object) {
  for (Handle& handle : handles_)
    if (handle.last == object && handle.last_kind == kind) handle.last = gone;
}

}  // namespace mprogcheck::model
