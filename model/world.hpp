// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "model/guest_object.hpp"
#include "model/operation.hpp"
#include "model/ordered_list.hpp"
#include "model/outcome.hpp"
#include "model/quirk.hpp"
#include "model/rule.hpp"
#include "model/sequence.hpp"
#include "model/sites.hpp"

namespace mprogcheck::model {

/// Programs stand in one table: the pool (p), the fillers (f), then mortals (q) as they are loaded.
inline constexpr unsigned filler_program_begin = Name::pool_count;
inline constexpr unsigned mortal_program_begin = filler_program_begin + Name::filler_count;
inline constexpr unsigned program_count = mortal_program_begin + max_loads;
/// As many as can be held at once: by a name each, by a pin each, and one that is made before its name lets another go.
inline constexpr unsigned link_count = Name::link_count + Name::any_count + PinName::count + 1;
/// The programs and links of the guest's own objects stand behind all others, by the number of the object: no list and
/// no view ever shows them.
inline constexpr unsigned program_table = program_count + Name::object_count;
inline constexpr unsigned link_table = link_count + Name::object_count;

/// A program in the kernel. `references` is what prog->aux->refcnt reads: one for each open file, each entry attached
/// without a link, each pin, and each link that holds it. A pool or filler program has one file that no sequence can
/// close.
struct Program {
  bool alive = false;
  ProgramType type = ProgramType::sched_cls;
  Returns returns = Returns::next;
  std::uint16_t references = 0;
  std::uint32_t made = 0;  ///< as the how manieth object of the sequence: ids follow each other so; 0: not by it
};

/// A link in the kernel. `references` is what link->refcnt reads: one for each open file and each pin.
struct Link {
  bool alive = false;
  ProgramIndex program = no_program;
  ListIndex list = no_list;  ///< no_list: detached
  Updating updating = Updating::in_list;
  bool detaches = true;  ///< BPF_LINK_DETACH means something to its type
  std::uint16_t references = 0;
  std::uint32_t made = 0;  ///< as Program::made
};

using FileIndex = std::uint8_t;
inline constexpr FileIndex no_file = 0xff;
static_assert(Name::slots + 1 < no_file);

/// An open file: what handles share after a dup.
struct File {
  std::uint16_t handles = 0;  ///< 0: the slot is free
  ObjectKind kind = ObjectKind::program;
  std::uint8_t object = 0;
};

/// What a pin holds.
struct PinnedObject {
  bool held = false;
  ObjectKind kind = ObjectKind::program;
  std::uint8_t object = 0;
};

/// A network device. Away it is in the other network namespace.
struct DeviceState {
  DeviceClass made_as{};  ///< also of one that is gone: it comes back so
  bool exists = false;
  bool away = false;
  Qdisc qdisc = Qdisc::none;
};

/// A cgroup. One that is gone keeps its place in the tree.
struct CgroupState {
  bool exists = false;
  bool existed = false;  ///< an fd of it is open: it is told from one that never was
  std::uint8_t parent = Cgroup::top;
};

/// What a name is bound to.
struct Handle {
  FileIndex file = no_file;  ///< no_file: closed
  ObjectKind last_kind = ObjectKind::program;
  std::uint8_t last = 0xff;  ///< what id(name) denotes; 0xff: never bound, or gone
  bool bound = false;        ///< ever
  std::uint32_t made = 0;    ///< Program::made of what it was last bound to, be that gone
};

/// What a successful operation does; nothing, if it fails. Consequences (the last close of a link detaches it) follow
/// in commit() by the rules of references and are not said here.
struct Edit {
  enum class Kind : std::uint8_t {
    nothing,
    insert,         ///< program into list at position
    overwrite,      ///< program into list at position, in the place of another
    remove,         ///< the entry at position of list
    create_link,    ///< name := a link with program in list at position
    update_link,    ///< link holds program
    detach_link,    ///< link leaves its list
    close,          ///< name
    dup,            ///< name := file
    open,           ///< name := a new file of (kind, object)
    load,           ///< name := a new program of type that returns `returns`
    fill,           ///< list up to position entries
    remove_device,  ///< device
    make_device,    ///< device
    move_device,    ///< device: away if position is 0, else home
    set_qdisc,      ///< device gets qdisc
    pin,            ///< pin := (kind, object)
    unpin,          ///< pin
    remove_cgroup,  ///< cgroup
    make_cgroup,    ///< cgroup
  };
  Kind kind = Kind::nothing;
  ListIndex list = no_list;
  std::uint8_t position = 0;
  ProgramIndex program = no_program;
  bool preorder = false;   ///< of what is inserted, or overwrites
  Mode mode = Mode::none;  ///< of the list then
  LinkIndex link = no_link;
  Name name{};
  FileIndex file = no_file;
  ObjectKind object_kind = ObjectKind::program;
  std::uint8_t object = 0;
  ProgramType type = ProgramType::sched_cls;
  Returns returns = Returns::next;
  Device device{};
  Qdisc qdisc = Qdisc::none;
  PinName pin{};
  Cgroup cgroup{};
};

struct Verdict {
  Outcome outcome;
  Rule rule = Rule::close_done;
  Edit edit;
};

/// What a site denotes: a list, or why not.
struct Located {
  ListIndex list = no_list;
  std::optional<Rule> refused{};
};

/// What a file descriptor number denotes to a call.
struct Denoted {
  enum class Kind : std::uint8_t {
    closed,
    other,
    program,
    link
  } kind = Kind::closed;    ///< other: open, and neither program nor link
  std::uint8_t object = 0;  ///< of other: the number of the guest's object; no_object: none
  static constexpr std::uint8_t no_object = 0xff;
};

/// All that a sequence can see of the kernel. A value: copy it to remember it.
class World {
 public:
  /// No operation names a site that is not among `sites`.
  explicit World(const Declarations& declarations, Traits traits = {}, const Sites& sites = every_site);

  /// The one outcome of an operation, the rule that decides it and what it does. Total: defined for every operation.
  [[nodiscard]] Verdict predict(const Operation& operation) const;
  void commit(const Edit& edit);
  Verdict apply(const Operation& operation) {
    const Verdict verdict = predict(operation);
    commit(verdict.edit);
    return verdict;
  }

  /// It exists, here or away.
  [[nodiscard]] bool has_device(std::uint32_t n) const { return n < Device::count && devices_[n].exists; }
  [[nodiscard]] bool is_at_home(std::uint32_t n) const { return has_device(n) && !devices_[n].away; }
  [[nodiscard]] const DeviceState& device(Device device) const { return devices_[device.number]; }
  [[nodiscard]] bool has_cgroup(std::uint32_t n) const { return n < Cgroup::count && cgroups_[n].exists; }
  [[nodiscard]] const CgroupState& cgroup(Cgroup cgroup) const { return cgroups_[cgroup.number]; }
  /// The cgroup above, or one with the number Cgroup::top.
  [[nodiscard]] Cgroup parent(Cgroup cgroup) const { return {cgroups_[cgroup.number].parent}; }
  /// A device or a cgroup that a list can belong to: it exists, here or away.
  [[nodiscard]] bool has_target(Target target) const {
    return target.is_cgroup() ? has_cgroup(target.number()) : has_device(target.value);
  }
  /// Something keeps the hook, even if nothing is attached.
  [[nodiscard]] bool keeps(ListIndex list) const;
  [[nodiscard]] const Sites& sites() const { return sites_; }
  [[nodiscard]] const PinnedObject& pinned(PinName pin) const { return pins_[pin.number]; }
  /// The list that a site denotes, or the rule that says why there is none: `no_target`, if it does not exist or is not
  /// at home, else the family's (kernel/bpf/tcx.c: tcx_prog_attach; drivers/net/netkit.c: netkit_dev_fetch).
  [[nodiscard]] Located locate(const Site& site, Rule no_target) const;
  [[nodiscard]] std::optional<ListIndex> list_at(const Site& site) const;
  /// A packet can be sent there: a device is. It goes through whether or not the device's kind has the hook.
  [[nodiscard]] bool has_way(const Site& site) const {
    return site.target.is_device() && is_at_home(site.target.value);
  }
  [[nodiscard]] const OrderedList& list(ListIndex index) const { return lists_[index]; }
  /// As a query tells it: without what it does not tell.
  [[nodiscard]] OrderedList shown(ListIndex index) const;
  /// Null: it is not looked at, and nothing is ever attached there.
  [[nodiscard]] const OrderedList* list_of(Hook hook, Cgroup cgroup) const {
    const ListIndex index = sites_.find(hook, Target::cgroup(cgroup.number));
    return index == no_list ? nullptr : &lists_[index];
  }
  [[nodiscard]] Traits traits() const { return traits_; }
  [[nodiscard]] bool has(Extension part) const { return !traits_.lacks(part); }
  [[nodiscard]] const Program& program(ProgramIndex index) const { return programs_[index]; }
  [[nodiscard]] const Link& link(LinkIndex index) const { return links_[index]; }
  [[nodiscard]] const Handle& handle(Name name) const { return handles_[name.slot]; }
  [[nodiscard]] const File& file(FileIndex index) const { return files_[index]; }

  [[nodiscard]] Denoted denoted_by_fd(const Argument& argument) const;
  /// The object of that kind with the id given, if there is one. An id of an object of another kind denotes none: the
  /// guest keeps the two id spaces apart.
  [[nodiscard]] std::optional<std::uint8_t> denoted_by_id(const Argument& argument, ObjectKind kind) const;

  /// The object of the kind with the next larger id than that, among those that the sequence has made.
  [[nodiscard]] std::optional<std::uint8_t> next_id(ObjectKind kind, const Argument& after) const;

  /// The table slot that the next link or mortal program takes.
  [[nodiscard]] LinkIndex next_link() const;
  [[nodiscard]] ProgramIndex next_mortal() const;

  /// For oracles that misbehave on purpose, and for tests.
  OrderedList& mutable_list(ListIndex index) { return lists_[index]; }
  Program& mutable_program(ProgramIndex index) { return programs_[index]; }
  Link& mutable_link(LinkIndex index) { return links_[index]; }
  PinnedObject& mutable_pin(PinName pin) { return pins_[pin.number]; }
  CgroupState& mutable_cgroup(Cgroup cgroup) { return cgroups_[cgroup.number]; }
  DeviceState& mutable_device(Device device) { return devices_[device.number]; }

 private:
  void bind_guest_object(unsigned n);
  template <std::size_t alternative = 0>
  [[nodiscard]] Verdict decide_any(const Operation& operation) const;
  [[nodiscard]] Verdict decide(const Attach& call) const;
  [[nodiscard]] Verdict decide(const Detach& call) const;
  [[nodiscard]] Verdict decide(const CreateLink& call) const;
  [[nodiscard]] Verdict decide(const UpdateLink& call) const;
  [[nodiscard]] Verdict decide(const DetachLink& call) const;
  [[nodiscard]] Verdict decide(const Close& call) const;
  [[nodiscard]] Verdict decide(const Dup& call) const;
  [[nodiscard]] Verdict decide(const Open& call) const;
  [[nodiscard]] Verdict decide(const Load& call) const;
  [[nodiscard]] Verdict decide(const Query& call) const;
  [[nodiscard]] Verdict decide(const Fill& call) const;
  [[nodiscard]] Verdict decide(const SendPacket& call) const;
  [[nodiscard]] Verdict decide(const RemoveDevice& call) const;
  [[nodiscard]] Verdict decide(const MakeDevice& call) const;
  [[nodiscard]] Verdict decide(const MoveDevice& call) const;
  [[nodiscard]] Verdict decide(const SetQdisc& call) const;
  [[nodiscard]] Verdict decide(const Pin& call) const;
  [[nodiscard]] Verdict decide(const Get& call) const;
  [[nodiscard]] Verdict decide(const Unpin& call) const;
  [[nodiscard]] Verdict decide(const NextId& call) const;
  [[nodiscard]] Verdict decide(const RemoveCgroup& call) const;
  [[nodiscard]] Verdict decide(const MakeCgroup& call) const;
  // world_lifetime.cpp
  void commit_lifetime(const Edit& edit);
  void remove_device(Device device);
  void remove_cgroup(Cgroup cgroup);
  void let_go_of(ListIndex list);
  void set_qdisc(Device device, Qdisc qdisc);
  void hold(ObjectKind kind, std::uint8_t object);
  void put(ObjectKind kind, std::uint8_t object);
  void put_link(LinkIndex index);

  void bind(Name name, FileIndex file);
  void release(FileIndex index);
  FileIndex open_file(ObjectKind kind, std::uint8_t object);
  void put_program(ProgramIndex index);
  void leave_list(LinkIndex index);
  void removed_from(ListIndex index);
  void forget(ObjectKind kind, std::uint8_t object);

  std::array<Program, program_table> programs_{};
  std::array<Link, link_table> links_{};
  /// One more than there are names: a name that is bound anew has the new file before it lets the old one go.
  std::array<File, Name::slots + 1> files_{};
  std::array<Handle, Name::slots> handles_{};
  std::array<OrderedList, list_count> lists_{};
  std::array<DeviceState, Device::count> devices_{};
  std::array<CgroupState, Cgroup::count> cgroups_{};
  std::array<PinnedObject, PinName::count> pins_{};
  std::uint32_t made_ = 0;  ///< so many objects has the sequence made
  Traits traits_;
  Sites sites_;
};

static_assert(std::is_trivially_copyable_v<World>, "worlds are copied all the time");

/// The world that the sequence begins in.
inline World world_of(const Sequence& sequence, Traits traits = {}) {
  return World(sequence.declarations, traits, sites_of(sequence));
}

/// The pool program that pN is, the filler program that fN is.
constexpr ProgramIndex pool_program(unsigned n) {
  return static_cast<ProgramIndex>(n);
}
constexpr ProgramIndex filler_program(unsigned n) {
  return static_cast<ProgramIndex>(filler_program_begin + n);
}
/// What oN stands for, or its link holds.
constexpr ProgramIndex guest_program(unsigned n) {
  return static_cast<ProgramIndex>(program_count + n);
}
constexpr LinkIndex guest_link(unsigned n) {
  return static_cast<LinkIndex>(link_count + n);
}
static_assert(program_table < no_program && link_table < 0xfe);

}  // namespace mprogcheck::model
