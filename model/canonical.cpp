// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/canonical.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace mprogcheck::model {

namespace {

// Each part of a world writes itself, all under one renaming. What a part has is said by its writer, or left out there
// for a reason: a field that is new has to be looked at.

/// Counts the fields of an aggregate.
struct AnyField {
  template <typename Field>
  operator Field() const;  // NOLINT(google-explicit-constructor): it stands for a field of any type
};
template <typename Part, typename... Fields>
constexpr unsigned fields_of() {
  if constexpr (requires { Part{Fields{}..., AnyField{}}; })
    return fields_of<Part, Fields..., AnyField>();
  else
    return sizeof...(Fields);
}
static_assert(fields_of<DeviceState>() == 4, "DeviceState has a field more or less: say it in canonical.cpp");
static_assert(fields_of<DeviceClass>() == 3, "DeviceClass has a field more or less: say it in canonical.cpp");
static_assert(fields_of<OrderedList>() == 5, "OrderedList has a field more or less: say it in canonical.cpp");
static_assert(fields_of<Entry>() == 3, "Entry has a field more or less: say it in canonical.cpp");
static_assert(fields_of<CgroupState>() == 3, "CgroupState has a field more or less: say it in canonical.cpp");
static_assert(fields_of<Program>() == 5, "Program has a field more or less: say it in canonical.cpp");
static_assert(fields_of<Link>() == 7, "Link has a field more or less: say it in canonical.cpp");
static_assert(fields_of<File>() == 3, "File has a field more or less: say it in canonical.cpp");
static_assert(fields_of<Handle>() == 5, "Handle has a field more or less: say it in canonical.cpp");
static_assert(fields_of<PinnedObject>() == 3, "PinnedObject has a field more or less: say it in canonical.cpp");

constexpr std::uint8_t unnumbered = 0xff;
constexpr std::uint8_t gone = 0xff;

/// Numbers objects in the order in which they are met.
class Renaming {
 public:
  explicit Renaming(Naming naming) : symmetric_(naming == Naming::symmetric) {
    programs_.fill(unnumbered);
    links_.fill(unnumbered);
    files_.fill(unnumbered);
  }

  [[nodiscard]] bool symmetric() const { return symmetric_; }
  /// Others are known by their index.
  [[nodiscard]] bool renames(ProgramIndex index) const {
    return index < program_count && (index >= mortal_program_begin || (symmetric_ && index < Name::pool_count));
  }
  std::uint8_t program(ProgramIndex index) {
    if (programs_[index] == unnumbered) programs_[index] = next_program_++;
    return programs_[index];
  }
  std::uint8_t link(LinkIndex index) {
    if (links_[index] == unnumbered) {
      links_[index] = static_cast<std::uint8_t>(met_links_.size());
      met_links_.push_back(index);
    }
    return links_[index];
  }
  std::uint8_t file(FileIndex index) {
    if (files_[index] == unnumbered) files_[index] = next_file_++;
    return files_[index];
  }

  /// The number, if it has one already.
  [[nodiscard]] std::uint8_t known_program(ProgramIndex index) const {
    return index < program_count ? programs_[index] : unnumbered;
  }
  [[nodiscard]] std::uint8_t known_link(LinkIndex index) const { return links_[index]; }
  /// By number; grows as links are met.
  [[nodiscard]] const std::vector<LinkIndex>& met_links() const { return met_links_; }

 private:
  bool symmetric_;
  std::vector<LinkIndex> met_links_;
  std::array<std::uint8_t, program_count> programs_{};
  std::array<std::uint8_t, link_table> links_{};
  std::array<std::uint8_t, Name::slots + 1> files_{};
  std::uint8_t next_program_ = 0, next_file_ = 0;
};

struct Writer {
  const World& world;
  Renaming renaming;
  std::string text;

  template <typename... Bytes>
  void put(Bytes... bytes) {
    (text.push_back(static_cast<char>(bytes)), ...);
  }

  // References to other parts. What holds an object is written where it holds it, so counts of references need not be.

  void program(ProgramIndex index) {
    if (!renaming.renames(index)) return put('F', index);
    const Program& program = world.program(index);
    put('P', renaming.program(index), program.type, program.returns);
  }
  void link(LinkIndex index) { put(renaming.link(index)); }
  void object(ObjectKind kind, std::uint8_t index) {
    put(kind);
    if (kind == ObjectKind::program)
      program(index);
    else if (kind == ObjectKind::link)
      link(index);
    else
      put(index);
  }

  // Parts.

  void part(const DeviceState& device) {
    put(device.away ? 1 : 0, device.qdisc, device.made_as.kind, device.made_as.policy, device.made_as.peer_policy);
  }
  void part(const CgroupState& cgroup) { put(cgroup.exists ? 1 : 0, cgroup.parent); }
  void part(const Entry& entry) {
    program(entry.program);
    if (entry.link == no_link)
      put('-');
    else
      link(entry.link);
    if (entry.preorder) put('P');
  }
  /// Of the revision only whether it is the first: what is asked for is said relative to it.
  void part(const OrderedList& list) {
    put(list.current() == 1 ? 1 : 2, list.count, list.mode);
    for (const Entry& entry : list.entries()) part(entry);
  }
  void part(const PinnedObject& pin) { object(pin.kind, pin.object); }
  /// How a link is updated and detached goes with what it is.
  void part(const Link& link) {
    put(link.alive ? 1 : 0, link.list);
    program(link.program);
  }
  /// The kind and the object of an open file are those that the name denoted last.
  void part(const Handle& handle) {
    if (handle.file == no_file)
      put('c');
    else
      put('o', renaming.file(handle.file));
    if (handle.last == gone)
      put('g');
    else
      object(handle.last_kind, handle.last);
  }

  // All of them.

  void devices() {
    for (unsigned n = 0; n < Device::count; ++n) {
      if (!world.has_device(n)) continue;
      put(n);
      part(world.device({static_cast<std::uint8_t>(n)}));
      for (ListIndex list = 0; list < world.sites().size(); ++list)
        if (world.sites().target(list) == Target::device(n)) part(world.list(list));
    }
  }
  void cgroups() {
    for (unsigned n = 0; n < Cgroup::count; ++n) {
      const CgroupState& cgroup = world.cgroup({static_cast<std::uint8_t>(n)});
      if (!cgroup.existed) continue;
      put('c', n);
      part(cgroup);
      for (ListIndex list = 0; list < world.sites().size(); ++list)
        if (world.sites().target(list) == Target::cgroup(n)) part(world.list(list));
    }
  }
  void pins() {
    for (unsigned n = 0; n < PinName::count; ++n) {
      const PinnedObject& pin = world.pinned({static_cast<std::uint8_t>(n)});
      if (!pin.held) continue;
      put('b', n);
      part(pin);
    }
  }

  /// Those that were never spoken of say nothing.
  [[nodiscard]] bool is_fresh(unsigned slot) const {
    const Handle& handle = world.handle({static_cast<std::uint8_t>(slot)});
    const bool bound_at_start = slot < Name::mortal_begin || slot >= Name::filler_begin;
    if (!bound_at_start) return handle.file == no_file && handle.last == gone;
    // At the start each has a file of its own number.
    return handle.file == slot && handle.last != gone && world.file(handle.file).object == handle.last &&
           (slot >= Name::mortal_begin || handle.last == slot);
  }
  /// Links in lists by their place there; the others by what is known of them without a number for them.
  [[nodiscard]] std::array<unsigned, 3> rank(const Handle& handle) const {
    const bool is_link = handle.last != gone && handle.last_kind == ObjectKind::link;
    const unsigned number = is_link ? renaming.known_link(handle.last) : unnumbered;
    const ProgramIndex program = is_link ? world.link(handle.last).program : no_program;
    const std::uint8_t known = renaming.known_program(program);
    const unsigned holds = program == no_program ? 0x200U : known != unnumbered ? known : 0x100U;
    return {number, holds, handle.file == no_file ? 1U : 0U};
  }
  void names() {
    std::array<const Handle*, Name::link_count> unordered{};
    std::size_t count = 0;
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      if (is_fresh(slot)) continue;
      const Handle& handle = world.handle({static_cast<std::uint8_t>(slot)});
      if (renaming.symmetric() && slot >= Name::link_begin && slot < Name::any_begin) {
        unordered[count++] = &handle;
        continue;
      }
      put('n', slot);
      part(handle);
    }
    const std::span in_order(unordered.data(), count);
    std::ranges::stable_sort(in_order, {}, [this](const Handle* handle) { return rank(*handle); });
    for (const Handle* handle : in_order) {
      put('l');
      part(*handle);
    }
  }

  /// Those that anything above spoke of.
  void links() {
    for (const LinkIndex index : renaming.met_links()) part(world.link(index));
  }
};

}  // namespace

std::string canonical(const World& world, Naming naming) {
  Writer writer{.world = world, .renaming = Renaming(naming), .text = {}};
  writer.text.reserve(64);
  writer.devices();
  writer.cgroups();
  writer.pins();
  writer.names();
  writer.links();
  return std::move(writer.text);
}

}  // namespace mprogcheck::model
